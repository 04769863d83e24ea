package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** A floating address of IPv6, and one that a cloud's command moves; there and back, under load. */
@Tag("lab")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OtherAddressesTest extends TestingOneMove {
  private static final String SIX = "fd67::10";

  private static final String CLOUD_ADDRESS =
      """

      address:
        command: [/root/cloud, assign, "{address}", "{from}", "{to}"]
        where: [/root/cloud, holder, "{address}"]
        address: 203.0.113.10
        old: i-old
        new: i-new
        limit: 10s
      """;

  /** It takes a while until it says where the address is by now, as clouds do. */
  private static final String CLOUD =
      """
      #!/bin/bash
      cd /root
      echo "$*" >>cloud.log
      case $1 in
        assign)
          [ ! -e cloud-is-down ] || { echo 'quota exceeded' >&2; exit 9; }
          echo "$4" >cloud-to; echo 3 >cloud-late ;;
        holder)
          late=$(cat cloud-late 2>/dev/null || echo 0)
          if [ "$late" -gt 0 ]; then echo $((late - 1)) >cloud-late; echo pending; exit; fi
          cat cloud-to 2>/dev/null || echo i-old ;;
      esac
      """;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
  }

  private static boolean isOn(LabHost host) throws IOException {
    return host.must("ip", "-6", "-o", "address", "show", "dev", "eth0").contains(SIX + "/");
  }

  @Test
  @Order(1)
  void h68_a_floating_address_of_ipv6_moves_and_no_request_fails() throws Exception {
    move.old().must("ip", "address", "add", SIX + "/64", "dev", "eth0", "nodad");
    move.changePlan(
        plan -> plan + "\naddress: { floating: \"" + SIX + "/64\", interface: eth0 }\n");
    move.startClient(SIX);
    move.godwit(0, "start");
    move.awaitRequests(30);
    move.godwit(0, "cutover", "--yes");
    assertThat(isOn(move.old())).isFalse();
    assertThat(isOn(move.neu())).isTrue();
    move.awaitRequests(200);
    move.assertNoneFailed();
    assertThat(move.godwit(0, "report"))
        .containsPattern("nginx at \\[fd67:0:0:0:0:0:0:10\\]:80: [0-9]+ requests, 0 failed");
  }

  @Test
  @Order(2)
  void and_back() throws Exception {
    move.godwit(0, "rollback", "--yes");
    assertThat(isOn(move.old())).isTrue();
    assertThat(isOn(move.neu())).isFalse();
    move.awaitRequests(200);
    move.proveRolledBack();
    move.godwit(0, "finish", "--abandon", "--now");
  }

  @Test
  @Order(3)
  void a_command_that_fails_leaves_new_serving_through_old() throws Exception {
    move.changePlan(plan -> plan.substring(0, plan.indexOf("\naddress:")) + CLOUD_ADDRESS);
    move.neu().writeFile("/root/cloud", CLOUD, "rwxr-xr-x");
    move.neu().writeFile("/root/cloud-is-down", "");
    move.startClient();
    move.godwit(0, "start");
    assertThat(move.godwit(1, "cutover", "--yes"))
        .contains("✗ address", "quota exceeded", "new serves, but the address is not there yet");
    // In this lab only the cloud knows it.
    assertThat(move.godwit(0, "report"))
        .contains(" at 203.0.113.10:80: not asked, since it did not answer at the beginning");
    move.assertNewServes();
  }

  @Test
  @Order(4)
  void the_same_command_moves_it_and_asks_until_it_is_there() throws Exception {
    move.neu().must("rm", "/root/cloud-is-down");
    assertThat(move.godwit(0, "cutover", "--yes")).contains("203.0.113.10 is on new (i-new)");
    String asked = new String(move.neu().readFile("/root/cloud.log"), StandardCharsets.UTF_8);
    assertThat(asked.lines().toList())
        .containsSubsequence(
            "assign 203.0.113.10 i-old i-new",
            "holder 203.0.113.10",
            "holder 203.0.113.10",
            "holder 203.0.113.10",
            "holder 203.0.113.10");
    TestingPatience.await(
        "the status to show it",
        () -> move.godwit(0, "status").contains("  address: 203.0.113.10 is on new\n"));
    move.neu().writeFile("/root/cloud-to", "i-old\n"); // somebody else has a script, too
    TestingPatience.await(
        "it to be brought back",
        () ->
            new String(move.neu().readFile("/root/cloud-to"), StandardCharsets.UTF_8)
                .equals("i-new\n"));
    TestingPatience.await(
        "the status to tell it",
        () ->
            move.godwit(0, "status")
                .contains("it was on old instead of new alone; 203.0.113.10 is on new"));
    assertThat(move.godwit(0, "rollback", "--yes")).contains("203.0.113.10 is on old (i-old)");
    move.proveRolledBack();
  }
}
