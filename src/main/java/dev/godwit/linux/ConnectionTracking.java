package dev.godwit.linux;

import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel's packet filter remembers of TCP connections in this network namespace
 * (nf_conntrack, asked by {@code NETLINK_NETFILTER}: linux/netfilter/nfnetlink_conntrack.h).
 */
public final class ConnectionTracking {
  private static final int NETFILTER = 12;

  // Types of messages: the subsystem in the upper byte.
  private static final int GET = 1 << 8 | 1;
  private static final int DELETE = 1 << 8 | 2;

  /** The message's header and struct nfgenmsg. */
  private static final int HEAD_BYTES = Netlink.HEADER_BYTES + 4;

  // Attributes (CTA_*), nested ones below those that they are in.
  private static final int TUPLE_ORIG = 1;
  private static final int TUPLE_IP = 1;
  private static final int[] IP_SOURCES = {1, 3}; // of IPv4 and IPv6
  private static final int[] IP_DESTINATIONS = {2, 4};
  private static final int TUPLE_PROTO = 2;
  private static final int PROTO_NUM = 1;
  private static final int PROTO_SRC_PORT = 2;
  private static final int PROTO_DST_PORT = 3;
  private static final int STATUS = 3;
  private static final int ID = 12;
  private static final int ZONE = 18;
  private static final int STATUS_MASK = 26;

  private static final int TYPE_MASK = 0x3fff;
  private static final int DESTINATION_CHANGED = 1 << 5; // IPS_DST_NAT
  private static final String WHAT = "connection tracking";

  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private ConnectionTracking() {}

  /** A connection with an end on this host, and what an order to forget it has to say. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Tracked(InetSocketAddress local, InetSocketAddress peer, byte[] name) {}

  /** The ends of a connection of this host. */
  private record Ends(InetSocketAddress local, InetSocketAddress peer) {}

