package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.util.regex.Pattern;

/**
 * Where ssh(1) connects to, in ssh's own words: {@code host}, {@code user@host}, an alias of the
 * user's ssh configuration, or {@code ssh://user@host:port}.
 */
public record SshDestination(String text) {
  /**
   * What names, addresses and aliases are made of; nothing that a shell reads in a ProxyCommand or
   * a Match exec of the user's configuration (H76).
   */
  private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_.:@%\\[\\]/+=~,-]{1,255}");

  public SshDestination {
    if (!isAllowed(text)) {
      throw new IllegalArgumentException(text);
    }
  }

  /**
   * Checks what the user wrote.
   *
   * @throws HostException when the text is no destination
   */
  public static SshDestination parse(String text) throws HostException {
    if (!isAllowed(text)) {
      throw new HostException(
          "'"
              + Printable.line(text, 100)
              + "' is no ssh destination; write it as for ssh itself: host, user@host or"
              + " ssh://user@host:port");
    }
    return new SshDestination(text);
  }

  private static boolean isAllowed(String text) {
    // ssh would take a leading hyphen for an option, in the user's part or as a whole.
    return ALLOWED.matcher(text).matches()
        && !text.startsWith("-")
        && !text.startsWith("ssh://-")
        && !text.contains("@-")
        && !text.endsWith("@");
  }

  @Override
  public String toString() {
    return text;
  }
}
