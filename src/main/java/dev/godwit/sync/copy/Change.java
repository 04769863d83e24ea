package dev.godwit.sync.copy;

/**
 * What differs between the two sides at one name, and what was done about it; the eleven letters of
 * {@code rsync --itemize-changes} (rsync(1)). Immutable; one int.
 *
 * @param bits the constants of this class
 */
public record Change(int bits) {
  /** The name was removed, or would be. */
  public static final int DELETED = 1;

  /** Content is transferred to this side (the letter '&lt;' or '&gt;'). */
  public static final int TRANSFER = 1 << 1;

  /** Something is made here without content: a directory, a link, a device ('c'). */
  public static final int LOCAL = 1 << 2;

  /** It becomes a hard link to another name, {@link Item#link} ('h'). */
  public static final int HARD_LINK = 1 << 3;

  /** It did not exist here. */
  public static final int NEW = 1 << 4;

  /** The content, of a link the text, of a device the number; with --checksum only. */
  public static final int CONTENT = 1 << 5;

  public static final int SIZE = 1 << 6;
  public static final int TIME = 1 << 7;

  /** The time of modification becomes that of the transfer ('T'). */
  public static final int TIME_OF_TRANSFER = 1 << 8;

  public static final int PERMISSIONS = 1 << 9;
  public static final int OWNER = 1 << 10;
  public static final int GROUP = 1 << 11;
  public static final int ACCESS_TIME = 1 << 12;
  public static final int CREATE_TIME = 1 << 13;
  public static final int ACL = 1 << 14;
  public static final int XATTR = 1 << 15;

  /** It was renamed here; {@link Item#link()} says from where. Not in rsync. */
  public static final int RENAMED = 1 << 16;

  /**
   * It is linked to a file of a basis, or was linked already: 'h', and no change, even with 'T'.
   */
  public static final int LINKED = 1 << 17;

  public static final Change NONE = new Change(0);

  public boolean has(int bit) {
    return (bits & bit) != 0;
  }

  /** Whether anything was or would be done. */
  public boolean isAny() {
    return bits != 0;
  }

  /** Whether nothing differs: it is told because all names are. */
  public boolean isNone() {
    return (bits & ~LOCAL) == 0 || has(LINKED);
  }

  /**
   * The eleven letters.
   *
   * @param sends whether content leaves this side, as the user sees it: '&lt;' instead of '&gt;'
   */
  public String letters(Item.Kind kind, boolean sends) {
    if (has(DELETED)) {
      return "*deleting  ";
    }
    char[] c = "...........".toCharArray();
    c[0] =
        has(TRANSFER)
            ? (sends ? '<' : '>')
            : has(HARD_LINK | LINKED) ? 'h' : has(LOCAL | RENAMED) ? 'c' : '.';
    c[1] = kind.letter();
    if (has(NEW)) {
      for (int i = 2; i < c.length; i++) {
        c[i] = '+';
      }
      return new String(c);
    }
    boolean same = (bits & ~(TRANSFER | LOCAL | HARD_LINK | LINKED | RENAMED)) == 0;
    if (same && (c[0] == '.' || c[0] == 'h' || c[0] == 'c')) {
      for (int i = 2; i < c.length; i++) {
        c[i] = ' ';
      }
      return new String(c);
    }
    set(c, 2, CONTENT, 'c');
    set(c, 3, SIZE, 's');
    set(c, 4, TIME, 't');
    set(c, 4, TIME_OF_TRANSFER, 'T');
    set(c, 5, PERMISSIONS, 'p');
    set(c, 6, OWNER, 'o');
    set(c, 7, GROUP, 'g');
    boolean access = has(ACCESS_TIME);
    boolean create = has(CREATE_TIME);
    c[8] = access && create ? 'b' : access ? 'u' : create ? 'n' : '.';
    set(c, 9, ACL, 'a');
    set(c, 10, XATTR, 'x');
    return new String(c);
  }

  private void set(char[] letters, int at, int bit, char letter) {
    if (has(bit)) {
      letters[at] = letter;
    }
  }
}
