package dev.godwit.cli.sync;

import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The form of a line for a name: the text of {@code --out-format} or {@code --log-file-format} with
 * the escapes of "log format" in rsyncd.conf(5).
 */
final class LineFormat {
  private static final HexFormat HEX = HexFormat.of();

  /**
   * A text, or one escape.
   *
   * @param letter 0 for a text
   * @param width columns at least
   * @param human as {@link Figures}
   */
  private record Piece(byte[] text, char letter, int width, boolean left, int human) {}

  private final List<Piece> pieces = new ArrayList<>();

  LineFormat(byte[] format) {
    int from = 0;
    for (int i = 0; i < format.length; i++) {
      if (format[i] != '%') {
        continue;
      }
      int end = escapeEnd(format, i);
      if (end < 0) {
        continue;
      }
      text(format, from, i);
      escape(format, i, end);
      i = end;
      from = end + 1;
    }
    text(format, from, format.length);
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** Whether a line says itself that something was removed (%i, %o). */
  boolean tellsRemovals() {
    return has('i') || has('o');
  }

  /** Whether a line says what is known when the content has come (%b, %c, %C). */
  boolean isOfAfterwards() {
    return has('b') || has('c') || has('C');
  }

  boolean has(char letter) {
    for (Piece piece : pieces) {
      if (piece.letter() == letter) {
        return true;
      }
    }
    return false;
  }

  private void text(byte[] format, int from, int to) {
    if (to > from) {
      byte[] text = java.util.Arrays.copyOfRange(format, from, to);
      pieces.add(new Piece(text, (char) 0, 0, false, 0));
    }
  }

  /** Where the letter of the escape is; -1 when there is none. */
  private static int escapeEnd(byte[] format, int percent) {
    int at = percent + 1;
    while (at < format.length && (format[at] == '\'' || format[at] == '-')) {
      at++;
    }
    while (at < format.length && format[at] >= '0' && format[at] <= '9') {
      at++;
    }
    while (at < format.length && format[at] == '\'') {
      at++;
    }
    // What only a daemon knows stays as it is.
    return at < format.length && "bBcCfGilLmMnoptU%".indexOf(format[at]) >= 0 ? at : -1;
  }

  private void escape(byte[] format, int percent, int end) {
    int width = 0;
    int human = 0;
    boolean left = false;
    for (int i = percent + 1; i < end; i++) {
      if (format[i] == '\'') {
        human++;
      } else if (format[i] == '-') {
        left = true;
      } else {
        width = Math.min(width * 10 + format[i] - '0', 1000);
      }
    }
    if (format[end] == '%') {
      text(new byte[] {'%'}, 0, 1);
    } else {
      pieces.add(new Piece(new byte[0], (char) format[end], width, left, human));
    }
  }

  /** Adds the line without its end. */
  void add(ByteText to, Item item, LineContext context) {
    add(to, item, context, context.escaper());
  }

  /** The same, with names escaped in another way. */
  void add(ByteText to, Item item, LineContext context, Escaper escaper) {
    for (Piece piece : pieces) {
      if (piece.letter() == 0) {
        to.add(piece.text());
      } else {
        int from = to.length();
        add(to, piece, item, context, escaper);
        int width = piece.width();
        if (width > 0) {
          width += escaped(piece, item, context, to.length() - from);
        }
        to.pad(from, width, piece.left());
      }
    }
  }

  /** How many bytes were added by escaping a name: the width is that of the name itself. */
  private static int escaped(Piece piece, Item item, LineContext context, int length) {
    byte @Nullable [] link = item.link();
    return switch (piece.letter()) {
      case 'f' ->
          length
              - (item.change().has(Change.DELETED)
                  ? item.path().length
                  : context.sourcePath(item).length);
      case 'L' -> link == null ? 0 : length - " -> ".length() - link.length;
      case 'n' -> length - item.path().length - (item.kind() == Item.Kind.DIRECTORY ? 1 : 0);
      default -> 0;
    };
  }

  private static void add(
      ByteText to, Piece piece, Item item, LineContext context, Escaper escaper) {
    boolean gone = item.change().has(Change.DELETED);
    switch (piece.letter()) {
      case 'b' -> Figures.number(to, gone ? 0 : item.bytesMoved(), piece.human());
      case 'B' -> permissions(to, gone ? 0 : item.mode());
      // Block sums of a basis are not sent on their own.
      case 'c' -> Figures.number(to, 0, piece.human());
      case 'C' -> sum(to, item.sum(), context.sumDigits());
      case 'f' -> escaper.name(to, gone ? item.path() : context.sourcePath(item));
      case 'G' -> {
        if (context.keepsGroup()) {
          to.add(gone ? 0 : item.gid() & 0xffffffffL);
        } else {
          to.add("DEFAULT");
        }
      }
      case 'i' -> to.add(item.change().letters(item.kind(), context.sends()));
      case 'l' -> Figures.number(to, gone ? 0 : item.size(), piece.human());
      case 'L' -> link(to, item, escaper);
      case 'm' -> {}
      case 'M' -> context.clock().add(to, gone ? 0 : item.mtimeSeconds(), '-');
      case 'n' -> name(to, item, escaper);
      case 'o' -> to.add(gone ? "del." : context.operation());
      case 'p' -> to.add(RawProcess.number());
      case 't' -> context.clock().add(to, System.currentTimeMillis() / 1000, ' ');
      case 'U' -> to.add(gone || !context.keepsOwner() ? 0 : item.uid() & 0xffffffffL);
      default -> throw new AssertionError(piece.letter());
    }
  }

  /** A directory's ends with '/'. */
  static void name(ByteText to, Item item, Escaper escaper) {
    escaper.name(to, item.path());
    if (item.kind() == Item.Kind.DIRECTORY) {
      to.add((byte) '/');
    }
  }

  static void link(ByteText to, Item item, Escaper escaper) {
    byte @Nullable [] link = item.link();
    if (link == null) {
      return;
    }
    if (item.change().has(Change.RENAMED)) {
      to.add(" <- ");
    } else {
      boolean isText = item.kind() == Item.Kind.SYMLINK && !item.change().has(Change.HARD_LINK);
      to.add(isText ? " -> " : " => ");
    }
    escaper.name(to, link);
  }

  private static void sum(ByteText to, byte @Nullable [] sum, int digits) {
    if (sum == null) {
      to.pad(to.length(), digits, true);
    } else {
      to.add(HEX.formatHex(sum));
    }
  }

  /** As ls(1), without the letter of the type. */
  static void permissions(ByteText to, int mode) {
    for (int shift = 6; shift >= 0; shift -= 3) {
      int bits = mode >> shift & 7;
      boolean special = (mode & (shift == 6 ? 04000 : shift == 3 ? 02000 : 01000)) != 0;
      char set = shift == 0 ? 't' : 's';
      char executes = (bits & 1) != 0 ? 'x' : '-';
      if (special) {
        executes = (bits & 1) != 0 ? set : Character.toUpperCase(set);
      }
      to.add((byte) ((bits & 4) != 0 ? 'r' : '-'));
      to.add((byte) ((bits & 2) != 0 ? 'w' : '-'));
      to.add((byte) executes);
    }
  }
}
