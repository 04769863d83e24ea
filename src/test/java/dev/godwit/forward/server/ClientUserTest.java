package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** A database that knows its users by the socket knows them behind a forward too. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ClientUserTest {
  private static final int DAEMON = 1;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"keep,,daemon", "keep,far,daemon", "own,,root", "own,far,root"})
  void the_service_sees_the_user_who_was_asked_for(String how, String via, String expected)
      throws Exception {
    assumeThat(Identity.isRoot()).as("connecting as another user needs root").isTrue();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path service = directory.resolve("service.sock");
    Path front = directory.resolve("front.sock");
    RuleBuilder rule = new RuleBuilder("db");
    rule.add("listen", "unix:" + front + ",mode=0666");
    rule.add("to", "unix:" + service);
    rule.add("client-user", how);
    if (via != null) {
      rule.add("via", via);
    }
    ForwardRules rules =
        new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
    try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        ForwardServer forward =
            ForwardServer.start(
                rules,
                List.of(),
                host -> new LocalHost("via", List.of(new ConnectAbility())),
                line -> {})) {
      listening.bind(UnixDomainSocketAddress.of(service));
      Files.setPosixFilePermissions(service, PosixFilePermissions.fromString("rw-rw-rw-"));
      int client = UnixSockets.stream();
      assertThat(UnixSockets.connectAs(client, front, DAEMON, DAEMON)).isZero();
      try (SocketChannel accepted = listening.accept()) {
        assertThat(accepted.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName())
            .isEqualTo(expected);
      }
      assertThat(Identity.user()).as("the thread is itself again").isZero();
      assertThat(forward.connectionsMax()).isPositive();
      ForwardStatus.Group group = forward.status().groups().getFirst();
      assertThat(group.keepsUser()).isEqualTo(how.equals("keep"));
      assertThat(group.clientAddressWhy())
          .isEqualTo(how.equals("keep") ? "" : "its clients are on this host");
      assertThat(JsonMapper.shared().writeValueAsString(forward.status().json()))
          .contains("\"client_user\":\"" + how + "\"");
      Sockets.close(client);
    }
  }
}
