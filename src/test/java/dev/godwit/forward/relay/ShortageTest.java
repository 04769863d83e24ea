package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.TestingNamespace;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Sockets;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ShortageTest {
  @Test
  void h51_what_this_host_is_short_of_is_told_from_what_a_destination_does() {
    for (int errno : new int[] {Errno.EADDRNOTAVAIL, Errno.EADDRINUSE, Errno.EAGAIN}) {
      assertThat(Shortage.of(errno, false)).isEqualTo(Shortage.PORTS);
    }
    for (int errno : new int[] {Errno.EMFILE, Errno.ENFILE}) {
      assertThat(Shortage.of(errno, true)).isEqualTo(Shortage.DESCRIPTORS);
    }
    for (int errno : new int[] {Errno.ENOMEM, Errno.ENOBUFS, Errno.ENOSPC}) {
      assertThat(Shortage.of(errno, false)).isEqualTo(Shortage.MEMORY);
    }
    for (int errno :
        new int[] {
          Errno.ECONNREFUSED,
          Errno.ECONNRESET,
          Errno.ETIMEDOUT,
          Errno.EHOSTUNREACH,
          Errno.ENETUNREACH,
          Errno.EACCES,
          Errno.EPERM,
          Errno.ENOENT
        }) {
      assertThat(Shortage.of(errno, false)).as(Errno.name(errno)).isNull();
    }
    assertThat(Shortage.of(Errno.EAGAIN, true)).as("the service's queue is full").isNull();
  }

  @Test
  void a_destination_of_a_family_that_this_host_has_is_not_unreachable() throws Exception {
    InetSocketAddress here = new InetSocketAddress("127.0.0.1", 9);
    assertThat(Shortage.ofConnect(Errno.EADDRNOTAVAIL, here)).isEqualTo(Errno.EADDRNOTAVAIL);
    assertThat(Shortage.ofConnect(Errno.ECONNREFUSED, here)).isEqualTo(Errno.ECONNREFUSED);
  }

  @Test
  void an_address_that_ipv6_lacks_where_it_is_off_is_no_want_of_ports() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      int errno =
          host.call(
              () -> {
                Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/disable_ipv6"), "1");
                InetSocketAddress there = new InetSocketAddress("::1", 9);
                int fd = Sockets.tcp(true);
                try {
                  return Shortage.ofConnect(Sockets.connect(fd, there), there);
                } finally {
                  Sockets.close(fd);
                }
              });
      assertThat(errno).isEqualTo(Errno.ENETUNREACH);
    }
  }
}
