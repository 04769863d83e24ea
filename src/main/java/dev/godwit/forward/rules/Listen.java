package dev.godwit.forward.rules;

import dev.godwit.linux.Sockets;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where connections are taken: one port at one or more addresses, or one unix socket. */
public sealed interface Listen {
  /** Which of this host's addresses a port is opened on. */
  enum Scope {
    /** 127.0.0.1 and ::1: programs on this host only. */
    LOOPBACK,
    /** Every address of both families, those that come later too. */
    ALL,
    /** One address. */
    ONE
  }

  /** As it is written on a command line; what a status calls it. */
  String display();

  /** Whether it takes datagrams. */
  default boolean isUdp() {
    return this instanceof Port port && port.udp();
  }

  /** Whether the kernel has room for one of the two only. */
  default boolean clashesWith(Listen other) {
    return switch (this) {
      case Unix unix -> other instanceof Unix that && unix.path().equals(that.path());
      case Port port ->
          other instanceof Port that
              && port.port() == that.port()
              && port.port() != 0
              && port.udp() == that.udp()
              && port.shares(that);
    };
  }

  /**
   * A TCP or UDP port.
   *
   * @param address of this host with scope ONE, else null
   * @param port 0 for one that is free
   */
  record Port(Scope scope, @Nullable InetAddress address, int port, boolean udp) implements Listen {
    /** Addresses of one family that share one with {@link Scope#LOOPBACK}. */
    private static final Set<String> OF_LOOPBACK = Set.of("127.0.0.1", "::1", "0.0.0.0");

    @Override
    public String display() {
      String prefix = udp ? "udp:" : "";
      return switch (scope) {
        case LOOPBACK -> prefix + "localhost:" + port;
        case ALL -> prefix + "*:" + port;
        case ONE -> prefix + literal() + ":" + port;
      };
    }

    /** Whether there is an address that the other one has too. */
    private boolean shares(Port other) {
      InetAddress one = address;
      InetAddress two = other.address;
      if (scope == Scope.ALL || other.scope == Scope.ALL) {
        return true;
      }
      if (one == null || two == null) {
        InetAddress only = one == null ? two : one;
        return only == null || OF_LOOPBACK.contains(Sockets.display(only));
      }
      boolean four = one instanceof Inet4Address && two instanceof Inet4Address;
      return one.equals(two) || four && (one.isAnyLocalAddress() || two.isAnyLocalAddress());
    }

    private String literal() {
      InetAddress host = address;
      if (host == null) {
        throw new IllegalStateException("scope ONE without an address");
      }
      String text = Sockets.display(host);
      return host instanceof Inet6Address ? "[" + text + "]" : text;
    }
  }

  /**
   * A unix stream socket.
   *
   * @param owner a name or a number; null for this process's user
   * @param group a name or a number; null for this process's group
   * @param mode permissions; connecting needs the right to write (unix(7))
   */
  record Unix(Path path, @Nullable String owner, @Nullable String group, int mode)
      implements Listen {
    /** Only the owner may connect, unless somebody else is let in. */
    public static final int MODE_DEFAULT = 0600;

    @Override
    public String display() {
      return "unix:" + path;
    }

    /** The mode as it is typed, {@code 0660}. */
    public String octalMode() {
      return String.format(Locale.ROOT, "%04o", mode);
    }
  }
}
