package dev.godwit.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;

/**
 * Names of files that are being written: {@code .godwit-} and 32 hexadecimal digits, of which 16
 * are the session's, 8 a counter mixed with chance, and the last 8 a checksum, so that no other
 * program makes such a name by accident. The length does not depend on the final name, which may
 * have 255 bytes already (H4).
 *
 * <p>Several sessions may write to one target, or to targets one of which lies in the other.
 * Whether a name of another session was left by one that was killed, the marks on their roots tell
 * ({@link Handle#mark}).
 */
public final class TemporaryNames {
  private static final byte[] PREFIX = ".godwit-".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGITS = 24;
  private static final int CHECK_DIGITS = 8;
  private static final int SESSION_DIGITS = 16;

  private final byte[] session;
  private final int mask;
  private final AtomicInteger counter = new AtomicInteger();

  public TemporaryNames() {
    session = ascii(HexFormat.of().toHexDigits(KernelRandom.bits()));
    mask = (int) KernelRandom.bits();
  }

  public byte[] next() {
    byte[] body = new byte[DIGITS];
    System.arraycopy(session, 0, body, 0, SESSION_DIGITS);
    byte[] count = ascii(HexFormat.of().toHexDigits(counter.getAndIncrement() ^ mask));
    System.arraycopy(count, 0, body, SESSION_DIGITS, count.length);
    return Names.of(
        new String(PREFIX, StandardCharsets.US_ASCII)
            + new String(body, StandardCharsets.US_ASCII)
            + check(body));
  }

  /** What every such name begins with. */
  public static byte[] prefix() {
    return PREFIX.clone();
  }

  /** Whether a name has this form, of whatever session. */
  public static boolean isTemporary(byte[] name) {
    if (name.length != PREFIX.length + DIGITS + CHECK_DIGITS
        || !Arrays.equals(name, 0, PREFIX.length, PREFIX, 0, PREFIX.length)) {
      return false;
    }
    byte[] body = Arrays.copyOfRange(name, PREFIX.length, PREFIX.length + DIGITS);
    byte[] check = Arrays.copyOfRange(name, PREFIX.length + DIGITS, name.length);
    return Arrays.equals(check, ascii(check(body)));
  }

  /** Whether a path is such a name, or leads through one. */
  public static boolean isInTemporary(byte[] path) {
    return Names.components(path).stream().anyMatch(TemporaryNames::isTemporary);
  }

  /** Whether this session made the name. */
  public boolean isOwn(byte[] name) {
    return isTemporary(name)
        && Arrays.equals(
            name, PREFIX.length, PREFIX.length + SESSION_DIGITS, session, 0, SESSION_DIGITS);
  }

  private static String check(byte[] body) {
    CRC32C sum = new CRC32C();
    sum.update(PREFIX);
    sum.update(body);
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
