package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A third host watches the switch too: what it has seen is in the report, a line a port. */
@Tag("lab")
class ThirdHostTest {
  private static final String WATCHER = "root@" + Lab.CLIENT_ADDRESS;

  /** The lab's client lets root in, as the two hosts do. */
  private static void letIn(TestingMove move) throws Exception {
    LabHost third = move.lab().client();
    third.must("usermod", "-p", "*", "root");
    for (String file : List.of("/etc/ssh/sshd_config", "/root/.ssh/authorized_keys")) {
      third.writeFile(file, new String(move.old().readFile(file), StandardCharsets.UTF_8));
    }
    third.must("chmod", "600", "/root/.ssh/authorized_keys");
    third.must(
        "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/lab_host_ed25519_key");
    Files.createDirectories(third.path("/run/sshd"));
    third.must("/usr/sbin/sshd", "-f", "/etc/ssh/sshd_config");
    String key = new String(third.readFile("/etc/ssh/lab_host_ed25519_key.pub"));
    move.neu().appendFile("/root/.ssh/known_hosts", Lab.CLIENT_ADDRESS + " " + key);
  }

  @Test
  void it_sees_each_port_as_the_controller_does() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.changePlan(plan -> plan + "\nwatch: " + WATCHER + "\n");
      assertThat(move.godwit(0, "check")).contains("[watcher-unreachable]");
      letIn(move);
      assertThat(move.godwit(0, "check"))
          .contains("watcher (" + WATCHER + ") answers and can watch")
          .doesNotContain("[watcher-unreachable]");
      move.startClient();
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      Map<String, List<JsonNode>> seen = outside(move);
      assertThat(seen.keySet()).containsExactlyInAnyOrder("here", WATCHER);
      for (List<JsonNode> ports : seen.values()) {
        assertThat(ports).extracting(port -> port.path("service").asString()).contains("nginx");
        for (JsonNode port : ports) {
          assertThat(port.path("requests").asInt()).as("%s", port).isPositive();
          assertThat(port.path("failures").asInt()).as("%s", port).isZero();
          // Who is held is connected too: there, no gap can be told.
          boolean isBlind = port.path("asked_for").asString().equals("connection");
          assertThat(port.path("longest_gap_ms").asInt(0) > 0).as("%s", port).isNotEqualTo(isBlind);
        }
      }
      assertThat(addresses(seen, WATCHER)).isEqualTo(addresses(seen, "here"));
      assertThat(move.godwit(0, "report"))
          .contains("nginx at " + Lab.OLD_ADDRESS + ":80, from " + WATCHER + ": ");

      // What it cannot reach is told from there only.
      move.lab()
          .client()
          .must(
              "nft",
              """
              table inet lab_watcher {
                chain o {
                  type filter hook output priority 0
                  ip daddr %s tcp dport 80 reject with tcp reset
                }
              }
              """
                  .formatted(Lab.NEW_ADDRESS));
      move.changePlan(
          plan ->
              plan.replace(
                  "watch: " + WATCHER,
                  "watch: { host: %s, address: %s }".formatted(WATCHER, Lab.NEW_ADDRESS)));
      move.godwit(0, "rollback", "--yes");
      move.lab().client().must("nft", "delete table inet lab_watcher");
      seen = outside(move);
      assertThat(addresses(seen, WATCHER)).allMatch(each -> each.startsWith(Lab.NEW_ADDRESS));
      for (JsonNode port : seen.getOrDefault(WATCHER, List.of())) {
        boolean isCut = port.path("address").asString().endsWith(":80");
        assertThat(port.path("requests").asInt() > 0).as("%s", port).isNotEqualTo(isCut);
        assertThat(port.path("failures").asInt()).as("%s", port).isZero();
        assertThat(port.path("reason").asString().startsWith("not asked"))
            .as("%s", port)
            .isEqualTo(isCut);
      }
      move.proveRolledBack();
    }
  }

  private static List<String> addresses(Map<String, List<JsonNode>> seen, String from) {
    return seen.getOrDefault(from, List.of()).stream()
        .map(port -> port.path("address").asString())
        .toList();
  }

  private static Map<String, List<JsonNode>> outside(TestingMove move) throws Exception {
    Map<String, List<JsonNode>> seen = new TreeMap<>();
    JsonNode report = JsonMapper.shared().readTree(move.godwit(0, "report", "--json"));
    for (JsonNode port : report.path("outside")) {
      String from = port.path("from").isNull() ? "here" : port.path("from").asString();
      seen.computeIfAbsent(from, each -> new ArrayList<>()).add(port);
    }
    return seen;
  }
}
