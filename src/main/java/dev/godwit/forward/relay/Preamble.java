package dev.godwit.forward.relay;

import dev.godwit.linux.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a gate says to a landing before the client's first byte, in 88 bytes: a magic word, the
 * secret, what is wanted, both addresses of the client's connection as the kernel of the gate's
 * host reports them, and the epoch of the decision that sent it. The landing answers in 4 bytes.
 *
 * <pre>
 * 0  8 magic   8 32 secret   40 1 kind   41 1 family   42 2 zero
 * 44 16 client address  60 16 destination address  76 2 client port  78 2 destination port
 * 80 8 epoch
 * </pre>
 */
public record Preamble(
    boolean probe, InetSocketAddress client, InetSocketAddress destination, long epoch) {
  public static final int BYTES = 88;
  public static final int ANSWER_BYTES = 4;
  public static final int SECRET_BYTES = 32;
  public static final int EPOCH_AT = 80;
  private static final byte[] MAGIC = "GODWITL2".getBytes(StandardCharsets.US_ASCII);
  private static final byte KIND_RELAY = 1;
  private static final byte KIND_PROBE = 2;

  /** As it goes over the wire. */
  public byte[] encode(byte[] secret) {
    byte[] from = client.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    if (from.length != to.length) {
      throw new IllegalArgumentException("one connection, two address families");
    }
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    out.put(MAGIC).put(secret, 0, SECRET_BYTES);
    out.put(probe ? KIND_PROBE : KIND_RELAY).put((byte) (from.length == 4 ? 4 : 6));
    out.put(44, from).put(60, to);
    out.putShort(76, (short) client.getPort()).putShort(78, (short) destination.getPort());
    out.putLong(EPOCH_AT, epoch);
    return out.array();
  }

  /**
   * Reads what a stranger may have sent.
   *
   * @return null when it is not a preamble with this secret
   */
  public static @Nullable Preamble decode(byte[] bytes, byte[] secret) {
    if (!isKnown(bytes, secret)) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int kind = bytes[40];
    int length = bytes[41] == 4 ? 4 : bytes[41] == 6 ? 16 : 0;
    if (length == 0 || kind != KIND_RELAY && kind != KIND_PROBE || in.getShort(42) != 0) {
      return null;
    }
    InetSocketAddress client = endpoint(bytes, 44, length, in.getShort(76) & 0xffff);
    InetSocketAddress destination = endpoint(bytes, 60, length, in.getShort(78) & 0xffff);
    boolean mixed = client.getAddress().getClass() != destination.getAddress().getClass();
    return mixed
        ? null
        : new Preamble(kind == KIND_PROBE, client, destination, in.getLong(EPOCH_AT));
  }

  /** Whether it begins as it must; the comparison takes the same time wherever it differs. */
  public static boolean isKnown(byte[] bytes, byte[] secret) {
    boolean known = MessageDigest.isEqual(Arrays.copyOfRange(bytes, 8, 8 + SECRET_BYTES), secret);
    return known && Arrays.equals(bytes, 0, 8, MAGIC, 0, 8);
  }

  /** What every preamble begins with. */
  public static byte[] magic() {
    return MAGIC.clone();
  }

  private static InetSocketAddress endpoint(byte[] bytes, int at, int length, int port) {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(Arrays.copyOfRange(bytes, at, at + length)), port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /** The answer: 0 for connected, else why not. */
  public static byte[] answer(int errno) {
    return new byte[] {'G', 'W', (byte) (errno == 0 ? 0 : 1), (byte) errno};
  }

  /** The errno of an answer; 0 is success. */
  static int answered(MemorySegment answer) {
    if (answer.get(ValueLayout.JAVA_BYTE, 0) != 'G'
        || answer.get(ValueLayout.JAVA_BYTE, 1) != 'W') {
      return Errno.EIO;
    }
    int errno = answer.get(ValueLayout.JAVA_BYTE, 3) & 0xff;
    return answer.get(ValueLayout.JAVA_BYTE, 2) == 0 ? 0 : errno == 0 ? Errno.EIO : errno;
  }
}
