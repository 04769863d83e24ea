package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A source or the target as the user wrote it.
 *
 * @param host as for ssh, {@code [user@]host}, an IPv6 address without brackets; empty for the host
 *     of the operand before ({@code :path}); null for this host
 * @param path "." for a host alone
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Operand(@Nullable String host, byte[] path) {
  /** Thrown for what is no operand; the message says why. */
  public static final class OperandException extends Exception {
    private static final long serialVersionUID = 1;

    OperandException(String message) {
      super(message);
    }
  }

  /**
   * {@code host:path}, where no '/' is before the colon, or {@code [address]:path}; anything else
   * is a path on this host.
   */
  public static Operand of(byte[] text) throws OperandException {
    if (startsWith(text, "rsync://")) {
      throw daemon(text);
    }
    int colon = colon(text);
    if (colon < 0) {
      return new Operand(null, text);
    }
    if (colon + 1 < text.length && text[colon + 1] == ':') {
      throw daemon(text);
    }
    String host = host(text, colon);
    byte[] path = Arrays.copyOfRange(text, colon + 1, text.length);
    return new Operand(host, path.length == 0 ? new byte[] {'.'} : path);
  }

  /** Where the host ends; -1 for a path on this host. */
  private static int colon(byte[] text) {
    int from = 0;
    for (int i = 0; i < text.length && text[i] != '/'; i++) {
      if (text[i] == '@') {
        from = i + 1;
      } else if (text[i] == '[' && i == from) {
        int close = i;
        while (close < text.length && text[close] != ']' && text[close] != '/') {
          close++;
        }
        if (close + 1 < text.length && text[close] == ']' && text[close + 1] == ':') {
          return close + 1;
        }
        return -1;
      } else if (text[i] == ':') {
        return i;
      }
    }
    return -1;
  }

  private static String host(byte[] text, int colon) throws OperandException {
    String whole = new String(text, 0, colon, StandardCharsets.UTF_8);
    int userEnd = whole.lastIndexOf('@');
    String host = whole.substring(userEnd + 1);
    if (host.startsWith("-") || whole.startsWith("-")) {
      throw new OperandException(Names.display(text) + ": a host or user may not start with '-'");
    }
    if (userEnd >= 0 && (userEnd == 0 || host.isEmpty())) {
      throw new OperandException(Names.display(text) + ": there is no host or user before the ':'");
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return whole.substring(0, userEnd + 1) + host;
  }

  private static OperandException daemon(byte[] text) {
    return new OperandException(
        Names.display(text)
            + ": Godwit does not talk to rsync daemons; name a host that ssh reaches:"
            + " [USER@]HOST:PATH");
  }

  private static boolean startsWith(byte[] text, String prefix) {
    return text.length >= prefix.length()
        && new String(text, 0, prefix.length(), StandardCharsets.ISO_8859_1)
            .equalsIgnoreCase(prefix);
  }
}
