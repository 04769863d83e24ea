package dev.godwit.sync.filter;

import java.util.Arrays;

/**
 * One include or exclude with its pattern, compiled. Immutable.
 *
 * <p>A pattern without '/' and {@code **} is for the last component of a path alone. Any other is
 * for the path: anchored, for all of it, else for its end, from any component on.
 */
final class Rule implements Node {
  /** How a text is compared. */
  private enum How {
    /** The name is {@link #literal}. */
    NAME,
    /** The name begins with it. */
    NAME_START,
    /** The name ends with it. */
    NAME_END,
    /** The name, by {@link #glob}. */
    NAME_GLOB,
    /** The path is {@link #literal}, or ends with it. */
    PATH,
    /** The path, by {@link #glob}; the state that the directory leads to is kept. */
    PATH_GLOB,
    /** No text. */
    NOTHING
  }

  private static final byte[] EMPTY = {};
  private static final Glob NO_GLOB = new Glob(EMPTY, 0, 0);

  private final int flags;
  private final byte[] pattern;
  private final How how;
  private final boolean isForDirectories;
  private final boolean isAnchored;

  /** Whether the pattern begins with two stars; a text then begins with a '/'. */
  private final boolean startsWithStars;

  /** Whether it ends in three stars, and so takes a directory for itself too. */
  private final boolean takesDirectory;

  /** How many directories the path of a name has that it can match; without bound: the largest. */
  private final int depthMax;

  private final byte[] literal;
  private final Glob glob;

  /**
   * @param pattern as it was written, not empty
   */
  Rule(int flags, byte[] pattern) {
    this.flags = flags;
    this.pattern = pattern;
    int to = pattern.length;
    isForDirectories = pattern[to - 1] == '/';
    if (isForDirectories) {
      to--;
    }
    isAnchored = pattern[0] == '/';
    int from = isAnchored ? Math.min(1, to) : 0;
    boolean isWild = false;
    boolean hasStars = false;
    int slashes = 0;
    for (int i = from; i < to; i++) {
      byte c = pattern[i];
      isWild |= c == '*' || c == '?' || c == '[';
      hasStars |= c == '*' && i + 1 < to && pattern[i + 1] == '*';
      slashes += c == '/' ? 1 : 0;
    }
    startsWithStars = !isAnchored && to > 1 && pattern[0] == '*' && pattern[1] == '*';
    takesDirectory = to - from > 2 && endsInThreeStars(pattern, to);
    boolean isPath = isAnchored || slashes > 0 || hasStars;
    boolean hasRoot = isAnchored && (flags & RuleFlags.ABSOLUTE) == 0;
    depthMax = hasRoot && !hasStars ? slashes : Integer.MAX_VALUE; // nothing else matches a '/'
    byte[] rest = Arrays.copyOfRange(pattern, from, to);
    if (!isWild) {
      how = isPath ? How.PATH : How.NAME;
      literal = rest;
      glob = NO_GLOB;
    } else if (!isPath && isPlain(pattern, 1, to) && pattern[0] == '*') {
      how = How.NAME_END;
      literal = Arrays.copyOfRange(pattern, 1, to);
      glob = NO_GLOB;
    } else if (!isPath && isPlain(pattern, 0, to - 1) && pattern[to - 1] == '*') {
      how = How.NAME_START;
      literal = Arrays.copyOf(pattern, to - 1);
      glob = NO_GLOB;
    } else {
      literal = EMPTY;
      glob = new Glob(rest, 0, rest.length);
      // The end of a path that is compared has as many '/' as the pattern; where one of them is in
      // brackets, it can match none.
      boolean isTail = isPath && !isAnchored && !hasStars;
      how =
          isTail && glob.slashes() != slashes
              ? How.NOTHING
              : isPath ? How.PATH_GLOB : How.NAME_GLOB;
    }
  }

  private static boolean endsInThreeStars(byte[] pattern, int to) {
    return pattern[to - 1] == '*' && pattern[to - 2] == '*' && pattern[to - 3] == '*';
  }

