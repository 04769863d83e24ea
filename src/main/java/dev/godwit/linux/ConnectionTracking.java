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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel's packet filter remembers of TCP connections in this network namespace
 * (nf_conntrack, asked by {@code NETLINK_NETFILTER}: linux/netfilter/nfnetlink_conntrack.h).
 */
public final class ConnectionTracking {
  // Types of messages: the subsystem in the upper byte.
  private static final int GET = 1 << 8 | 1;
  private static final int DELETE = 1 << 8 | 2;

  /** The message's header and struct nfgenmsg. */
  private static final int HEAD_BYTES = Netlink.HEADER_BYTES + 4;

  // Attributes (CTA_*), nested ones below those that they are in.
  private static final int TUPLE_ORIG = 1;
  private static final int TUPLE_REPLY = 2;
  private static final int TUPLE_IP = 1;
  private static final int[] IP_SOURCES = {1, 3}; // of IPv4 and IPv6
  private static final int[] IP_DESTINATIONS = {2, 4};
  private static final int TUPLE_PROTO = 2;
  private static final int PROTO_NUM = 1;
  private static final int PROTO_SRC_PORT = 2;
  private static final int PROTO_DST_PORT = 3;
  private static final int STATUS = 3;
  private static final int PROTOINFO = 4;
  private static final int PROTOINFO_TCP = 1;
  private static final int TCP_STATE = 1;
  private static final int ID = 12;
  private static final int ZONE = 18;

  private static final int TYPE_MASK = 0x3fff;
  private static final int DESTINATION_CHANGED = 1 << 5; // IPS_DST_NAT

  /** States of TCP in which a connection has ended, or is about to: LAST_ACK, TIME_WAIT, CLOSE. */
  private static final Set<Integer> OVER = Set.of(6, 7, 8);

  private static final String WHAT = "connection tracking";

  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private ConnectionTracking() {}

  /** The ends of a connection, as a socket of the first one's host has them. */
  private record Ends(InetSocketAddress local, InetSocketAddress peer) {}

  /**
   * What is remembered of a connection.
   *
   * @param asked who began, and whom it asked for
   * @param answers where the answers come from, and go to: another host or port than asked for,
   *     where the connection was redirected or handed over
   * @param over whether it has ended, or is about to
   */
  private record Tracked(Ends asked, Ends answers, boolean changed, boolean over) {

    /** Whether it was handed over to where its port leads. */
    boolean isHandedOver(Map<Integer, InetSocketAddress> to) {
      return changed && answers.local.equals(to.get(asked.peer.getPort()));
    }
  }

  /** What an order to forget a connection has to say. */
  @SuppressWarnings("ArrayRecordComponent") // each is made once
  private record Name(byte[] bytes) {}

  /**
   * Has connections to ports of this host forgotten that no socket of this host belongs to any
   * more, those too that were redirected to another port of it. The kernel takes a new connection
   * between the same two ports for the same one, unless it has seen the first one end properly: no
   * rule for new connections sees it, and it is redirected if the first one was, even when it was
   * already under way before anything was tracked again. The kernel has not seen the end where
   * nothing was tracked when a connection began (of an ended one the last acknowledgement alone is
   * met, and kept for five minutes) or when it ended (it is kept for five days).
   *
   * @return how many there were
   * @throws LinuxException such as EPERM without CAP_NET_ADMIN, or EINVAL where the kernel has no
   *     nf_conntrack_netlink
   */
  public static int forgetEnded(Set<Integer> ports) throws LinuxException {
    Set<InetAddress> own = ownAddresses();
    return forget(one -> endsHere(one, ports, own), ConnectionTracking::spareLiving);
  }

  /** The same of all connections that somebody has begun to an address of this host. */
  public static int forgetEnded(InetAddress address) throws LinuxException {
    return forget(
        one -> !one.changed && one.asked.peer.getAddress().equals(address) ? one.answers : null,
        ConnectionTracking::spareLiving);
  }

  /**
   * Has connections forgotten that were handed over to other hosts, ended or not.
   *
   * @param to where they went, by the port that was asked for
   * @return how many there were
   * @throws LinuxException as for {@link #forgetEnded}
   */
  public static int forgetHandedOver(Map<Integer, InetSocketAddress> to) throws LinuxException {
    return forget(one -> one.isHandedOver(to) ? one.answers : null, ends -> {});
  }

