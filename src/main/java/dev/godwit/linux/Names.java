package dev.godwit.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Names of files are bytes (H4): any but NUL and '/', in no particular encoding. This class checks
 * them and makes them fit for people's eyes (H46).
 */
public final class Names {
  /** The longest name that Linux allows, in bytes (NAME_MAX). */
  public static final int NAME_BYTES_MAX = 255;

  private static final HexFormat HEX = HexFormat.of();

  private Names() {}

  /** The UTF-8 bytes of a text. */
  public static byte[] of(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Whether this is one component that names something inside a directory: not empty, not "." or
   * "..", without '/' and NUL, at most 255 bytes. What a peer sends must pass this (H38).
   */
  public static boolean isComponent(byte[] name) {
    return isComponent(name, 0, name.length);
  }

  static boolean isComponent(byte[] name, int from, int to) {
    int length = to - from;
    if (length < 1 || length > NAME_BYTES_MAX) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (name[i] == 0 || name[i] == '/') {
        return false;
      }
    }
    return !(name[from] == '.' && (length == 1 || length == 2 && name[from + 1] == '.'));
  }

  /** What is between the '/' of a path, unchecked; an empty path has nothing. */
  public static List<byte[]> components(byte[] path) {
    List<byte[]> names = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= path.length && path.length > 0; i++) {
      if (i == path.length || path[i] == '/') {
        names.add(Arrays.copyOfRange(path, from, i));
        from = i + 1;
      }
    }
    return names;
  }

  /** Whether a path has components alone: what it names is below where it begins. */
  public static boolean isPathBelow(byte[] path) {
    int from = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i == path.length || path[i] == '/') {
        if (!isComponent(path, from, i)) {
          return false;
        }
        from = i + 1;
      }
    }
    return true;
  }

  /**
   * For people: valid UTF-8 is shown as it is; control characters, invisible and direction-changing
   * ones, and bytes that are not UTF-8 appear as {@code \xNN}, a backslash as {@code \\}. The
   * result is one line and says which bytes the name has.
   */
  public static String display(byte[] name) {
    StringBuilder shown = new StringBuilder(name.length);
    int i = 0;
    while (i < name.length) {
      int length = sequenceLength(name, i);
      if (length == 0) {
        escape(shown, name, i, 1);
        i++;
        continue;
      }
      int character = new String(name, i, length, StandardCharsets.UTF_8).codePointAt(0);
      if (character == '\\') {
        shown.append("\\\\");
      } else if (isShown(character)) {
        shown.appendCodePoint(character);
      } else {
        escape(shown, name, i, length);
      }
      i += length;
    }
    return shown.toString();
  }

  /** Whether a code point can be shown as it is: neither a control nor invisible (H46). */
  public static boolean isShown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static void escape(StringBuilder shown, byte[] name, int from, int count) {
    for (int i = from; i < from + count; i++) {
      shown.append("\\x").append(HEX.toHexDigits(name[i]));
    }
  }

  /** How many bytes the UTF-8 sequence at {@code at} has; 0 when there is none (RFC 3629). */
  private static int sequenceLength(byte[] name, int at) {
    int first = name[at] & 0xff;
    if (first < 0x80) {
      return 1;
    }
    int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > name.length) {
      return 0;
    }
    int second = name[at + 1] & 0xff;
    int lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) {
      return 0;
    }
    for (int i = 2; i < length; i++) {
      if ((name[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
