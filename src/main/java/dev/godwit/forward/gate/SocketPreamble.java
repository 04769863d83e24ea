package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Preamble;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What stands in the place of a {@link Preamble}'s addresses for a client of a unix socket: which
 * socket it asked for, and its user, by name if it has one, else by number.
 *
 * <pre>
 * 40 1 kind 3   41 1 family 1   42 2 zero   44 8 socket   52 4 uid   56 24 user, zeros   80 8 epoch
 * </pre>
 *
 * @param socket a {@link SocketKey}, as hexadecimal digits
 * @param user empty for one without a name
 */
public record SocketPreamble(String socket, int uid, String user, long epoch) {
  static final int USER_BYTES_MAX = 24;
  private static final byte KIND = 3;
  private static final byte FAMILY = 1;
  private static final int KEY_AT = 44;
  private static final int UID_AT = 52;
  private static final int USER_AT = 56;

  static SocketPreamble of(SocketGuest guest, long epoch) {
    return new SocketPreamble(
        HexFormat.of().formatHex(SocketKey.of(guest.asked)), guest.peer.uid(), guest.user, epoch);
  }

  /** Whether a user's name is not too long. */
  static boolean holds(String user) {
    return user.getBytes(StandardCharsets.UTF_8).length <= USER_BYTES_MAX;
  }

  byte[] encode(byte[] secret) {
    byte[] name = user.getBytes(StandardCharsets.UTF_8);
    if (!holds(user)) {
      throw new IllegalArgumentException(
          "the name of user " + user + " has more than " + USER_BYTES_MAX + " bytes");
    }
    ByteBuffer out = ByteBuffer.allocate(Preamble.BYTES);
    out.put(Preamble.magic()).put(secret, 0, Preamble.SECRET_BYTES).put(KIND).put(FAMILY);
    out.put(KEY_AT, HexFormat.of().parseHex(socket)).putInt(UID_AT, uid).put(USER_AT, name);
    out.putLong(Preamble.EPOCH_AT, epoch);
    return out.array();
  }

  /**
   * Reads what a stranger may have sent.
   *
   * @return null when it is not one with this secret
   */
  public static @Nullable SocketPreamble decode(byte[] bytes, byte[] secret) {
    if (!Preamble.isKnown(bytes, secret)) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int length = 0;
    while (length < USER_BYTES_MAX && bytes[USER_AT + length] != 0) {
      length++;
    }
    boolean rest = false;
    for (int i = USER_AT + length; i < Preamble.EPOCH_AT; i++) {
      rest |= bytes[i] != 0;
    }
    if (bytes[40] != KIND || bytes[41] != FAMILY || in.getShort(42) != 0 || rest) {
      return null;
    }
    return new SocketPreamble(
        HexFormat.of().formatHex(Arrays.copyOfRange(bytes, KEY_AT, UID_AT)),
        in.getInt(UID_AT),
        new String(bytes, USER_AT, length, StandardCharsets.UTF_8),
        in.getLong(Preamble.EPOCH_AT));
  }
}
