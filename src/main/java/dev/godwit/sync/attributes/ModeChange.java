package dev.godwit.sync.attributes;

import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a mode as chmod(1) and {@code rsync --chmod} write them: {@code Dg+s,ug+w,Fo-w,+X},
 * {@code D2775,F664}, {@code g=u}. Immutable.
 *
 * <p>What rsync 3.5.0 does where its manual is silent: {@code X} asks for the mode before all
 * changes, except behind {@code -}, and {@code x} beside it in one item means nothing; a bare
 * {@code +s} is setuid only, and forgets a {@code t} before it; {@code =} with rwxX leaves setuid,
 * setgid and sticky; with {@code t} it clears the setuid of {@code u} and the setgid of {@code g},
 * with a copy ({@code u=g}) the special bit of each class it sets.
 */
public final class ModeChange {
  /** Changes nothing. */
  public static final ModeChange NONE = new ModeChange(new Item[0]);

  private static final int SETUID = 04000;
  private static final int SETGID = 02000;
  private static final int STICKY = 01000;
  private static final int EXECUTE = 0111;
  private static final int ALL = 0777;

  /**
   * One item.
   *
   * @param operator '+', '-' or '='; '=' with {@code bits} and no classes for an octal number
   * @param scope the rwx bits of the classes that it acts on, without those that the mask keeps
   * @param cleared what '=' clears first
   * @param bits to set or clear, within the scope; with setuid, setgid and sticky
   * @param ifExecutable that its x bits count for directories and executable files only
   * @param copiedShift where the class that is copied has its bits; -1: none is copied
   */
  private record Item(
      boolean directories,
      boolean files,
      char operator,
      int scope,
      int cleared,
      int bits,
      boolean ifExecutable,
      int copiedShift) {

    int apply(int mode, int original, boolean isDirectory) {
      int change = bits;
      if (copiedShift >= 0) {
        change = (mode >> copiedShift & 7) * EXECUTE & scope;
      } else if (ifExecutable && (operator == '-' || isDirectory || (original & EXECUTE) != 0)) {
        change |= EXECUTE & scope;
      }
      return switch (operator) {
        case '+' -> mode | change;
        case '-' -> mode & ~change;
        default -> mode & ~cleared | change;
      };
    }
  }

  private final Item[] items;

  private ModeChange(Item[] items) {
    this.items = items;
  }

  /**
   * Reads what one or several {@code --chmod} say; each adds to those before it.
   *
   * @param mask the process's umask: of an item without u, g, o or a, the bits in it stay as they
   *     are
   * @throws IllegalArgumentException with a message for the user
   */
  public static ModeChange parse(List<String> texts, int mask) {
    if (texts.isEmpty()) {
      return NONE;
    }
    List<Item> items = new ArrayList<>();
    for (String text : texts) {
      for (String item : text.split(",", -1)) {
        items.add(new Reader(text, item, mask).read());
      }
    }
    return new ModeChange(items.toArray(new Item[0]));
  }

  /**
   * The mode after the changes.
   *
   * @param mode as st_mode; what is above the lower 12 bits stays
   */
  public int apply(int mode, boolean isDirectory) {
    int changed = mode;
    for (Item item : items) {
      if (isDirectory ? item.directories() : item.files()) {
        changed = item.apply(changed, mode, isDirectory);
      }
    }
    return changed;
  }

  /** Reads one item. */
  private static final class Reader {
    private final String whole;
    private final String item;
    private final int mask;
    private int at;

    Reader(String whole, String item, int mask) {
      this.whole = whole;
      this.item = item;
      this.mask = mask;
    }

    Item read() {
      boolean directories = true;
      boolean files = true;
      boolean hasClass = false;
      int classes = 0;
      for (; at < item.length() && "DFugoa".indexOf(item.charAt(at)) >= 0; at++) {
        switch (item.charAt(at)) {
          case 'D' -> files = false;
          case 'F' -> directories = false;
          default -> {
            hasClass = true;
            classes |= classOf(item.charAt(at));
          }
        }
      }
      if (!directories && !files || at == item.length()) {
        throw malformed();
      }
      if (item.charAt(at) >= '0' && item.charAt(at) <= '7' && !hasClass) {
        int mode = octal();
        return new Item(directories, files, '=', 0, 07777, mode, false, -1);
      }
      char operator = item.charAt(at++);
      if ("+-=".indexOf(operator) < 0) {
        throw malformed();
      }
      int scope = hasClass ? classes : ALL & ~mask;
      int cleared = hasClass ? classes : ALL;
      int copied = copiedShift();
      if (copied >= 0) {
        return new Item(
            directories, files, operator, scope, cleared | specials(cleared), 0, false, copied);
      }
      return letters(directories, files, operator, hasClass ? classes : 0, scope, cleared);
    }

    private Item letters(
        boolean directories, boolean files, char operator, int classes, int scope, int cleared) {
      int bits = 0;
      int special = 0;
      boolean ifExecutable = false;
      for (; at < item.length(); at++) {
        switch (item.charAt(at)) {
          case 'r' -> bits |= 0444;
          case 'w' -> bits |= 0222;
          case 'x' -> bits |= EXECUTE;
          case 'X' -> ifExecutable = true;
          case 's' -> special = withSetids(special, classes);
          case 't' -> special |= STICKY;
          default -> throw malformed();
        }
      }
      if (ifExecutable) {
        bits &= ~EXECUTE;
      }
      int clearedToo = special == 0 ? 0 : specials(classes) & ~STICKY;
      return new Item(
          directories,
          files,
          operator,
          scope,
          cleared | clearedToo,
          bits & scope | special,
          ifExecutable,
          -1);
    }

    private static int classOf(char letter) {
      return switch (letter) {
        case 'u' -> 0700;
        case 'g' -> 0070;
        case 'o' -> 0007;
        default -> ALL;
      };
    }

    /** What 's' adds for these classes; for neither u nor g it means setuid and nothing else. */
    private static int withSetids(int special, int classes) {
      int bits = specials(classes) & ~STICKY;
      return bits == 0 ? SETUID : special | bits;
    }

    /** The special bit of each class. */
    private static int specials(int classes) {
      return ((classes & 0700) != 0 ? SETUID : 0)
          | ((classes & 0070) != 0 ? SETGID : 0)
          | ((classes & 0007) != 0 ? STICKY : 0);
    }

    private int copiedShift() {
      if (at != item.length() - 1) {
        return -1;
      }
      return switch (item.charAt(at)) {
        case 'u' -> 6;
        case 'g' -> 3;
        case 'o' -> 0;
        default -> -1;
      };
    }

    private int octal() {
      int mode = 0;
      for (; at < item.length(); at++) {
        int digit = item.charAt(at) - '0';
        mode = mode * 8 + digit;
        if (digit < 0 || digit > 7 || mode > 07777) {
          throw malformed();
        }
      }
      return mode;
    }

    private IllegalArgumentException malformed() {
      return new IllegalArgumentException(
          "--chmod="
              + whole
              + ": \""
              + item
              + "\" is no change of a mode; write items such as u+rwX, g=u, Dg+s or F644, with"
              + " commas between them and no blanks");
    }
  }
}