  private static boolean isPlain(byte[] pattern, int from, int to) {
    for (int i = from; i < to; i++) {
      byte c = pattern[i];
      if (c == '*' || c == '?' || c == '[' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  int flags() {
    return flags;
  }

  /** As it was written. */
  byte[] pattern() {
    return pattern;
  }

  /** What this takes, in bytes, more or less; far more than the pattern when that is long. */
  int memory() {
    return 100 + pattern.length + literal.length + (glob == NO_GLOB ? 0 : glob.memory());
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  boolean isForXattrs() {
    return has(RuleFlags.XATTR);
  }

  /** Whether it depends on the directory that a name is in. */
  boolean needsPath() {
    return (how == How.PATH || how == How.PATH_GLOB) && !isForXattrs();
  }

  /**
   * Whether it depends on the directory that a name is in, if that is so deep or deeper.
   *
   * @param depth how many directories the path of the name has, below the root
   */
  boolean dependsOnPath(int depth) {
    return needsPath() && depthMax >= depth;
  }

  /** How many longs of state it keeps for a directory. */
  int stateWords() {
    return how == How.PATH_GLOB && !isForXattrs() ? glob.words : 0;
  }

  /** Sets the state for the names of a directory. */
  void start(long[] states, int at, Place place, Anchor anchor) {
    glob.start(states, at);
    if (startsWithStars) {
      feed(states, at, Glob.SLASH, 0);
    }
    if (has(RuleFlags.ABSOLUTE)) {
      feed(states, at, place.root(), 0);
      feed(states, at, place.path(), 0);
    } else if (isAnchored) {
      Anchor own = own(anchor);
      feed(states, at, own.above(), 0);
      feed(states, at, place.path(), own.below());
    } else {
      feed(states, at, place.path(), 0);
    }
  }

  /** Goes on from a directory's state to that of a directory in it. */
  void enter(long[] states, int at, byte[] name) {
    feed(states, at, name, 0);
    feed(states, at, Glob.SLASH, 0);
  }

  private void feed(long[] states, int at, byte[] text, int from) {
    glob.feed(states, at, text, from, text.length, !isAnchored);
  }

  /**
   * Whether the rule takes effect for a name.
   *
   * @param states where {@link #start} or {@link #enter} left those of its directory
   */
  boolean matches(
      byte[] name, boolean isDirectory, Place place, Anchor anchor, long[] states, int at) {
    boolean matches =
        switch (how) {
          case NAME -> name.length == literal.length && isLiteralAt(name, 0);
          case NAME_START -> isLiteralAt(name, 0);
          case NAME_END -> isLiteralAt(name, name.length - literal.length);
          case NAME_GLOB -> glob.matches(name);
          case PATH -> isPath(name, place, anchor);
          case PATH_GLOB ->
              glob.acceptsAfter(states, at, name, takesDirectory && isDirectory, !isAnchored);
          case NOTHING -> false;
        };
    return (matches && (isDirectory || !isForDirectories)) != has(RuleFlags.NEGATED);
  }

  private boolean isPath(byte[] name, Place place, Anchor anchor) {
    if (has(RuleFlags.ABSOLUTE)) {
      return Place.endsWith(literal, isAnchored, place.root(), place.path(), 0, name);
    }
    Anchor own = own(anchor);
    return isAnchored
        ? Place.endsWith(literal, true, own.above(), place.path(), own.below(), name)
        : Place.endsWith(literal, false, Place.NO_PATH, place.path(), 0, name);
  }

  private Anchor own(Anchor anchor) {
    return has(RuleFlags.AT_ROOT) ? Anchor.ROOT : anchor;
  }

  /** Compares from the end on, where names that have been given endings differ soonest. */
  private boolean isLiteralAt(byte[] name, int from) {
    int i = literal.length - 1;
    if (from < 0 || from + i >= name.length) {
      return false;
    }
    while (i >= 0 && name[from + i] == literal[i]) {
      i--;
    }
    return i < 0;
  }

  /** The same for the name of an extended attribute, which is in no directory but may have '/'. */
  boolean matchesXattr(byte[] name) {
    byte[] text = name;
    if (how != How.PATH && how != How.PATH_GLOB) {
      text = Arrays.copyOfRange(name, DirMerge.nameAt(name), name.length);
    }
    long[] states = new long[glob.words];
    if (how == How.PATH_GLOB) {
      start(states, 0, Place.ROOT, Anchor.ROOT);
    }
    return matches(text, false, Place.ROOT, Anchor.ROOT, states, 0);
  }
}
