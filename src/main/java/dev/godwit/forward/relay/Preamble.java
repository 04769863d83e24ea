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
    Kind kind, InetSocketAddress client, InetSocketAddress destination, long epoch) {
  public static final int BYTES = 88;
  public static final int ANSWER_BYTES = 4;
  public static final int SECRET_BYTES = 32;
  public static final int EPOCH_AT = 80;
  private static final byte[] MAGIC = "GODWITL2".getBytes(StandardCharsets.US_ASCII);

  /** What is wanted. */
  public enum Kind {
    RELAY(1),
    /** An answer. */
    PROBE(2),
    /** To know that clients were released. */
    RELEASED(4),
    /** An answer when nothing runs any more that was started for a release. */
    WITHDRAWN(5);

    /** Over the wire; 3 is a client of a unix socket, which has a preamble of its own. */
    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    private static @Nullable Kind of(byte code) {
      return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst().orElse(null);
    }
  }

  /** A word of the gate itself, of whom nobody is a client. */
  public static Preamble word(Kind kind, long epoch) {
    InetSocketAddress none = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0);
    return new Preamble(kind, none, none, epoch);
  }

  /** As it goes over the wire. */
  public byte[] encode(byte[] secret) {
    byte[] from = client.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    if (from.length != to.length) {
      throw new IllegalArgumentException("one connection, two address families");
    }
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    out.put(MAGIC).put(secret, 0, SECRET_BYTES);
    out.put(kind.code).put((byte) (from.length == 4 ? 4 : 6));
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
    Kind kind = Kind.of(bytes[40]);
    int length = bytes[41] == 4 ? 4 : bytes[41] == 6 ? 16 : 0;
    if (length == 0 || kind == null || in.getShort(42) != 0) {
      return null;
    }
    InetSocketAddress client = endpoint(bytes, 44, length, in.getShort(76) & 0xffff);
    InetSocketAddress destination = endpoint(bytes, 60, length, in.getShort(78) & 0xffff);
    boolean mixed = client.getAddress().getClass() != destination.getAddress().getClass();
    return mixed ? null : new Preamble(kind, client, destination, in.getLong(EPOCH_AT));
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
    return answered(answer.asSlice(0, ANSWER_BYTES).toArray(ValueLayout.JAVA_BYTE));
  }

  /** The same. */
  public static int answered(byte[] answer) {
    if (answer[0] != 'G' || answer[1] != 'W') {
      return Errno.EIO;
    }
    int errno = answer[3] & 0xff;
    return answer[2] == 0 ? 0 : errno == 0 ? Errno.EIO : errno;
  }
}
