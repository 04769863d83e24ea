package dev.godwit.move;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Fill;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Switches there and back, as many as are asked for ({@code -Dgodwit.switches=N}), while a service
 * changes its files in every way until its very end: what it left on one host is what it begins
 * with on the other one, by its own look at every byte (H64). It writes within one tick of the
 * clock, keeps sizes and times, and stores through mappings (H19, H20).
 */
@Tag("lab")
class ManySwitchesTest {
  private static final int SWITCHES = Integer.getInteger("godwit.switches", 4);
  private static final String PROGRAM = "/usr/local/sbin/busy-writer.py";
  private static final String FOLDER = Fill.NOTES + "/busy";
  private static final String LOG = "/var/log/busy-writer.log";

  @Test
  void h64_what_is_written_until_the_stop_is_there_at_the_start() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      for (LabHost host : List.of(move.old(), move.neu())) {
        host.writeFile(PROGRAM, source(), "rwxr-xr-x");
      }
      move.changePlan(
          plan ->
              plan.replace(
                  "\nlimits:",
                  "  - { name: busy, start: %s, stop: %s, state: %s }\n\nlimits:"
                      .formatted(command("start"), command("stop"), command("state"))));
      move.old().must(words("start").toArray(String[]::new));
      move.godwit(0, "start");
      move.startClient();
      Role serves = Role.OLD;
      for (int i = 1; i <= SWITCHES; i++) {
        Direction direction = serves == Role.OLD ? Direction.TO_NEW : Direction.TO_OLD;
        awaitChange(move.host(serves));
        move.godwit(0, direction.command(), "--yes");
        Role left = serves;
        serves = direction.next();
        List<String> stop = last(move.host(left), "stop");
        List<String> start = last(move.host(serves), "start");
        assertThat(stop).as("what it left").hasSizeGreaterThan(20);
        assertThat(start).as("switch %d: what it found on %s", i, serves.word()).isEqualTo(stop);
      }
      // It stands still while all is compared.
      move.host(serves).must("bash", "-euc", "kill -STOP $(cat /run/busy-writer.pid)");
      move.assertNoneFailed();
      int unused = move.proveKept(serves);
    }
  }

  private static String source() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ManySwitchesTest.class.getResourceAsStream("busy-writer.py"))) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static List<String> words(String verb) {
    return List.of(PROGRAM, verb, FOLDER, LOG);
  }

  private static String command(String verb) {
    return "[" + String.join(", ", words(verb)) + "]";
  }

  /** It has made or removed a name after this call. */
  private static void awaitChange(LabHost host) throws Exception {
    String before = host.must("stat", "-c", "%z", FOLDER);
    TestingPatience.await(
        "changes on " + host.name(), () -> !host.must("stat", "-c", "%z", FOLDER).equals(before));
  }

  /** What the last note of this kind lists. */
  private static List<String> last(LabHost host, String word) throws IOException {
    List<String> lines = Files.readAllLines(host.path(LOG), UTF_8);
    List<String> listed = new ArrayList<>();
    boolean isOfWord = false;
    for (String line : lines) {
      if (line.matches("(start|stop) [0-9]+")) {
        isOfWord = line.startsWith(word + " ");
        if (isOfWord) {
          listed.clear();
        }
      } else if (isOfWord) {
        listed.add(line);
      }
    }
    return listed;
  }
}
