package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * TCP and UDP sockets as descriptors, always {@code O_CLOEXEC} and non-blocking (socket(2), tcp(7),
 * udp(7), ip(7)). The JDK's channels cannot bind to a client's address, duplicate another process's
 * listener, or be given to splice(2).
 *
 * <p>Threads: every method may be called by any thread; none blocks.
 */
public final class Sockets {
  public static final int SOL_IP = 0;
  public static final int SOL_SOCKET = 1;
  public static final int IPPROTO_TCP = 6;
  public static final int SOL_IPV6 = 41;

  public static final int SO_REUSEADDR = 2;
  public static final int SO_ERROR = 4;
  public static final int SO_KEEPALIVE = 9;
  public static final int SO_OOBINLINE = 10;
  public static final int SO_MARK = 36;
  public static final int IP_FREEBIND = 15;
  public static final int IP_TRANSPARENT = 19;
  public static final int IP_BIND_ADDRESS_NO_PORT = 24;
  public static final int IPV6_V6ONLY = 26;
  public static final int IPV6_TRANSPARENT = 75;
  public static final int TCP_NODELAY = 1;
  public static final int TCP_KEEPIDLE = 4;
  public static final int TCP_KEEPINTVL = 5;
  public static final int TCP_KEEPCNT = 6;
  public static final int TCP_QUICKACK = 12;
  public static final int TCP_USER_TIMEOUT = 18;
  public static final int TCP_FASTOPEN = 23;

  private static final int SO_LINGER = 13;

  /** IP6T_SO_ORIGINAL_DST has the same number. */
  private static final int SO_ORIGINAL_DST = 80;

  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  private static final int SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;
  private static final int SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
  private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
  private static final int SHUT_WR = 1;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int O_NONBLOCK = 0x800;