  /**
   * Connections that were handed over to other hosts and have not ended.
   *
   * @param to where they went, by the port that was asked for
   * @throws LinuxException as for {@link #forgetEnded}
   */
  public static int handedOver(Map<Integer, InetSocketAddress> to) throws LinuxException {
    int fd = Netlink.open(Netlink.NETFILTER, "NETLINK_NETFILTER");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      return chosen(fd, buffer, one -> one.isHandedOver(to) && !one.over ? one.answers : null)
          .size();
    } finally {
      Sockets.close(fd);
    }
  }

  /** Which connections are meant: their ends as some socket would have them; null for others. */
  private interface Choice {
    @Nullable Ends of(Tracked one);
  }

  private interface Sparing {
    void removeFrom(Map<Name, Ends> chosen) throws LinuxException;
  }

  private static int forget(Choice choice, Sparing sparing) throws LinuxException {
    int fd = Netlink.open(Netlink.NETFILTER, "NETLINK_NETFILTER");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Map<Name, Ends> chosen = chosen(fd, buffer, choice);
      sparing.removeFrom(chosen);
      int forgotten = 0;
      for (Name one : chosen.keySet()) {
        int length = Netlink.HEADER_BYTES + one.bytes.length;
        Netlink.begin(buffer, length, DELETE, Netlink.ORDER);
        MemorySegment.copy(
            one.bytes, 0, buffer, ValueLayout.JAVA_BYTE, Netlink.HEADER_BYTES, one.bytes.length);
        boolean was = Netlink.ask(fd, buffer, length, WHAT, (answer, at, end) -> {});
        forgotten += was ? 1 : 0;
      }
      return forgotten;
    } finally {
      Sockets.close(fd);
    }
  }

  private static Map<Name, Ends> chosen(int fd, MemorySegment buffer, Choice choice)
      throws LinuxException {
    Map<Name, Ends> chosen = new HashMap<>();
    Netlink.begin(buffer, HEAD_BYTES, GET, Netlink.DUMP);
    boolean told =
        Netlink.ask(
            fd,
            buffer,
            HEAD_BYTES,
            WHAT,
            (answer, at, end) -> {
              Tracked one = read(answer, at, end);
              Ends ends = one == null ? null : choice.of(one);
              if (ends != null) {
                chosen.put(name(answer, at, end), ends);
              }
            });
    if (!told) {
      throw new LinuxException("netlink", WHAT, Errno.ENOENT);
    }
    return chosen;
  }

  /** As a socket of this host has them; null when it is none of these ports' connections. */
  private static @Nullable Ends endsHere(Tracked one, Set<Integer> ports, Set<InetAddress> own) {
    if (isOf(one.asked.peer, ports, own)) {
      return !one.changed || isOwn(one.answers.local, own) ? one.answers : null;
    }
    // Met in its middle, by a packet from here.
    return !one.changed && isOf(one.asked.local, ports, own) ? one.asked : null;
  }

  private static void spareLiving(Map<Name, Ends> chosen) throws LinuxException {
    Set<Integer> ports =
        chosen.values().stream().map(ends -> ends.local.getPort()).collect(Collectors.toSet());
    // Asked for after them: what began meanwhile is not among the chosen.
    Set<Ends> alive = new HashSet<>();
    for (int port : ports) {
      for (TcpSocket socket : SocketDiagnostics.connections(port)) {
        alive.add(new Ends(socket.local(), socket.peer()));
      }
    }
    chosen.values().removeAll(alive);
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

  private static @Nullable Tracked read(MemorySegment in, long body, long end) {
    long from = body + 4;
    long status = find(in, from, end, STATUS);
    Ends asked = ends(in, find(in, from, end, TUPLE_ORIG));
    Ends answers = ends(in, find(in, from, end, TUPLE_REPLY));
    if (status < 0 || asked == null || answers == null) {
      return null;
    }
    boolean changed = (in.get(BIG_INT, status + 4) & DESTINATION_CHANGED) != 0;
    return new Tracked(asked, answers, changed, isOver(in, find(in, from, end, PROTOINFO)));
  }

  private static boolean isOver(MemorySegment in, long info) {
    long state = find(in, find(in, info, PROTOINFO_TCP), TCP_STATE);
    return state >= 0 && OVER.contains((int) in.get(ValueLayout.JAVA_BYTE, state + 4));
  }

  /** From a tuple; null when it is none of TCP. */
  private static @Nullable Ends ends(MemorySegment in, long tuple) {
    long proto = find(in, tuple, TUPLE_PROTO);
    long number = find(in, proto, PROTO_NUM);
    if (number < 0 || in.get(ValueLayout.JAVA_BYTE, number + 4) != Sockets.IPPROTO_TCP) {
      return null;
    }
    InetSocketAddress source = endpoint(in, tuple, proto, IP_SOURCES, PROTO_SRC_PORT);
    InetSocketAddress destination = endpoint(in, tuple, proto, IP_DESTINATIONS, PROTO_DST_PORT);
    return source == null || destination == null ? null : new Ends(source, destination);
  }

  private static boolean isOf(InetSocketAddress end, Set<Integer> ports, Set<InetAddress> own) {
    return ports.contains(end.getPort()) && isOwn(end, own);
  }

  private static boolean isOwn(InetSocketAddress end, Set<InetAddress> own) {
    return end.getAddress().isLoopbackAddress() || own.contains(end.getAddress());
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
  private static Name name(MemorySegment in, long body, long end) {
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
    return new Name(all);
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
