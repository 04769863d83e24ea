package dev.godwit.sync.rules;

import dev.godwit.linux.Names;

/** How much may be sent in a second, in the words of {@code --bwlimit}. */
public final class Bandwidth {
  private Bandwidth() {}

  /**
   * Reads a rate: KiB a second, unless a unit says otherwise; 0 for no limit.
   *
   * @return in bytes a second, whole KiB of them
   * @throws IllegalArgumentException with what is wrong with it, to come after the text
   */
  public static long of(String text) {
    try {
      return of(Names.of(text));
    } catch (Numbers.NumberException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  static long of(byte[] text) throws Numbers.NumberException {
    long bytes = Numbers.size(text, 1024);
    if (bytes > 0 && bytes < 512) {
      throw new Numbers.NumberException(
          "is too small; at least 512 bytes a second, 0 for no limit");
    }
    // As in rsync, in whole KiB.
    return Math.addExact(Math.min(bytes, Long.MAX_VALUE - 1024), 512) / 1024 * 1024;
  }
}
