package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A forwarder's status as a person reads it. */
final class ForwardStatusTextTest {
  private static final Instant AT = Instant.parse("2026-03-01T02:00:00Z");

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
    return new ForwardStatusText(AT, 100).of(status);
  }

  @Test
  void it_says_whether_a_service_behind_a_unix_socket_sees_its_clients_users() {
    String kept = "the destination sees the clients' own users";
    assertThat(text(status(true, ""))).contains(kept).doesNotContain("this host's address");
    assertThat(text(status(false, "its clients are on this host")))
        .contains("the destination sees this host's address: its clients are on this host")
        .doesNotContain(kept);
  }

  @Test
  void a_forwarder_that_does_not_tell_of_users_is_understood() {
    ObjectNode earlier = status(false, "");
    ((ObjectNode) earlier.get("groups").get(0)).remove("client_user");
    assertThat(text(earlier)).contains("db  unix:/run/front.sock").doesNotContain("users");
  }
}
