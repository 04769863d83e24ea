package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The text of one rule, taken apart: {@code RULE[,]MODIFIERS [PATTERN_OR_FILENAME]}, as rsync(1)
 * says in "FILTER RULES IN DEPTH" and after it.
 *
 * @param argument pattern or file; empty for those that have none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record RuleText(Kind kind, int flags, byte[] argument) {
  /** The longest pattern or file name, in bytes; as in rsync. */
  static final int ARGUMENT_BYTES_MAX = 4095;

  private static final byte[] NOTHING = {};
  private static final byte[] CVS_FILE = Names.of(".cvsignore");

  enum Kind {
    /** An include or an exclude. */
    PATTERN,
    /** A file with more rules, read at once. */
    MERGE,
    /** A file with more rules in each directory. */
    DIR_MERGE,
    /** Forget all rules of this list so far. */
    CLEAR,
    /** What CVS leaves out. */
    CVS
  }

  /** A kind of rule: its names, what it is, which modifiers it takes. */
  private enum Prefix {
    EXCLUDE('-', "exclude", Kind.PATTERN, 0, "/!Csrpx"),
    INCLUDE('+', "include", Kind.PATTERN, RuleFlags.INCLUDE, "/!Csrpx"),
    MERGE('.', "merge", Kind.MERGE, 0, "-+/Cenprswx"),
    DIR_MERGE(':', "dir-merge", Kind.DIR_MERGE, 0, "-+/Cenprswx"),
    HIDE('H', "hide", Kind.PATTERN, RuleFlags.SENDER, "/!px"),
    SHOW('S', "show", Kind.PATTERN, RuleFlags.SENDER | RuleFlags.INCLUDE, "/!px"),
    PROTECT('P', "protect", Kind.PATTERN, RuleFlags.RECEIVER, "/!px"),
    RISK('R', "risk", Kind.PATTERN, RuleFlags.RECEIVER | RuleFlags.INCLUDE, "/!px"),
    CLEAR('!', "clear", Kind.CLEAR, 0, "");

    final char letter;
    final byte[] longName;
    final Kind kind;
    final int flags;
    final String modifiers;

    Prefix(char letter, String longName, Kind kind, int flags, String modifiers) {
      this.letter = letter;
      this.longName = longName.getBytes(StandardCharsets.US_ASCII);
      this.kind = kind;
      this.flags = flags;
      this.modifiers = modifiers;
    }

    boolean takesFlags() {
      return kind == Kind.MERGE || kind == Kind.DIR_MERGE;
    }
  }

  private static final Prefix[] PREFIXES = Prefix.values();

  /** A rule with its prefix. Flags of the file that it is in are not in the result yet. */
  static RuleText parse(byte[] text, Origin origin) throws FilterException {
    Prefix prefix = prefix(text);
    if (prefix == null) {
      throw origin.problem(
          text,
          "unknown rule; a rule begins with one of - + . : ! H S P R or such a rule's long name,"
              + " then its modifiers, a space or '_', and the pattern or file");
    }
    int at = text[0] == prefix.letter ? 1 : prefix.longName.length;
    if (prefix.kind == Kind.CLEAR) {
      if (at < text.length) {
        throw origin.problem(text, "'!' clears the list and has nothing behind it");
      }
      return new RuleText(Kind.CLEAR, 0, NOTHING);
    }
    if (at < text.length && text[at] == ',') {
      at++;
    }
    int flags = prefix.flags;
    while (at < text.length && text[at] != ' ' && text[at] != '_') {
      flags = modify(prefix, flags, text, at, origin);
      at++;
    }
    byte[] argument = at < text.length ? Arrays.copyOfRange(text, at + 1, text.length) : NOTHING;
    if (prefix.kind == Kind.PATTERN && (flags & RuleFlags.CVS) != 0) {
      return new RuleText(Kind.CVS, flags & ~RuleFlags.CVS, NOTHING);
    }
    if (argument.length == 0 && prefix == Prefix.DIR_MERGE && (flags & RuleFlags.CVS) != 0) {
      argument = CVS_FILE;
    }
    return checked(new RuleText(prefix.kind, flags, argument), text, origin);
  }

  private static @Nullable Prefix prefix(byte[] text) {
    for (Prefix prefix : PREFIXES) {
      if (text[0] == prefix.letter) {
        return prefix;
      }
      byte[] name = prefix.longName;
      if (text.length >= name.length
          && Arrays.equals(text, 0, name.length, name, 0, name.length)
          && (text.length == name.length || isEndOfName(text[name.length]))) {
        return prefix;
      }
    }
    return null;
  }

  private static boolean isEndOfName(byte c) {
    return c == ',' || c == ' ' || c == '_';
  }

  private static int modify(Prefix prefix, int flags, byte[] text, int at, Origin origin)
      throws FilterException {
    byte letter = text[at];
    boolean isAlready = (flags & RuleFlags.BARE) != 0;
    if (prefix.modifiers.indexOf(letter) < 0
        || isAlready && (letter == '-' || letter == '+' || letter == 'C')) {
      throw origin.problem(
          text,
          "no such modifier at position "
              + at
              + "; this kind of rule takes those of "
              + prefix.modifiers);
    }
    return switch (letter) {
      case '-' -> flags | RuleFlags.BARE;
      case '+' -> flags | RuleFlags.BARE | RuleFlags.INCLUDE;
      case 'C' ->
          prefix.takesFlags()
              ? flags | RuleFlags.CVS | RuleFlags.BARE | RuleFlags.WORDS | RuleFlags.NOT_INHERITED
              : flags | RuleFlags.CVS;
      default -> flags | RuleFlags.ofLetter(letter);
    };
  }

  /**
   * A line where rules have no prefix, but for "- ", "+ " and "!": of {@code --exclude}, {@code
   * --include} and their files.
   *
   * @param flags of a rule without prefix
   */
  static RuleText parseOld(byte[] text, int flags, Origin origin) throws FilterException {
    if (text.length == 1 && text[0] == '!') {
      return new RuleText(Kind.CLEAR, 0, NOTHING);
    }
    if (text.length > 1 && text[1] == ' ' && (text[0] == '-' || text[0] == '+')) {
      byte[] pattern = Arrays.copyOfRange(text, 2, text.length);
      int sign = text[0] == '+' ? RuleFlags.INCLUDE : 0;
      return checked(new RuleText(Kind.PATTERN, sign, pattern), text, origin);
    }
    return checked(new RuleText(Kind.PATTERN, flags, text), text, origin);
  }

  /**
   * A line of a file that has patterns only.
   *
   * @param file the flags of the file
   */
  static RuleText parseBare(byte[] text, int file, Origin origin) throws FilterException {
    if ((file & RuleFlags.CVS) != 0 && text.length == 1 && text[0] == '!') {
      return new RuleText(Kind.CLEAR, 0, NOTHING);
    }
    return checked(new RuleText(Kind.PATTERN, file & RuleFlags.INCLUDE, text), text, origin);
  }

  private static RuleText checked(RuleText rule, byte[] text, Origin origin)
      throws FilterException {
    byte[] argument = rule.argument;
    if (argument.length == 0) {
      throw origin.problem(text, "it ends before its pattern or file");
    }
    if (argument.length > ARGUMENT_BYTES_MAX) {
      throw origin.problem(
          text,
          "longer than " + ARGUMENT_BYTES_MAX + " bytes, which no path is that it could match");
    }
    if (rule.kind == Kind.DIR_MERGE
        && !Names.isComponent(
            Arrays.copyOfRange(argument, DirMerge.nameAt(argument), argument.length))) {
      throw origin.problem(text, "what it ends with is not the name of a file in each directory");
    }
    return rule;
  }

  /** What is written for a pattern so that {@link #parse} gives the same rule. */
  static byte[] write(Rule rule) {
    String sign = rule.has(RuleFlags.INCLUDE) ? "+" : "-";
    return write(sign + RuleFlags.letters(rule.flags()), rule.pattern());
  }

  /** The same for a per-directory file. */
  static byte[] write(DirMerge merge) {
    int flags = merge.flags() & ~RuleFlags.EXCLUDES_ITSELF;
    String modifiers;
    if ((flags & RuleFlags.CVS) != 0) {
      modifiers = RuleFlags.letters(flags & ~(RuleFlags.WORDS | RuleFlags.NOT_INHERITED));
    } else if ((flags & RuleFlags.BARE) != 0) {
      modifiers = ((flags & RuleFlags.INCLUDE) != 0 ? "+" : "-") + RuleFlags.letters(flags);
    } else {
      modifiers = RuleFlags.letters(flags);
    }
    return write(":" + modifiers, merge.path());
  }

  private static byte[] write(String prefix, byte[] argument) {
    byte[] head = Names.of(prefix + " ");
    byte[] text = Arrays.copyOf(head, head.length + argument.length);
    System.arraycopy(argument, 0, text, head.length, argument.length);
    return text;
  }
}
