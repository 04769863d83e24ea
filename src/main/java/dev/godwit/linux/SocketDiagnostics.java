package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The kernel's list of TCP sockets of this network namespace, asked by local port (sock_diag(7)).
 * For all states but {@link #LISTEN} the kernel walks through the whole table of connections of the
 * machine, which has a quarter of a million places on one with much memory (some tenths of a
 * millisecond), whatever is asked for. So both families are asked for at once, in the older form of
 * the question (TCPDIAG_GETSOCK, Linux 2.6), and many ports in one question too.
 */
public final class SocketDiagnostics {
  public static final int ESTABLISHED = 1;
  public static final int SYN_RECV = 3;
  public static final int FIN_WAIT1 = 4;
  public static final int FIN_WAIT2 = 5;
  public static final int CLOSE_WAIT = 8;
  public static final int LAST_ACK = 9;
  public static final int LISTEN = 10;
  public static final int CLOSING = 11;

  // sock_diag(7)
  static final int SOCK_DIAG = 4;
  static final int BY_FAMILY = 20;
  private static final int BOTH_FAMILIES = 18;
  private static final int SOCK_DESTROY = 21;

  private static final int INET_DIAG_INFO = 2;
  private static final int INET_DIAG_SKV6ONLY = 11;

  // struct tcp_info
  private static final int LAST_DATA_SENT = 44;
  private static final int LAST_DATA_RECEIVED = 52;
  private static final int BYTES_ACKED = 120;
  private static final int BYTES_RECEIVED = 128;

  /** As the kernel takes it: sockets of every local port. */
  private static final int ANY_PORT = 0;

  private static final int MESSAGE_BYTES = 72;

  /** struct inet_diag_req behind the header, for {@link #BOTH_FAMILIES}. */
  private static final int QUESTION_BYTES = 76;

  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /**
   * One socket.
   *
   * @param device the number of the one that it is bound to; 0 for none
   * @param cookie the kernel's name for it, never used again
   * @param inode 0 when no process holds it: not yet accepted, or closed by its process
   * @param received bytes waiting to be read; of a listener, connections waiting to be accepted
   * @param unsent bytes not yet sent or not yet acknowledged; of a listener, the backlog
   * @param v6Only of a listener on IPv6: takes no IPv4 connection
   * @param talk what was said on it; of a listener {@link Talk#NONE}
   */
  public record TcpSocket(
      int state,
      InetSocketAddress local,
      InetSocketAddress peer,
      int device,
      long cookie,
      long inode,
      long received,
      long unsent,
      boolean v6Only,
      Talk talk) {

    /**
     * Whether this end owes nothing: all was read and sent, and the other end has asked for nothing
     * since this one last spoke, or ever.
     */
    public boolean isIdle() {
      return received == 0 && unsent == 0 && (talk.isPeerSilent() || !talk.isAwaited());
    }
  }

  /**
   * What the kernel remembers of a connection's data (struct tcp_info).
   *
   * @param sentMillis since this end last sent some, or since the connection began
   * @param receivedMillis since the other end did
   * @param isSilent this end has said nothing yet; false on kernels before Linux 4.2, which do not
   *     count
   * @param isPeerSilent the same of the other end
   */
  public record Talk(long sentMillis, long receivedMillis, boolean isSilent, boolean isPeerSilent) {
    public static final Talk NONE = new Talk(0, 0, false, false);

    /** Since data last went in either direction. */
    public long quietMillis() {
      return Math.min(sentMillis, receivedMillis);
    }

    /**
     * Whether the other end spoke last, or this one has not yet, so that it may have something to
     * say. The kernel's clock has ticks of some milliseconds: of what was heard and said within one
     * the order is not known, and this is false.
     */
    public boolean isAwaited() {
      return isSilent || receivedMillis < sentMillis;
    }
  }

  private SocketDiagnostics() {}

  /**
   * All sockets with this local port in one of the states, IPv4 and IPv6.
   *
   * @param states of the constants above
   */
  public static List<TcpSocket> sockets(int localPort, int... states) throws LinuxException {
    return ask(localPort, port -> true, states);
  }

  /**
   * The same of several local ports, by one walk of the kernel's; each socket of another port that
   * is in one of these states costs a little.
   *
   * @param states such as are rare, or {@link #LISTEN}
   */
  public static List<TcpSocket> sockets(Collection<Integer> localPorts, int... states)
      throws LinuxException {
    return localPorts.size() == 1
        ? sockets(localPorts.iterator().next(), states)
        : localPorts.isEmpty() ? List.of() : ask(ANY_PORT, localPorts::contains, states);
  }

  /** All that are open, on whatever port, IPv4 and IPv6; not those that are only waited for. */
  public static List<TcpSocket> connections() throws LinuxException {
    return connections(ANY_PORT);
  }

  /** The same of one local port. */
  public static List<TcpSocket> connections(int localPort) throws LinuxException {
    return ask(
        localPort,
        port -> true,
        SYN_RECV,
        ESTABLISHED,
        FIN_WAIT1,
        FIN_WAIT2,
        CLOSE_WAIT,
        LAST_ACK,
        CLOSING);
  }

  /** All that listen, on whatever port, IPv4 and IPv6. */
  public static List<TcpSocket> listeners() throws LinuxException {
    return ask(ANY_PORT, port -> true, LISTEN);
  }

  /**
   * Ends a connection, whoever holds it: its process meets ECONNABORTED, its peer a reset.
   *
   * @return false when it has ended by itself
   * @throws LinuxException EOPNOTSUPP on a kernel that cannot (CONFIG_INET_DIAG_DESTROY), EPERM
   *     without CAP_NET_ADMIN
   */
  public static boolean destroy(TcpSocket connection) throws LinuxException {
    boolean four = connection.local().getAddress() instanceof Inet4Address; // mapped ones too
    int fd = Netlink.open(SOCK_DIAG, "NETLINK_SOCK_DIAG");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, MESSAGE_BYTES, SOCK_DESTROY, Netlink.ORDER);
      buffer.set(ValueLayout.JAVA_BYTE, 16, (byte) (four ? Sockets.AF_INET : Sockets.AF_INET6));
      buffer.set(ValueLayout.JAVA_BYTE, 17, (byte) Sockets.IPPROTO_TCP);
      put(buffer, 24, 28, connection.local());
      put(buffer, 26, 44, connection.peer());
      buffer.set(ValueLayout.JAVA_INT, 60, connection.device());
      buffer.set(ValueLayout.JAVA_LONG, 64, connection.cookie());
      return Netlink.ask(
          fd, buffer, MESSAGE_BYTES, Sockets.display(connection.peer()), (answer, at, end) -> {});
    } finally {
      Sockets.close(fd);
    }
  }

  /**
   * Whether a process of this host holds the other end of a connection within it. One that was
   * closed lives on in the kernel until this end is closed too, and nobody waits for anything
   * there.
   */
  public static boolean isPeerHeld(TcpSocket connection) throws LinuxException {
    return connections(connection.peer().getPort()).stream()
        .anyMatch(end -> end.inode() != 0 && end.local().equals(connection.peer()));
  }

  private static void put(MemorySegment message, long port, long at, InetSocketAddress endpoint) {
    byte[] address = endpoint.getAddress().getAddress();
    message.set(BIG_SHORT, port, (short) endpoint.getPort());
    MemorySegment.copy(address, 0, message, ValueLayout.JAVA_BYTE, at, address.length);
  }

  private static List<TcpSocket> ask(int localPort, IntPredicate wanted, int... states)
      throws LinuxException {
    int mask = 0;
    for (int state : states) {
      mask |= 1 << state;
    }
    List<TcpSocket> found = new ArrayList<>();
    int fd = Netlink.open(SOCK_DIAG, "NETLINK_SOCK_DIAG");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, QUESTION_BYTES, BOTH_FAMILIES, Netlink.DUMP);
      buffer.set(ValueLayout.JAVA_BYTE, 19, (byte) (1 << (INET_DIAG_INFO - 1)));
      buffer.set(BIG_SHORT, 20, (short) localPort);
      buffer.set(ValueLayout.JAVA_INT, 68, mask);
      boolean unused =
          Netlink.ask(
              fd,
              buffer,
              QUESTION_BYTES,
              "port " + localPort,
              (answer, at, end) -> {
                int port = answer.get(BIG_SHORT, at + 4) & 0xffff;
                if ((localPort == ANY_PORT || port == localPort) && wanted.test(port)) {
                  found.add(read(answer, at, end));
                }
              });
    } finally {
      Sockets.close(fd);
    }
    return found;
  }

  private static TcpSocket read(MemorySegment message, long at, long end) {
    int family = message.get(ValueLayout.JAVA_BYTE, at);
    int state = message.get(ValueLayout.JAVA_BYTE, at + 1);
    long received = message.get(ValueLayout.JAVA_INT, at + 56) & 0xffffffffL;
    long unsent = message.get(ValueLayout.JAVA_INT, at + 60) & 0xffffffffL;
    long inode = message.get(ValueLayout.JAVA_INT, at + 68) & 0xffffffffL;
    boolean v6Only = false;
    Talk talk = Talk.NONE;
    long attribute = at + MESSAGE_BYTES;
    while (attribute + 4 <= end) {
      int length = message.get(ValueLayout.JAVA_SHORT, attribute) & 0xffff;
      int type = message.get(ValueLayout.JAVA_SHORT, attribute + 2);
      if (length < 4) {
        break;
      }
      if (type == INET_DIAG_SKV6ONLY) {
        v6Only = message.get(ValueLayout.JAVA_BYTE, attribute + 4) != 0;
      } else if (type == INET_DIAG_INFO && length >= 4 + LAST_DATA_RECEIVED + 4) {
        talk = talk(message.asSlice(attribute + 4, length - 4));
      }
      attribute += (length + 3) & ~3;
    }
    return new TcpSocket(
        state,
        endpoint(message, at + 4, at + 8, family),
        endpoint(message, at + 6, at + 24, family),
        message.get(ValueLayout.JAVA_INT, at + 40),
        message.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 44),
        inode,
        received,
        unsent,
        v6Only,
        talk);
  }

  private static Talk talk(MemorySegment info) {
    boolean counts = info.byteSize() >= BYTES_RECEIVED + 8;
    return new Talk(
        info.get(ValueLayout.JAVA_INT_UNALIGNED, LAST_DATA_SENT) & 0xffffffffL,
        info.get(ValueLayout.JAVA_INT_UNALIGNED, LAST_DATA_RECEIVED) & 0xffffffffL,
        counts && info.get(ValueLayout.JAVA_LONG_UNALIGNED, BYTES_ACKED) == 0,
        counts && info.get(ValueLayout.JAVA_LONG_UNALIGNED, BYTES_RECEIVED) == 0);
  }

  private static InetSocketAddress endpoint(MemorySegment message, long port, long at, int family) {
    byte[] address = new byte[family == Sockets.AF_INET ? 4 : 16];
    MemorySegment.copy(message, ValueLayout.JAVA_BYTE, at, address, 0, address.length);
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(address), message.get(BIG_SHORT, port) & 0xffff);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }
}
