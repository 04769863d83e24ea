package dev.godwit.forward.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Syscall;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a listening socket needs of its host. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ListenSocketTest {
  private static final int NOBODY = 65_534;
  private static final long CAPGET = Syscall.number(125, 90);
  private static final long CAPSET = Syscall.number(126, 91);
  private static final int CAPABILITY_VERSION_3 = 0x2008_0522;
  private static final int CAP_NET_BIND_SERVICE = 10;

  @TempDir Path folder;

  @Test
  void a_port_below_1024_takes_root_or_its_capability() throws Exception {
    Listen listen = Endpoints.listen("127.0.0.1:80").getFirst();
    try (TestingNamespace host = new TestingNamespace()) {
      host.call(
          () -> {
            Files.writeString(Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "1024");
            ListenSocket.open(listen).forEach(ListenSocket::close);
            return UnixSockets.acting(
                NOBODY,
                NOBODY,
                () -> {
                  assertThatThrownBy(() -> ListenSocket.open(listen))
                      .isInstanceOf(IOException.class)
                      .hasMessage(
                          "unable to listen on 127.0.0.1:80: ports below 1024 need root or the"
                              + " capability CAP_NET_BIND_SERVICE");
                  raise(CAP_NET_BIND_SERVICE);
                  List<ListenSocket> open = ListenSocket.open(listen);
                  assertThat(open).hasSize(1);
                  open.forEach(ListenSocket::close);
                  return 0;
                });
          });
    }
  }

  @Test
  void a_host_of_one_family_has_a_loopback_of_one_address() throws Exception {
    Listen both = Endpoints.listen("8080").getFirst();
    try (TestingNamespace host = new TestingNamespace()) {
      assertThat(host.call(() -> displays(both))).containsExactly("127.0.0.1:8080", "[::1]:8080");
      TestingNamespace.command(
          host.inside("ip", "addr", "del", "127.0.0.1/8", "dev", "lo").toArray(String[]::new));
      assertThat(host.call(() -> displays(both))).containsExactly("[::1]:8080");
      TestingNamespace.command(
          host.inside("ip", "addr", "del", "::1/128", "dev", "lo").toArray(String[]::new));
      for (String neither : List.of("8080", "127.0.0.1:8080")) {
        Listen listen = Endpoints.listen(neither).getFirst();
        assertThatThrownBy(() -> host.call(() -> displays(listen)))
            .hasStackTraceContaining(
                "unable to listen on 127.0.0.1:8080: 127.0.0.1 is not an address of this host");
      }
      Listen six = Endpoints.listen("[::1]:8080").getFirst();
      assertThatThrownBy(() -> host.call(() -> displays(six)))
          .hasStackTraceContaining(
              "unable to listen on [::1]:8080: ::1 is not an address of this host");
    }
  }

  @Test
  void all_addresses_of_one_family_are_not_told_as_those_of_both() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      host.call(
          () -> {
            Listen four = Endpoints.listen("0.0.0.0:8080").getFirst();
            assertThat(displays(four)).containsExactly("0.0.0.0:8080");
            List<ListenSocket> open = ListenSocket.open(four);
            assertThatThrownBy(() -> ListenSocket.open(four))
                .hasMessageStartingWith("unable to listen on 0.0.0.0:8080: ");
            open.forEach(ListenSocket::close);
            assertThat(displays(Endpoints.listen(":8080").getFirst())).containsExactly("*:8080");
            return 0;
          });
    }
  }

  @Test
  void who_has_a_port_for_datagrams_is_named() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      host.call(
          () -> {
            for (String has : List.of("udp::53", "udp:127.0.0.1:53", "udp:[::1]:53")) {
              assertItself(has, "udp::53", "udp:*:53");
            }
            assertItself("udp::53", "udp:127.0.0.1:53", "udp:127.0.0.1:53");
            assertItself("udp:[::1]:53", "udp:[::1]:53", "udp:[::1]:53");
            return 0;
          });
    }
  }

  private static void assertItself(String has, String wants, String display) throws IOException {
    List<ListenSocket> open = ListenSocket.open(Endpoints.listen(has).getFirst());
    try {
      Listen wanted = Endpoints.listen(wants).getFirst();
      assertThatThrownBy(() -> ListenSocket.open(wanted))
          .as("%s while %s is there", wants, has)
          .hasMessageStartingWith("unable to listen on " + display + ": this forwarder itself");
    } finally {
      open.forEach(ListenSocket::close);
    }
  }

  private static List<String> displays(Listen listen) throws IOException {
    List<ListenSocket> open = ListenSocket.open(listen);
    List<String> displays = open.stream().map(ListenSocket::display).toList();
    open.forEach(ListenSocket::close);
    return displays;
  }

  /** Of the calling thread: one capability that it may have takes effect (capset(2)). */
  private static void raise(int capability) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(8, 8);
      header.set(ValueLayout.JAVA_INT, 0, CAPABILITY_VERSION_3);
      MemorySegment sets = arena.allocate(24, 8);
      LinuxException.check(Syscall.call(CAPGET, header.address(), sets.address()), "capget", "");
      sets.set(ValueLayout.JAVA_INT, 0, 1 << capability);
      LinuxException.check(Syscall.call(CAPSET, header.address(), sets.address()), "capset", "");
    }
  }

  @Test
  void what_a_link_in_the_place_of_a_socket_leads_to_keeps_its_permissions() throws Exception {
    Path secret = Files.createFile(folder.resolve("secret"));
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), secret);
    assertThatThrownBy(() -> ListenSocket.setMode(link, 0666))
        .hasMessage("something else was put in its place at this moment");
    assertThat(permissions(secret)).isEqualTo("rw-------");
    Path name = folder.resolve("socket");
    int fd = UnixSockets.stream();
    try {
      UnixSockets.bind(fd, name, 0600);
      ListenSocket.setMode(name, 0666);
      assertThat(permissions(name)).isEqualTo("rw-rw-rw-");
    } finally {
      Sockets.close(fd);
    }
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
