package dev.godwit.address;

import dev.godwit.linux.LinkFrames;
import dev.godwit.linux.LinuxException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the other hosts of a network know of an address: asked before it is taken (RFC 5227, RFC
 * 4862), told afterwards (gratuitous ARP; unsolicited neighbour advertisement, RFC 4861).
 */
final class Neighbours {
  private static final byte[] EVERYBODY = {-1, -1, -1, -1, -1, -1};
  private static final int ETHERNET = 14;
  private static final int IPV6_HEADER = 40;
  private static final int ICMPV6 = 58;
  private static final int SOLICITATION = 135;
  private static final int ADVERTISEMENT = 136;

  private final int index;
  private final byte[] mac;

  /**
   * @param index of the interface
   * @param mac its own Ethernet address
   */
  Neighbours(int index, byte[] mac) {
    this.index = index;
    this.mac = mac.clone();
  }

  /**
   * Asks whether another host has the address.
   *
   * @param limit for an answer; a host on the same network needs a millisecond
   * @return its Ethernet address
   */
  Optional<String> holder(InetAddress address, Duration limit) throws LinuxException {
    boolean four = address instanceof Inet4Address;
    try (LinkFrames frames = new LinkFrames(index, four ? LinkFrames.ARP : LinkFrames.IPV6)) {
      long end = System.nanoTime() + limit.toNanos();
      // Asked three times: a frame may be lost.
      Duration third = limit.dividedBy(3);
      for (int i = 0; i < 3; i++) {
        frames.send(four ? probe4(address) : probe6(address));
        long next = Math.min(end, System.nanoTime() + third.toNanos());
        while (System.nanoTime() < next) {
          ByteBuffer frame =
              frames.receive(Duration.ofNanos(Math.max(1000, next - System.nanoTime())));
          byte[] other =
              frame == null ? null : four ? claim4(frame, address) : claim6(frame, address);
          if (other != null && !Arrays.equals(other, mac)) {
            return Optional.of(HexFormat.ofDelimiter(":").formatHex(other));
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Tells everybody that the address is here. */
  void announce(InetAddress address) throws LinuxException {
    boolean four = address instanceof Inet4Address;
    try (LinkFrames frames = new LinkFrames(index, four ? LinkFrames.ARP : LinkFrames.IPV6)) {
      if (four) {
        // Both forms: there are hosts that heed only one of them.
        frames.send(arp(1, address.getAddress(), new byte[6], address.getAddress()));
        frames.send(arp(2, address.getAddress(), EVERYBODY, address.getAddress()));
      } else {
        frames.send(advertisement(address));
      }
    }
  }

  private byte[] probe4(InetAddress address) {
    return arp(1, new byte[4], new byte[6], address.getAddress());
  }

  private byte[] arp(int operation, byte[] sender, byte[] targetMac, byte[] target) {
    return ByteBuffer.allocate(ETHERNET + 28)
        .put(EVERYBODY)
        .put(mac)
        .putShort((short) LinkFrames.ARP)
        .putShort((short) 1)
        .putShort((short) 0x0800)
        .put((byte) 6)
        .put((byte) 4)
        .putShort((short) operation)
        .put(mac)
        .put(sender)
        .put(targetMac)
        .put(target)
        .array();
  }

  /** The Ethernet address of whoever says that the address is its own. */
  private static byte @Nullable [] claim4(ByteBuffer frame, InetAddress address) {
    if (frame.remaining() < ETHERNET + 28) {
      return null;
    }
    byte[] sender = new byte[4];
    frame.get(ETHERNET + 14, sender);
    if (!Arrays.equals(sender, address.getAddress())) {
      return null;
    }
    byte[] other = new byte[6];
    frame.get(ETHERNET + 8, other);
    return other;
  }

  private byte[] probe6(InetAddress address) {
    byte[] target = address.getAddress();
    byte[] group = new byte[16];
    group[0] = (byte) 0xff;
    group[1] = 2;
    group[11] = 1;
    group[12] = (byte) 0xff;
    System.arraycopy(target, 13, group, 13, 3);
    byte[] groupMac = {0x33, 0x33, (byte) 0xff, target[13], target[14], target[15]};
    ByteBuffer body = ByteBuffer.allocate(24);
    body.put((byte) SOLICITATION).put((byte) 0).putShort((short) 0).putInt(0).put(target);
    return frame6(groupMac, new byte[16], group, body.array());
  }

  private byte[] advertisement(InetAddress address) {
    byte[] group = new byte[16];
    group[0] = (byte) 0xff;
    group[1] = 2;
    group[15] = 1;
    ByteBuffer body = ByteBuffer.allocate(32);
    body.put((byte) ADVERTISEMENT).put((byte) 0).putShort((short) 0);
    body.putInt(0x20000000); // override what is known
    body.put(address.getAddress()).put((byte) 2).put((byte) 1).put(mac);
    return frame6(new byte[] {0x33, 0x33, 0, 0, 0, 1}, address.getAddress(), group, body.array());
  }

  private byte[] frame6(byte[] toMac, byte[] from, byte[] to, byte[] body) {
    ByteBuffer sum = ByteBuffer.allocate(40 + body.length);
    sum.put(from).put(to).putInt(body.length).putInt(ICMPV6).put(body);
    int checksum = checksum(sum.array());
    body[2] = (byte) (checksum >> 8);
    body[3] = (byte) checksum;
    return ByteBuffer.allocate(ETHERNET + IPV6_HEADER + body.length)
        .put(toMac)
        .put(mac)
        .putShort((short) LinkFrames.IPV6)
        .putInt(0x60000000)
        .putShort((short) body.length)
        .put((byte) ICMPV6)
        .put((byte) 255)
        .put(from)
        .put(to)
        .put(body)
        .array();
  }

  /** RFC 1071, of an even number of bytes. */
  static int checksum(byte[] bytes) {
    long sum = 0;
    for (int i = 0; i < bytes.length; i += 2) {
      sum += (bytes[i] & 0xff) << 8 | bytes[i + 1] & 0xff;
    }
    while (sum >> 16 != 0) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (int) (~sum & 0xffff);
  }

  private static byte @Nullable [] claim6(ByteBuffer frame, InetAddress address) {
    if (frame.remaining() < ETHERNET + IPV6_HEADER + 24
        || frame.get(ETHERNET + 6) != ICMPV6
        || (frame.get(ETHERNET + IPV6_HEADER) & 0xff) != ADVERTISEMENT) {
      return null;
    }
    byte[] target = new byte[16];
    frame.get(ETHERNET + IPV6_HEADER + 8, target);
    if (!Arrays.equals(target, address.getAddress())) {
      return null;
    }
    byte[] other = new byte[6];
    frame.get(6, other);
    return other;
  }
}
