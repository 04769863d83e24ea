package dev.godwit.sync.filter;

/** What the prefix and the modifiers of a rule say, as bits of one int. */
final class RuleFlags {
  /** An include ({@code +}), else an exclude ({@code -}). */
  static final int INCLUDE = 1;

  /** {@code /}: matched against the absolute path. */
  static final int ABSOLUTE = 1 << 1;

  /** {@code !}: takes effect where the pattern does not match. */
  static final int NEGATED = 1 << 2;

  /** {@code s}: hides and shows. */
  static final int SENDER = 1 << 3;

  /** {@code r}: protects and puts at risk. */
  static final int RECEIVER = 1 << 4;

  /** {@code p}: not for directories that are being removed. */
  static final int PERISHABLE = 1 << 5;

  /** {@code x}: for names of extended attributes. */
  static final int XATTR = 1 << 6;

  /** {@code C}: of a file, that it is read as CVS reads it; of a rule, what CVS leaves out. */
  static final int CVS = 1 << 7;

  /** {@code -} and {@code +} of a file: it has patterns only. */
  static final int BARE = 1 << 8;

  /** {@code w}: of a file, that white space ends a rule. */
  static final int WORDS = 1 << 9;

  /** {@code n}: the rules of a file are not for the directories below. */
  static final int NOT_INHERITED = 1 << 10;

  /** {@code e}: the file itself is excluded. */
  static final int EXCLUDES_ITSELF = 1 << 11;

  /**
   * A leading '/' is the transfer's root, although the rule came by a file in a directory: that
   * file only named another one, or said "-C". Has no letter.
   */
  static final int AT_ROOT = 1 << 12;

  static final int SIDES = SENDER | RECEIVER;

  /** What the rules of a file take over from the rule that names it. */
  static final int TAKEN_OVER = SIDES | PERISHABLE | ABSOLUTE;

  private static final String LETTERS = "/!srpxCnwe";
  private static final int[] BITS = {
    ABSOLUTE,
    NEGATED,
    SENDER,
    RECEIVER,
    PERISHABLE,
    XATTR,
    CVS,
    NOT_INHERITED,
    WORDS,
    EXCLUDES_ITSELF
  };

  private RuleFlags() {}

  /** The bit of a modifier's letter, 0 when there is none; '+' and '-' are no letters here. */
  static int ofLetter(byte letter) {
    int at = LETTERS.indexOf(letter);
    return at < 0 ? 0 : BITS[at];
  }

  /** Whether a rule is for a side, {@link #SENDER} or {@link #RECEIVER}; without either, both. */
  static boolean isFor(int flags, int side) {
    return (flags & SIDES) == 0 || (flags & side) != 0;
  }

  /** The letters of these bits. */
  static String letters(int flags) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < BITS.length; i++) {
      if ((flags & BITS[i]) != 0) {
        text.append(LETTERS.charAt(i));
      }
    }
    return text.toString();
  }
}
