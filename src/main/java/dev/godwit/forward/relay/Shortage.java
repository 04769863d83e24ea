package dev.godwit.forward.relay;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the host that connects may be short of. An attempt that ends for want of it has reached
 * nobody, and says nothing about where it was to go (H51).
 */
public enum Shortage {
  /** To one port of one address; a connection that has ended may keep its own for a while. */
  PORTS(
      "has no free port to there",
      "widen net.ipv4.ip_local_port_range; where connections that have ended keep ports for another"
          + " 60 s (TIME-WAIT in `ss -s`), set net.ipv4.tcp_tw_reuse=1; or lower `max`"),

  DESCRIPTORS(
      "may open no more files",
      "raise the limit with `ulimit -n`, LimitNOFILE= or fs.file-max, or lower `max`"),

  MEMORY(
      "has no memory for one more",
      "look at what takes it, and at net.ipv4.tcp_mem and fs.epoll.max_user_watches, or lower"
          + " `max`");

  private final String words;
  private final String advice;

  Shortage(String words, String advice) {
    this.words = words;
    this.advice = advice;
  }

  /** What a host that has it does, for people. */
  public String words() {
    return words;
  }

  /** What can be done, for people. */
  public String advice() {
    return advice;
  }

  /**
   * What an attempt that failed was short of; null when its destination, or the way there, has
   * failed it.
   *
   * @param unix it was for a unix socket, whose full queue has an errno of ports
   */
  public static @Nullable Shortage of(int errno, boolean unix) {
    return switch (errno) {
      case Errno.EADDRNOTAVAIL, Errno.EADDRINUSE -> PORTS;
      case Errno.EAGAIN -> unix ? null : PORTS;
      case Errno.EMFILE, Errno.ENFILE -> DESCRIPTORS;
      case Errno.ENOMEM, Errno.ENOBUFS, Errno.ENOSPC -> MEMORY;
      default -> null;
    };
  }

  /**
   * What a connect has said, when it left its own address to the kernel. A host that has none of
   * that family, as where IPv6 is switched off, is told so by the errno of ports: that is a
   * destination that cannot be reached, and its next address may be.
   */
  public static int ofConnect(int errno, InetSocketAddress to) {
    return errno == Errno.EADDRNOTAVAIL && !hasAddressFor(to) ? Errno.ENETUNREACH : errno;
  }

  /** Datagrams have ports of their own. */
  private static boolean hasAddressFor(InetSocketAddress to) {
    try {
      int fd = Sockets.udp(to.getAddress() instanceof Inet6Address);
      try {
        return Sockets.connect(fd, to) != Errno.EADDRNOTAVAIL;
      } finally {
        Sockets.close(fd);
      }
    } catch (LinuxException e) {
      return true; // not known
    }
  }
}
