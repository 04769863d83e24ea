package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a switch has left on the two hosts is looked after, and shown. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KeptFencesLabTest extends TestingOneMove {
  private static final String ADDRESS = "10.103.0.10";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    TestingBoot.installBoth(move);
    TestingBoot.link(move.neu());
    move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    move.changePlan(
        plan -> plan + "\naddress: { floating: " + ADDRESS + "/24, interface: eth0 }\n");
  }

  private static String fence(String service) {
    return "/etc/rc2.d/godwit-fence.S20" + service;
  }

  private static boolean isFenced(LabHost host, String service) {
    return Files.isSymbolicLink(host.path(fence(service)))
        && !Files.isSymbolicLink(host.path("/etc/rc2.d/S20" + service));
  }

  private static void unfence(LabHost host, String service) throws Exception {
    host.must("mv", fence(service), "/etc/rc2.d/S20" + service);
  }

  /** Until then the look after the switch is to come. */
  private static void awaitStatus(int exit, String... words) throws Exception {
    TestingPatience.await(
        String.join(", ", words),
        () -> {
          try (TestingCommand status = move.godwit("status")) {
            int ended = status.exit(TestingMove.COMMAND_LIMIT);
            String said = status.text();
            for (String word : words) {
              if (!said.contains(word)) {
                return false;
              }
            }
            return ended == exit;
          }
        });
  }

  @Test
  @Order(1)
  void h57_a_fence_that_somebody_removes_comes_back() throws Exception {
    move.godwit(0, "start");
    assertThat(move.godwit(0, "status")).doesNotContain("fences:");
    move.godwit(0, "cutover", "--yes");
    assertThat(isFenced(move.old(), "app")).isTrue();
    awaitStatus(0, "address: 10.103.0.10/24 is on new", "fences: up on old: ");
    assertAskedWithoutLoggingIn();
    unfence(move.old(), "app");
    TestingPatience.await("the fence of app", () -> isFenced(move.old(), "app"));
    awaitStatus(0, "ago: the fence of app on old had been removed, and was put up again");
  }

  /** Old is asked by the connection that the background process has. */
  private static void assertAskedWithoutLoggingIn() throws Exception {
    String rule = "iptables %s INPUT -p tcp --dport 22 --syn -j REJECT --reject-with tcp-reset";
    move.old().must(rule.formatted("-I").split(" "));
    try {
      assertThat(move.godwit(0, "status")).contains("gate on old: ").doesNotContain("!");
    } finally {
      move.old().must(rule.formatted("-D").split(" "));
    }
  }

  @Test
  @Order(2)
  void h56_h57_a_service_that_somebody_starts_on_old_is_shown_and_not_stopped() throws Exception {
    move.old().must("bash", "-c", "/etc/init.d/app start </dev/null >/dev/null 2>&1");
    awaitStatus(1, "! app runs on old, and new serves", "Stop it on old: `/etc/init.d/app stop`");
    Thread.sleep(6_000); // one look more
    assertThat(move.old().run("/etc/init.d/app", "status").exit()).as("it is left alone").isZero();
    JsonNode status = JsonMapper.shared().readTree(move.godwit(1, "status", "--json"));
    assertThat(status.path("fences").path("as_wanted").asBoolean(true)).isFalse();
    assertThat(status.path("address").path("as_wanted").asBoolean(false)).isTrue();
    move.old().must("/etc/init.d/app", "stop");
    awaitStatus(0, "ago: app was seen running on old, which does not serve");
  }

  @Test
  @Order(3)
  void h57_after_a_rollback_it_is_new_whose_fences_are_kept_and_giving_up_takes_them_away()
      throws Exception {
    move.godwit(0, "rollback", "--yes");
    awaitStatus(0, "address: 10.103.0.10/24 is on old", "fences: up on new: ");
    unfence(move.neu(), "nginx");
    TestingPatience.await("the fence of nginx", () -> isFenced(move.neu(), "nginx"));
    move.godwit(0, "finish", "--abandon", "--now");
    for (String service : TestingBoot.SERVICES) {
      assertThat(isFenced(move.neu(), service)).as(service + " on new").isFalse();
    }
    assertThat(move.godwit(0, "report"))
        .contains("the fence of app on old had been removed, and was put up again")
        .contains("app was seen running on old")
        .contains("the fence of nginx on new had been removed, and was put up again");
  }
}
