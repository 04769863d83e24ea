package dev.godwit.cli.sync;

/**
 * Makes names fit for output as rsync(1) does: what cannot be shown becomes {@code \#ooo}, a byte
 * in octal; a backslash becomes {@code \#134} where it could be taken for that. Besides what rsync
 * escapes, DEL and characters that are invisible or change the direction of text are escaped, as
 * they can make a terminal or a log lie (H46).
 */
enum Escaper {
  /** Valid UTF-8 is shown. */
  UTF_8,
  /** Bytes above 127 are escaped: the locale cannot show them. */
  ASCII,
  /** Bytes above 127 are left as they are (-8). */
  EIGHT_BIT,
  /** For logs, which know no locale: bytes above 127 but those of the C1 controls. */
  LOG;

  /** By the variables of locale(7). */
  static Escaper ofLocale(String charset, boolean eightBit) {
    if (eightBit) {
      return EIGHT_BIT;
    }
    String upper = charset.toUpperCase(java.util.Locale.ROOT);
    return upper.contains("UTF-8") || upper.contains("UTF8") ? UTF_8 : ASCII;
  }

  void name(ByteText to, byte[] name) {
    for (int i = 0; i < name.length; i++) {
      int c = name[i] & 0xff;
      if (c >= 0x80) {
        if (this == UTF_8) {
          int length = shownSequence(name, i);
          if (length > 0) {
            to.add(name, i, length);
            i += length - 1;
            continue;
          }
        } else if (this == EIGHT_BIT || this == LOG && c >= 0xa0) {
          to.add(name[i]);
          continue;
        }
        octal(to, c);
      } else if (c < 0x20 && c != '\t' || c == 0x7f || c == '\\' && isEscape(name, i)) {
        octal(to, c);
      } else {
        to.add(name[i]);
      }
    }
  }

  private static void octal(ByteText to, int c) {
    to.add((byte) '\\').add((byte) '#');
    to.add((byte) ('0' + (c >> 6)));
    to.add((byte) ('0' + (c >> 3 & 7)));
    to.add((byte) ('0' + (c & 7)));
  }

  private static boolean isEscape(byte[] name, int at) {
    return at + 4 < name.length
        && name[at + 1] == '#'
        && isDigit(name[at + 2])
        && isDigit(name[at + 3])
        && isDigit(name[at + 4]);
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  /** How many bytes the character here has; 0 when it is none (RFC 3629), or is not shown. */
  private static int shownSequence(byte[] name, int at) {
    int first = name[at] & 0xff;
    int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > name.length) {
      return 0;
    }
    int character = first & 0x7f >> length;
    for (int i = 1; i < length; i++) {
      int next = name[at + i] & 0xff;
      if ((next & 0xc0) != 0x80) {
        return 0;
      }
      character = character << 6 | next & 0x3f;
    }
    boolean isShortest = character >= (length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80);
    if (!isShortest || character > 0x10ffff || character >= 0xd800 && character < 0xe000) {
      return 0;
    }
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          0;
      default -> length;
    };
  }
}