  private static final long CLOSE = Syscall.number(3, 57);
  private static final long SOCKET = Syscall.number(41, 198);
  private static final long CONNECT = Syscall.number(42, 203);
  private static final long SENDTO = Syscall.number(44, 206);
  private static final long RECVFROM = Syscall.number(45, 207);
  private static final long SHUTDOWN = Syscall.number(48, 210);
  private static final long BIND = Syscall.number(49, 200);
  private static final long LISTEN = Syscall.number(50, 201);
  private static final long GETSOCKNAME = Syscall.number(51, 204);
  private static final long GETPEERNAME = Syscall.number(52, 205);
  private static final long SETSOCKOPT = Syscall.number(54, 208);
  private static final long GETSOCKOPT = Syscall.number(55, 209);
  private static final long FCNTL = Syscall.number(72, 25);
  private static final long ACCEPT4 = Syscall.number(288, 242);

  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** 0..27 an address, 32..35 its length, 40..47 an option's value. */
  private static final ThreadLocal<MemorySegment> SCRATCH =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(64, 8));

  private Sockets() {}

  /** A new TCP socket that can reach {@code address}'s family. */
  public static int tcpFor(InetAddress address) throws LinuxException {
    return tcp(address instanceof Inet6Address);
  }

  public static int tcp(boolean six) throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, six ? AF_INET6 : AF_INET, SOCK_STREAM_NONBLOCK_CLOEXEC, 0),
            "socket",
            six ? "TCP over IPv6" : "TCP over IPv4");
  }

  public static int udp(boolean six) throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, six ? AF_INET6 : AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0),
            "socket",
            six ? "UDP over IPv6" : "UDP over IPv4");
  }

  /** Whether this kernel has IPv6 at all. */
  public static boolean hasIpv6() {
    long fd = Syscall.call(SOCKET, AF_INET6, SOCK_STREAM_NONBLOCK_CLOEXEC, 0);
    if (fd >= 0) {
      close((int) fd);
    }
    return fd >= 0;
  }

  public static void bind(int fd, InetSocketAddress address) throws LinuxException {
    MemorySegment scratch = SCRATCH.get();
    int length = write(scratch, address.getAddress(), address.getPort());
    LinuxException.check(
        Syscall.call(BIND, fd, scratch.address(), length), "bind", display(address));
  }

  /** Binds an IPv6 socket to an IPv4 address in its mapped form, so that it takes both families. */
  public static void bindMapped(int fd, Inet4Address address, int port) throws LinuxException {
    MemorySegment scratch = SCRATCH.get();
    int length = writeMapped(scratch, address, port);
    LinuxException.check(
        Syscall.call(BIND, fd, scratch.address(), length),
        "bind",
        display(new InetSocketAddress(address, port)));
  }

  /**
   * Begins to connect.
   *
   * @return 0 when connected, else a positive errno: EINPROGRESS is the usual one, and means that
   *     the socket becomes writable when it is decided
   */
  public static int connect(int fd, InetSocketAddress address) {
    MemorySegment scratch = SCRATCH.get();
    int length = write(scratch, address.getAddress(), address.getPort());
    return (int) -Syscall.call(CONNECT, fd, scratch.address(), length);
  }

  public static void listen(int fd, int backlog) throws LinuxException {
    LinuxException.check(Syscall.call(LISTEN, fd, backlog), "listen", "");
  }

  /** The next connection of a queue, non-blocking itself, or a negated errno. */
  public static int accept(int listener) {
    return (int) Syscall.call(ACCEPT4, listener, 0, 0, NONBLOCK_CLOEXEC);
  }

  /** As {@link #accept}; the peer's address is at {@link #acceptedPeer} until the next call. */
  public static int acceptFrom(int listener) {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 32, 28);
    return (int)
        Syscall.call(
            ACCEPT4, listener, scratch.address(), scratch.address() + 32, NONBLOCK_CLOEXEC);
  }

  /** Who this thread's last {@link #acceptFrom} accepted; null unless it came by IP. */
  public static @Nullable InetSocketAddress acceptedPeer() {
    MemorySegment scratch = SCRATCH.get();
    int family = scratch.get(ValueLayout.JAVA_SHORT, 0);
    return family == AF_INET || family == AF_INET6 ? read(scratch) : null;
  }

  /** This end's address; an IPv4 connection of a dual-stack socket has an IPv4 address. */
  public static InetSocketAddress localAddress(int fd) throws LinuxException {
    return name(GETSOCKNAME, "getsockname", fd);
  }

  /** The other end's address, from the kernel. */
  public static InetSocketAddress peerAddress(int fd) throws LinuxException {
    return name(GETPEERNAME, "getpeername", fd);
  }

  /**
   * Where a connection was going before the packet filter redirected it (netfilter's conntrack).
   *
   * @throws LinuxException ENOENT when it was not
   */
  public static InetSocketAddress originalDestination(int fd) throws LinuxException {
    boolean six = peerAddress(fd).getAddress() instanceof Inet6Address;
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 32, 28);
    LinuxException.check(
        Syscall.call(
            GETSOCKOPT,
            fd,
            six ? SOL_IPV6 : SOL_IP,
            SO_ORIGINAL_DST,
            scratch.address(),
            scratch.address() + 32,
            0),
        "getsockopt",
        "SO_ORIGINAL_DST");
    return read(scratch);
  }

  public static void set(int fd, int level, int option, int value) throws LinuxException {
    LinuxException.check(trySet(fd, level, option, value), "setsockopt", level + "/" + option);
  }

  /** As {@link #set}; returns a negated errno, for options that a kernel may lack. */
  public static long trySet(int fd, int level, int option, int value) {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 40, value);
    return Syscall.call(SETSOCKOPT, fd, level, option, scratch.address() + 40, 4, 0);
  }

  public static int get(int fd, int level, int option) throws LinuxException {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 32, 4);
    LinuxException.check(
        Syscall.call(
            GETSOCKOPT, fd, level, option, scratch.address() + 40, scratch.address() + 32, 0),
        "getsockopt",
        level + "/" + option);
    return scratch.get(ValueLayout.JAVA_INT, 40);
  }

  /** How a connect ended: 0 or a positive errno; reading it clears it. */
  public static int pendingError(int fd) {
    try {
      return get(fd, SOL_SOCKET, SO_ERROR);
    } catch (LinuxException e) {
      return e.errno();
    }
  }

  /** Bytes received, 0 at the end of the stream, or a negated errno. */
  public static long receive(int fd, long address, long length) {
    return Syscall.call(RECVFROM, fd, address, length, MSG_DONTWAIT_NOSIGNAL);
  }

  /**
   * One datagram; its sender is at {@link #acceptedPeer} until the next call. What does not fit is
   * cut off.
   */
  public static long receiveFrom(int fd, long address, long length) {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 32, 28);
    return Syscall.call(
        RECVFROM,
        fd,
        address,
        length,
        MSG_DONTWAIT_NOSIGNAL,
        scratch.address(),
        scratch.address() + 32);
  }

  /** Sends one datagram; an IPv6 socket for both families takes IPv4 addresses too. */
  public static long sendTo(
      int fd, long address, long length, InetSocketAddress to, boolean sixSocket) {
    MemorySegment scratch = SCRATCH.get();
    int size;
    if (sixSocket && to.getAddress() instanceof Inet4Address four) {
      size = writeMapped(scratch, four, to.getPort());
    } else {
      size = write(scratch, to.getAddress(), to.getPort());
    }
    return Syscall.call(
        SENDTO, fd, address, length, MSG_DONTWAIT_NOSIGNAL, scratch.address(), size);
  }

  /** As {@link #receive}, and leaves the bytes where they are (MSG_PEEK). */
  public static long peek(int fd, long address, long length) {
    return Syscall.call(RECVFROM, fd, address, length, MSG_DONTWAIT_NOSIGNAL | 2);
  }

  /** Bytes taken, or a negated errno. */
  public static long send(int fd, long address, long length) {
    return Syscall.call(SENDTO, fd, address, length, MSG_DONTWAIT_NOSIGNAL);
  }

  /** Sends FIN after what was sent. */
  public static long finish(int fd) {
    return Syscall.call(SHUTDOWN, fd, SHUT_WR);
  }

  public static void close(int fd) {
    Syscall.call(CLOSE, fd);
  }

  /** Closes so that the peer sees a reset and not an orderly end (socket(7), SO_LINGER 0). */
  public static void closeWithReset(int fd) {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 40, 1);
    scratch.set(ValueLayout.JAVA_INT, 44, 0);
    Syscall.call(SETSOCKOPT, fd, SOL_SOCKET, SO_LINGER, scratch.address() + 40, 8, 0);
    Syscall.call(CLOSE, fd);
  }

  /** Whether the open file is non-blocking; shared by all processes that hold it. */
  public static boolean isNonBlocking(int fd) throws LinuxException {
    return (LinuxException.check(Syscall.call(FCNTL, fd, F_GETFL), "fcntl", "F_GETFL") & O_NONBLOCK)
        != 0;
  }

  /** Makes the open file non-blocking, for all processes that hold it. */
  public static void setNonBlocking(int fd) throws LinuxException {
    long flags = LinuxException.check(Syscall.call(FCNTL, fd, F_GETFL), "fcntl", "F_GETFL");
    LinuxException.check(Syscall.call(FCNTL, fd, F_SETFL, flags | O_NONBLOCK), "fcntl", "F_SETFL");
  }

  /** {@code 192.0.2.1:80}, {@code [2001:db8::1]:80}. */
  public static String display(InetSocketAddress address) {
    String host = display(address.getAddress());
    return host.indexOf(':') >= 0
        ? "[" + host + "]:" + address.getPort()
        : host + ":" + address.getPort();
  }

  /**
   * An address in its shortest form (RFC 5952): {@code 192.0.2.1}, {@code 2001:db8::1}; one of a
   * link with its interface: {@code fe80::1%eth0} (RFC 4007).
   */
  public static String display(InetAddress address) {
    if (!(address instanceof Inet6Address six)) {
      return address.getHostAddress();
    }
    byte[] bytes = address.getAddress();
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
    }
    int start = 0;
    int longest = 1; // a single group of zeros is written out
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > longest) {
        start = i;
        longest = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (longest > 1 && i == start) {
        text.append("::");
        i += longest - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    if (six.getScopeId() != 0) {
      text.append('%').append(interfaceName(six.getScopeId()));
    }
    return text.toString();
  }

  /** As people write it; its number, where it has gone meanwhile. */
  private static String interfaceName(int index) {
    try {
      NetworkInterface named = NetworkInterface.getByIndex(index);
      return named == null ? Integer.toString(index) : named.getName();
    } catch (SocketException e) {
      return Integer.toString(index);
    }
  }

  private static InetSocketAddress name(long number, String call, int fd) throws LinuxException {
    MemorySegment scratch = SCRATCH.get();
    scratch.set(ValueLayout.JAVA_INT, 32, 28);
    LinuxException.check(
        Syscall.call(number, fd, scratch.address(), scratch.address() + 32), call, "");
    return read(scratch);
  }

  static InetSocketAddress read(MemorySegment scratch) {
    boolean six = scratch.get(ValueLayout.JAVA_SHORT, 0) == AF_INET6;
    byte[] address = new byte[six ? 16 : 4];
    MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, six ? 8 : 4, address, 0, six ? 16 : 4);
    try {
      InetAddress host = InetAddress.getByAddress(address);
      int scope = six ? scratch.get(ValueLayout.JAVA_INT, 24) : 0;
      if (scope != 0 && host instanceof Inet6Address) {
        host = Inet6Address.getByAddress(null, address, scope);
      }
      return new InetSocketAddress(host, scratch.get(PORT, 2) & 0xffff);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  static int writeMapped(MemorySegment to, Inet4Address address, int port) {
    to.asSlice(0, 28).fill((byte) 0);
    to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET6);
    to.set(PORT, 2, (short) port);
    to.set(ValueLayout.JAVA_SHORT, 18, (short) 0xffff);
    MemorySegment.copy(address.getAddress(), 0, to, ValueLayout.JAVA_BYTE, 20, 4);
    return 28;
  }

  static int write(MemorySegment to, InetAddress address, int port) {
    to.asSlice(0, 28).fill((byte) 0);
    to.set(PORT, 2, (short) port);
    byte[] bytes = address.getAddress();
    if (address instanceof Inet6Address six) {
      to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET6);
      MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 8, 16);
      to.set(ValueLayout.JAVA_INT, 24, six.getScopeId());
      return 28;
    }
    to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
    MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 4, 4);
    return 16;
  }
}
