package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What status says of a move in each of its phases. */
@Tag("lab")
final class StatusLabTest {
  private static Map<String, String> figures(TestingMove move) throws Exception {
    Map<String, String> figures = new TreeMap<>();
    TestingPatience.await(
        "live mirrors with nothing to do",
        () -> {
          figures.clear();
          try (TestingCommand status = move.godwit("status", "--json")) {
            JsonNode said = JsonMapper.shared().readTree(status.textAtEnd());
            boolean isLive = true;
            for (JsonNode mirror : said.get("mirrors")) {
              isLive &= mirror.get("state").asString().equals("live");
              isLive &= mirror.get("dirty").asLong() == 0;
              assertThat(mirror.get("bytes")).isEqualTo(mirror.get("bytes_total"));
              figures.put(
                  mirror.get("path").asString(), mirror.get("files") + " " + mirror.get("bytes"));
            }
            return isLive;
          }
        });
    return figures;
  }

  /** Nothing is written meanwhile but by checks, which log in and read. */
  @Test
  void the_same_trees_have_the_same_figures_in_each_phase_and_a_host_that_is_gone_is_told_once()
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.godwit(0, "start");
      Map<String, String> first = figures(move);
      assertThat(first)
          .hasSize(3)
          .allSatisfy((path, said) -> assertThat(said).doesNotMatch("0 .*"));
      assertThat(figures(move)).isEqualTo(first);
      move.godwit(0, "rehearse");
      first.remove("/var/vmail"); // whose server writes logs and indexes
      for (String command : new String[] {"cutover", "rollback", "cutover"}) {
        move.godwit(0, command, "--yes");
        try (TestingCommand status = move.godwit("status")) {
          assertThat(status.textAtEnd()).as("after " + command).doesNotContain("copying");
        }
        Map<String, String> now = figures(move);
        now.remove("/var/vmail");
        assertThat(now).as("after " + command).isEqualTo(first);
      }
      move.godwit(0, "rollback", "--yes");
      move.old().must("ip", "link", "set", "eth0", "down");
      try {
        assertThat(move.godwit(1, "status"))
            .containsOnlyOnce("old cannot be asked for its gate, its landing and its services: ")
            .doesNotContain("whether the services of old run", "the landing on old")
            .contains("Next: old has the clients, and cannot be reached: see to it")
            .contains("godwit finish --without-old /root/");
      } finally {
        move.old().must("ip", "link", "set", "eth0", "up");
        move.old().must("ip", "route", "add", "default", "via", Lab.CLIENT_ADDRESS);
      }
      assertThat(move.statusWithoutProblems()).contains("Next: godwit cutover");
    }
  }
}
