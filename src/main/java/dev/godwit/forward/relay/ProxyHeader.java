package dev.godwit.forward.relay;

import dev.godwit.linux.Sockets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The PROXY header, versions 1 and 2 (haproxy's proxy-protocol.txt). Written from what the kernel
 * said about the client's connection, or from the header of a peer that was named as trusted, never
 * from anything else that a client sent (H49).
 */
public final class ProxyHeader {
  /** The longest that is read: its addresses and TLVs; the format would allow 64 KiB. */
  public static final int BYTES_MAX = 4096;

  /** By the specification, with the line's end. */
  private static final int VERSION_1_BYTES_MAX = 107;

  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final byte[] VERSION_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION_2_HEAD = 16;
  private static final int VERSION_2_LOCAL = 0x20;
  private static final int VERSION_2_PROXY = 0x21;
  private static final int TCP_OVER_IPV4 = 0x11;
  private static final int TCP_OVER_IPV6 = 0x21;
  private static final int TLV_CRC32C = 3;
  private static final int TLV_NOOP = 4;
  private static final byte[] NONE = {};

  /** Says that a client's stream begins as a header does. */
  static final int FORGED = Integer.MAX_VALUE;

  /** Added to what has matched of version 2. */
  private static final int IN_SIGNATURE = 100;

  /**
   * What a header says.
   *
   * @param client null: it speaks of the connection itself (LOCAL, UNKNOWN, no address)
   * @param tlvs as they came, without those that hold for the header's own bytes only
   */
  @SuppressWarnings("ArrayRecordComponent") // opaque bytes; never compared
  public record Announced(
      @Nullable InetSocketAddress client, @Nullable InetSocketAddress destination, byte[] tlvs) {}

  /**
   * How reading came out.
   *
   * @param length of the header, with which the client's own bytes begin; 0: more bytes are needed
   * @param announced null while more bytes are needed
   */
  public record Parsed(int length, @Nullable Announced announced) {
    private static final Parsed MORE = new Parsed(0, null);
  }

  /** The bytes are no PROXY header. */
  public static final class MalformedException extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message);
    }
  }

  /** In front of an IPv4 address in an IPv6 one (RFC 4291). */
  private static final String MAPPED = "::ffff:";

  private ProxyHeader() {}

  /** {@code PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n}. */
  public static byte[] version1(InetSocketAddress client, InetSocketAddress destination) {
    boolean four = isFour(client, destination);
    return ("PROXY "
            + (four ? "TCP4 " : "TCP6 ")
            + literal(client, four)
            + ' '
            + literal(destination, four)
            + ' '
            + client.getPort()
            + ' '
            + destination.getPort()
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** A header is of one family: what a peer announces may be an IPv4 address in an IPv6 one. */
  private static boolean isFour(InetSocketAddress client, InetSocketAddress destination) {
    return client.getAddress() instanceof Inet4Address
        && destination.getAddress() instanceof Inet4Address;
  }

  /** Without the zone of a link-local address, which means nothing elsewhere. */
  private static String literal(InetSocketAddress address, boolean four) {
    String text = Sockets.display(address.getAddress());
    if (!four && address.getAddress() instanceof Inet4Address) {
      return MAPPED + text;
    }
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  private static byte[] bytes(InetSocketAddress address, boolean four) {
    byte[] bytes = address.getAddress().getAddress();
    return four || bytes.length == 16
        ? bytes
        : ByteBuffer.allocate(16).putShort(10, (short) 0xffff).put(12, bytes).array();
  }

  /** For a connection of our own, or one that has no addresses. */
  public static byte[] unknown1() {
    return "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);
  }

  /** In binary, for the connection of a client. */
  public static byte[] version2(InetSocketAddress client, InetSocketAddress destination) {
    return version2(client, destination, NONE);
  }

  /** The same, with fields of a type, a length and a value behind the addresses. */
  public static byte[] version2(
      InetSocketAddress client, InetSocketAddress destination, byte[] tlvs) {
    boolean four = isFour(client, destination);
    byte[] from = bytes(client, four);
    byte[] to = bytes(destination, four);
    int length = 2 * from.length + 4 + tlvs.length;
    return ByteBuffer.allocate(VERSION_2_HEAD + length)
        .put(SIGNATURE)
        .put((byte) VERSION_2_PROXY)
        .put((byte) (four ? TCP_OVER_IPV4 : TCP_OVER_IPV6))
        .putShort((short) length)
        .put(from)
        .put(to)
        .putShort((short) client.getPort())
        .putShort((short) destination.getPort())
        .put(tlvs)
        .array();
  }

  /** For a connection of our own, or one that has no addresses. */
  public static byte[] local2() {
    return ByteBuffer.allocate(VERSION_2_HEAD)
        .put(SIGNATURE)
        .put((byte) VERSION_2_LOCAL)
        .put((byte) 0)
        .putShort((short) 0)
        .array();
  }

  /**
   * Reads a header that must be there.
   *
   * @param bytes the first ones of a connection
   * @param count how many of them have come
   * @throws MalformedException as soon as they cannot become a header any more
   */
  public static Parsed parse(byte[] bytes, int count) throws MalformedException {
    if (count == 0) {
      return Parsed.MORE;
    }
    if (bytes[0] == VERSION_1[0]) {
      return parse1(bytes, count);
    }
    if (begins(bytes, count, SIGNATURE)) {
      return parse2(bytes, count);
    }
    throw new MalformedException("no PROXY header");
  }

  private static boolean begins(byte[] bytes, int count, byte[] start) {
    int length = Math.min(count, start.length);
    return Arrays.equals(bytes, 0, length, start, 0, length);
  }

  private static Parsed parse1(byte[] bytes, int count) throws MalformedException {
    if (!begins(bytes, count, VERSION_1)) {
      throw new MalformedException("no PROXY header");
    }
    int end = -1;
    int looked = Math.min(count, VERSION_1_BYTES_MAX);
    for (int i = 0; i + 1 < looked && end < 0; i++) {
      if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
        end = i;
      }
    }
    if (end < 0) {
      if (count >= VERSION_1_BYTES_MAX) {
        throw new MalformedException("a PROXY line of more than 107 bytes");
      }
      return Parsed.MORE;
    }
    String[] words = new String(bytes, 0, end, StandardCharsets.ISO_8859_1).split(" ", -1);
    int length = end + 2;
    if (words.length >= 2 && words[1].equals("UNKNOWN")) {
      return new Parsed(length, new Announced(null, null, NONE));
    }
    boolean four = words.length == 6 && words[1].equals("TCP4");
    if (words.length != 6 || !(four || words[1].equals("TCP6"))) {
      throw new MalformedException("a malformed PROXY line");
    }
    return new Parsed(
        length,
        announced(address(words[2], words[4], four), address(words[3], words[5], four), NONE));
  }

  /** IPv4 addresses in their mapped form are IPv4 addresses; then both have to be. */
  private static Announced announced(
      InetSocketAddress client, InetSocketAddress destination, byte[] tlvs)
      throws MalformedException {
    if (client.getAddress().getAddress().length != destination.getAddress().getAddress().length) {
      throw new MalformedException("a PROXY header with addresses of two families");
    }
    return new Announced(client, destination, tlvs);
  }

  private static InetSocketAddress address(String host, String port, boolean four)
      throws MalformedException {
    boolean shaped =
        four
            ? host.matches("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}")
            : host.indexOf(':') >= 0 && host.matches("[0-9A-Fa-f:.]{2,39}");
    boolean leading = port.length() > 1 && port.charAt(0) == '0';
    if (!shaped || leading || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
      throw new MalformedException("a malformed PROXY line");
    }
    try {
      // Not getByName: that asks the name service for 1.1.1.256, on the loop's thread.
      return new InetSocketAddress(InetAddress.ofLiteral(host), Integer.parseInt(port));
    } catch (IllegalArgumentException e) {
      throw new MalformedException("a malformed PROXY line");
    }
  }

  private static Parsed parse2(byte[] bytes, int count) throws MalformedException {
    if (count < VERSION_2_HEAD) {
      return Parsed.MORE;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, count).position(SIGNATURE.length);
    int command = in.get() & 0xff;
    int family = in.get() & 0xff;
    int length = in.getShort() & 0xffff;
    if (command != VERSION_2_LOCAL && command != VERSION_2_PROXY) {
      throw new MalformedException("a PROXY header of an unknown version or command");
    }
    if (VERSION_2_HEAD + length > BYTES_MAX) {
      throw new MalformedException("a PROXY header of more than 4,096 bytes");
    }
    if (count < VERSION_2_HEAD + length) {
      return Parsed.MORE;
    }
    int end = VERSION_2_HEAD + length;
    if (command == VERSION_2_LOCAL) {
      return new Parsed(end, new Announced(null, null, NONE));
    }
    int size = family == TCP_OVER_IPV4 ? 4 : family == TCP_OVER_IPV6 ? 16 : 0;
    if (size == 0) {
      return new Parsed(end, new Announced(null, null, NONE)); // unix, datagrams, unspecified
    }
    if (length < 2 * size + 4) {
      throw new MalformedException("a PROXY header that is too short for its addresses");
    }
    byte[] from = new byte[size];
    byte[] to = new byte[size];
    in.get(from).get(to);
    int fromPort = in.getShort() & 0xffff;
    int toPort = in.getShort() & 0xffff;
    try {
      return new Parsed(
          end,
          announced(
              new InetSocketAddress(InetAddress.getByAddress(from), fromPort),
              new InetSocketAddress(InetAddress.getByAddress(to), toPort),
              tlvs(bytes, in.position(), end)));
    } catch (UnknownHostException e) {
      throw new MalformedException("a PROXY header without an address");
    }
  }

  /** Those that may be passed on: not a checksum of the header they came in, and no padding. */
  private static byte[] tlvs(byte[] bytes, int from, int to) throws MalformedException {
    ByteBuffer kept = ByteBuffer.allocate(to - from);
    int at = from;
    while (at < to) {
      if (to - at < 3) {
        throw new MalformedException("a PROXY header whose TLVs do not fit");
      }
      int type = bytes[at] & 0xff;
      int size = 3 + ((bytes[at + 1] & 0xff) << 8 | bytes[at + 2] & 0xff);
      if (size > to - at) {
        throw new MalformedException("a PROXY header whose TLVs do not fit");
      }
      if (type == TLV_CRC32C) {
        checkSum(bytes, at, size, to);
      } else if (type != TLV_NOOP) {
        kept.put(bytes, at, size);
      }
      at += size;
    }
    return Arrays.copyOf(kept.array(), kept.position());
  }

  /** A checksum is of the whole header, with zeros in its own place. */
  private static void checkSum(byte[] bytes, int at, int size, int end) throws MalformedException {
    CRC32C sum = new CRC32C();
    int value = at + 3;
    if (size == 3 + Integer.BYTES) {
      sum.update(bytes, 0, value);
      sum.update(new byte[Integer.BYTES]);
      sum.update(bytes, at + size, end - at - size);
    }
    if (size != 3 + Integer.BYTES || ByteBuffer.wrap(bytes).getInt(value) != (int) sum.getValue()) {
      throw new MalformedException("a PROXY header with a wrong checksum");
    }
  }

  /**
   * How far the first bytes of a stream go along with the beginning of a header.
   *
   * @param matched what this method said of the bytes before these; 0 at first
   * @return something to go on with, {@link #FORGED} for a whole beginning, or -1: it is none
   */
  static int begins(int matched, MemorySegment bytes, long count) {
    int at = matched;
    for (long i = 0; i < count; i++) {
      byte b = bytes.get(ValueLayout.JAVA_BYTE, i);
      if (at == 0 && b == SIGNATURE[0]) {
        at = IN_SIGNATURE;
      }
      byte[] start = at < IN_SIGNATURE ? VERSION_1 : SIGNATURE;
      int index = at % IN_SIGNATURE;
      if (b != start[index]) {
        return -1;
      }
      if (index + 1 == start.length) {
        return FORGED;
      }
      at++;
    }
    return at;
  }
}