  /**
   * Has connections to ports of this host forgotten that no socket belongs to any more. The kernel
   * takes a new connection between the same two ports for the same one, so that no rule for new
   * connections sees it, unless it has seen the first one end properly. It has not where nothing
   * was tracked when that began (of an ended connection the last acknowledgement alone is met, and
   * kept for five minutes) or when it ended (it is kept for five days). Those that were redirected
   * are left alone.
   *
   * @return how many there were
   * @throws LinuxException such as EPERM without CAP_NET_ADMIN, or EINVAL where the kernel has no
   *     nf_conntrack_netlink
   */
  public static int forgetEnded(Set<Integer> ports) throws LinuxException {
    int fd = Netlink.open(NETFILTER, "NETLINK_NETFILTER");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      List<Tracked> found = tracked(fd, buffer, ports);
      if (found.isEmpty()) {
        return 0;
      }
      Set<Ends> alive = alive(ports); // after it: what began meanwhile is not among the found
      int forgotten = 0;
      for (Tracked one : found) {
        if (!alive.contains(new Ends(one.local, one.peer))) {
          int length = Netlink.HEADER_BYTES + one.name.length;
          Netlink.begin(buffer, length, DELETE, Netlink.ORDER);
          MemorySegment.copy(
              one.name, 0, buffer, ValueLayout.JAVA_BYTE, Netlink.HEADER_BYTES, one.name.length);
          boolean was = Netlink.ask(fd, buffer, length, WHAT, (answer, at, end) -> {});
          forgotten += was ? 1 : 0;
        }
      }
      return forgotten;
    } finally {
      Sockets.close(fd);
    }
  }

  private static List<Tracked> tracked(int fd, MemorySegment buffer, Set<Integer> ports)
      throws LinuxException {
    Set<InetAddress> own = ownAddresses();
    List<Tracked> found = new ArrayList<>();
    int length = HEAD_BYTES + 16;
    Netlink.begin(buffer, length, GET, Netlink.DUMP);
    // Since Linux 5.15 only these are told; before, all are.
    attribute(buffer, HEAD_BYTES, STATUS, 0);
    attribute(buffer, HEAD_BYTES + 8, STATUS_MASK, DESTINATION_CHANGED);
    boolean unused =
        Netlink.ask(
            fd,
            buffer,
            length,
            WHAT,
            (answer, at, end) -> {
              Tracked one = read(answer, at, end, ports, own);
              if (one != null) {
                found.add(one);
              }
            });
    return found;
  }

  private static Set<Ends> alive(Set<Integer> ports) throws LinuxException {
    Set<Ends> alive = new HashSet<>();
    for (int port : ports) {
      for (TcpSocket socket :
          SocketDiagnostics.sockets(
              port,
              SocketDiagnostics.SYN_RECV,
              SocketDiagnostics.ESTABLISHED,
              SocketDiagnostics.FIN_WAIT1,
              SocketDiagnostics.FIN_WAIT2,
              SocketDiagnostics.CLOSE_WAIT,
              SocketDiagnostics.LAST_ACK,
              SocketDiagnostics.CLOSING)) {
        alive.add(new Ends(socket.local(), socket.peer()));
      }
    }
    return alive;
  }

  private static Set<InetAddress> ownAddresses() throws LinuxException {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .map(ConnectionTracking::withoutScope)
          .collect(Collectors.toSet());
    } catch (SocketException e) {
      throw new LinuxException("getifaddrs", "addresses of this host", Errno.EIO);
    }
  }

  private static InetAddress withoutScope(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  private static void attribute(MemorySegment to, long at, int type, int value) {
    to.set(ValueLayout.JAVA_SHORT, at, (short) 8);
    to.set(ValueLayout.JAVA_SHORT, at + 2, (short) type);
    to.set(BIG_INT, at + 4, value);
  }

  private static @Nullable Tracked read(
      MemorySegment in, long body, long end, Set<Integer> ports, Set<InetAddress> own) {
    long from = body + 4;
    long tuple = find(in, from, end, TUPLE_ORIG);
    long proto = find(in, tuple, TUPLE_PROTO);
    long number = find(in, proto, PROTO_NUM);
    long status = find(in, from, end, STATUS);
    InetSocketAddress source = endpoint(in, tuple, proto, IP_SOURCES, PROTO_SRC_PORT);
    InetSocketAddress destination = endpoint(in, tuple, proto, IP_DESTINATIONS, PROTO_DST_PORT);
    if (number < 0
        || status < 0
        || source == null
        || destination == null
        || in.get(ValueLayout.JAVA_BYTE, number + 4) != Sockets.IPPROTO_TCP
        || (in.get(BIG_INT, status + 4) & DESTINATION_CHANGED) != 0) {
      return null;
    }
    if (isOf(destination, ports, own)) {
      return new Tracked(destination, source, name(in, body, end));
    }
    // Met in its middle, by a packet from here.
    return isOf(source, ports, own) ? new Tracked(source, destination, name(in, body, end)) : null;
  }

  private static boolean isOf(InetSocketAddress end, Set<Integer> ports, Set<InetAddress> own) {
    return ports.contains(end.getPort())
        && (end.getAddress().isLoopbackAddress() || own.contains(end.getAddress()));
  }

  private static @Nullable InetSocketAddress endpoint(
      MemorySegment in, long tuple, long proto, int[] addressTypes, int portType) {
    long ip = find(in, tuple, TUPLE_IP);
    long port = find(in, proto, portType);
    for (int type : addressTypes) {
      long at = find(in, ip, type);
      if (at >= 0 && port >= 0) {
        byte[] bytes = in.asSlice(at + 4, length(in, at) - 4).toArray(ValueLayout.JAVA_BYTE);
        try {
          return new InetSocketAddress(
              InetAddress.getByAddress(bytes), in.get(BIG_SHORT, port + 4) & 0xffff);
        } catch (UnknownHostException e) {
          return null; // no address that is known here
        }
      }
    }
    return null;
  }

  /** What an order has to say so that this one connection is meant, struct nfgenmsg first. */
  private static byte[] name(MemorySegment in, long body, long end) {
    byte[] head = in.asSlice(body, 4).toArray(ValueLayout.JAVA_BYTE);
    List<byte[]> parts = new ArrayList<>(List.of(head));
    for (int type : new int[] {TUPLE_ORIG, ID, ZONE}) {
      long at = find(in, body + 4, end, type);
      if (at >= 0) {
        parts.add(in.asSlice(at, padded(length(in, at))).toArray(ValueLayout.JAVA_BYTE));
      }
    }
    byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    int to = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, to, part.length);
      to += part.length;
    }
    return all;
  }

  private static long length(MemorySegment in, long attribute) {
    return in.get(ValueLayout.JAVA_SHORT, attribute) & 0xffff;
  }

  private static long padded(long length) {
    return length + 3 & ~3L;
  }

  /** Where an attribute in another one begins; -1 when there is none, or no other one. */
  private static long find(MemorySegment in, long nest, int type) {
    return nest < 0 ? -1 : find(in, nest + 4, nest + length(in, nest), type);
  }

  private static long find(MemorySegment in, long from, long end, int type) {
    for (long at = from; at + 4 <= end; at += padded(length(in, at))) {
      if (length(in, at) < 4 || at + length(in, at) > end) {
        return -1;
      }
      if ((in.get(ValueLayout.JAVA_SHORT, at + 2) & TYPE_MASK) == type) {
        return at;
      }
    }
    return -1;
  }
}
