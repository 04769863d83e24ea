package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a person reads of a forwarder, or of a move's gate. */
final class ForwardStatusTextTest {
  private static final Instant AT = Instant.parse("2026-03-01T02:00:00Z");

  private static String gate(String mode, long leaseMillis, String wayBack, int rung, String way) {
    return text(
        """
        {"process": 7463, "state": "of a move, %1$s", "started": "2026-03-01T01:57:58Z",
          "connections": 3, "connections_max": 9000, "groups": [], "move": "mail",
          "gate_mode": "%1$s", "lease_ms": %2$d, "way_back": "%3$s", "rung": %4$d, "way": "%5$s"}
        """
            .formatted(mode, leaseMillis, wayBack, rung, way));
  }

  private static String text(String status) {
    return new ForwardStatusText(AT, 200).of(JsonMapper.shared().readTree(status));
  }

  @Test
  void a_gate_in_a_hold_tells_what_is_left_of_it_its_process_and_its_rung_with_the_reason() {
    assertThat(
            gate(
                "hold",
                3_400,
                "",
                1,
                "takeover and redirection by nftables, because the kernel's socket look-up: Linux"
                    + " 5.9 is needed, this is 5.6"))
        .isEqualTo(
            """
            gate of the move mail: hold, new connections wait; 3 s of its limit are left
              process 7463, which began 2 min 2 s ago; 3 of at most 9,000 connections
              gets at connections on rung 1 (0 is the best): takeover and redirection by
                nftables, because the kernel's socket look-up: Linux 5.9 is needed, this is
                5.6""");
  }

  @Test
  void a_gate_that_does_not_hold_tells_no_limit() {
    String look = "the kernel's socket look-up";
    assertThat(gate("pass", 0, "", 0, look))
        .startsWith("gate of the move mail: pass, new connections go to the services, past")
        .contains("gets at connections on rung 0, the best: " + look)
        .doesNotContain("left", "hold");
    assertThat(gate("released", 0, "", 0, look))
        .startsWith("gate of the move mail: released, new connections go to where the services")
        .doesNotContain("left");
    assertThat(gate("going back", 0, "web does not start", 0, look))
        .startsWith("gate of the move mail: going back, new connections wait for the services")
        .contains("\n  web does not start\n");
  }

  @Test
  void a_forwarder_tells_for_how_long_it_serves() {
    assertThat(
            text(
                """
                {"process": 4711, "state": "serving", "started": "2026-03-01T01:59:58Z",
                  "connections": 0, "connections_max": 9000, "groups": []}
                """))
        .isEqualTo("forwarder 4711 serving for 2 s, 0 of at most 9,000 connections");
  }

  @Test
  void a_forwarder_that_drains_does_not_tell_its_age_as_the_time_of_that() {
    assertThat(
            text(
                """
                {"process": 4711, "state": "draining", "started": "2026-03-01T01:57:58Z",
                  "connections": 1, "connections_max": 9000, "groups": []}
                """))
        .isEqualTo("forwarder 4711 draining, began 2 min 2 s ago, 1 of at most 9,000 connections");
  }

  @Test
  void a_connection_that_has_just_come_is_not_there_for_no_time() {
    ObjectNode status = status(false, "");
    ((ObjectNode) status.get("groups").get(0)).put("open", 1);
    assertThat(text(status)).contains("the oldest for less than 1 s");
  }

  @Test
  void one_client_of_datagrams_is_one() {
    ObjectNode status = status(false, "");
    ObjectNode group = (ObjectNode) status.get("groups").get(0);
    group.put("udp_sessions", 1).put("datagrams_held", 1);
    assertThat(text(status)).contains(", 1 UDP client, 1 datagram held");
    group.put("udp_sessions", 2).put("datagrams_held", 2);
    assertThat(text(status)).contains(", 2 UDP clients, 2 datagrams held");
  }

  private static ObjectNode status(boolean keepsUser, String why) {
    ForwardStatus.Group group =
        new ForwardStatus.Group(
            "db",
            List.of("unix:/run/front.sock"),
            List.of(),
            "plain",
            why,
            keepsUser,
            GroupMode.PASS,
            0,
            0,
            0,
            0,
            0,
            0,
            Map.of(),
            0,
            0,
            0,
            List.of(),
            "",
            "",
            0);
    return JsonMapper.shared()
        .valueToTree(
            new ForwardStatus(1, "serving", AT.toEpochMilli(), 0, 1, List.of(group)).json());
  }

  private static String text(ObjectNode status) {
    return new ForwardStatusText(AT, 200).of(status);
  }

  @Test
  void it_says_whether_a_service_behind_a_unix_socket_sees_its_clients_users() {
    String kept = "the destination sees the clients' own users";
    assertThat(text(status(true, ""))).contains(kept).doesNotContain("this host's address");
    assertThat(text(status(false, "its clients are on this host")))
        .contains("the destination sees this host's address: its clients are on this host")
        .doesNotContain(kept);
    assertThat(text(status(false, ""))).endsWith("\n  the destination sees this host's address");
  }

  @Test
  void a_group_that_is_held_says_for_how_long() {
    ObjectNode status = status(false, "");
    ObjectNode group = (ObjectNode) status.at("/groups/0");
    group.put("mode", "hold").put("lease_ms", 4200);
    assertThat(text(status)).contains("unix:/run/front.sock  HELD, 4 s left\n");
    group.put("lease_ms", 0); // a gate's
    assertThat(text(status)).contains("unix:/run/front.sock  HELD\n");
    group.remove("lease_ms"); // a forwarder of another release
    assertThat(text(status)).contains("unix:/run/front.sock  HELD\n");
  }

  @Test
  void it_says_that_a_service_at_a_unix_socket_sees_no_addresses() {
    ObjectNode status = status(false, "its clients are on this host");
    ObjectNode place = ((ArrayNode) status.at("/groups/0/to")).addObject();
    place.put("destination", "unix:/run/back.sock").putArray("addresses");
    place.put("left", false).put("up", true).put("open", 0).put("total", 0);
    assertThat(text(status))
        .contains("the destination sees the same user for all clients")
        .doesNotContain("address");
  }

  @Test
  void a_forwarder_that_does_not_tell_of_users_is_understood() {
    ObjectNode earlier = status(false, "");
    ((ObjectNode) earlier.get("groups").get(0)).remove("client_user");
    assertThat(text(earlier)).contains("db  unix:/run/front.sock").doesNotContain("users");
  }

  @Test
  void connections_that_the_kernel_still_has_are_told_without_a_gap() {
    ObjectNode ended = status(false, "");
    ((ObjectNode) ended.get("groups").get(0)).put("kernel_open", 1);
    assertThat(text(ended)).contains("\n  past this process: 1 open");
    ((ObjectNode) ended.get("groups").get(0)).put("kernel", "by nftables");
    assertThat(text(ended)).contains("\n  past this process by nftables: 1 open");
  }
}
