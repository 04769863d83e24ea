package dev.godwit.sync.filter;

/**
 * A pattern as a machine that is fed a text byte by byte: {@code *} and {@code ?} match no '/',
 * {@code **} does, {@code [a-z]} and {@code [[:alpha:]]} match one byte of a set, {@code \} takes
 * the next byte as it is. A set that is not closed, an unknown class, and a {@code \} at the end
 * make a pattern that matches nothing.
 *
 * <p>All ways to match are followed at once, a bit each (Shift-And with gaps: Navarro and Raffinot,
 * Flexible Pattern Matching in Strings, 4.3): a byte costs one step for each 64 bytes of the
 * pattern, whatever the stars, so no pattern can make a match slow. The state is the caller's, so
 * that what is common to many texts, such as a directory's path, is fed once. Immutable.
 */
final class Glob {
  static final byte[] SLASH = {'/'};

  /** How many longs a state takes. */
  final int words;

  /** Bits of the states that one further byte can leave on the way to the next. */
  private final long[] matching;

  /** Where in {@link #matching} the bits for a byte are. */
  private final byte[] groups;

  /** States that any byte but '/' leaves as they are: in front of them is a {@code *}. */
  private final long[] staysInName;

  /** States that every byte leaves as they are: in front of them is a {@code **}. */
  private final long[] stays;

  private final int last;
  private final int slashes;
  private final boolean neverMatches;

  /** Compiles {@code pattern} from {@code from} on up to {@code to}. */
  Glob(byte[] pattern, int from, int to) {
    this(new Elements(pattern, from, to, false));
  }

  /** The same as a shell has it (glob(7)). */
  static Glob ofShell(byte[] pattern) {
    return new Glob(new Elements(pattern, 0, pattern.length, true));
  }

  private Glob(Elements elements) {
    last = elements.count;
    slashes = elements.slashes();
    neverMatches = elements.isBroken;
    words = last / 64 + 1;
    staysInName = elements.places(1);
    stays = elements.places(2);
    groups = new byte[256];
    matching = elements.matching(groups, words);
  }

  /** How many '/' stand in the pattern for themselves. */
  int slashes() {
    return slashes;
  }

  /** What this takes, in bytes, more or less. */
  int memory() {
    return Long.BYTES * (matching.length + 2 * words) + groups.length;
  }

  /** Nothing is fed yet. */
  void start(long[] states, int at) {
    for (int i = 0; i < words; i++) {
      states[at + i] = 0;
    }
    if (!neverMatches) {
      states[at] = 1;
    }
  }

  /**
   * Feeds some bytes.
   *
   * @param floats whether the pattern may begin anew after each '/'
   */
  void feed(long[] states, int at, byte[] text, int from, int to, boolean floats) {
    if (neverMatches) {
      return;
    }
    if (words == 1) {
      long state = states[at];
      for (int i = from; i < to && (state != 0 || floats); i++) {
        state = step(state, text[i], floats);
      }
      states[at] = state;
      return;
    }
    for (int i = from; i < to; i++) {
      stepWords(states, at, text[i], floats);
    }
  }

  private long step(long state, byte c, boolean floats) {
    long next = (state & matching[groups[c & 0xff] & 0xff]) << 1 | state & stays[0];
    if (c != '/') {
      return next | state & staysInName[0];
    }
    return floats ? next | 1 : next;
  }

  private void stepWords(long[] states, int at, byte c, boolean floats) {
    int group = (groups[c & 0xff] & 0xff) * words;
    long carry = c == '/' && floats ? 1 : 0;
    for (int i = 0; i < words; i++) {
      long state = states[at + i];
      long moved = state & matching[group + i];
      long next = moved << 1 | carry | state & stays[i];
      carry = moved >>> 63;
      states[at + i] = c == '/' ? next : next | state & staysInName[i];
    }
  }

  /** Whether what was fed so far matches. */
  boolean accepts(long[] states, int at) {
    return (states[at + last / 64] >>> last & 1) != 0;
  }

  /**
   * Whether the text so far, gone on with {@code name} and perhaps a '/', matches. The state stays
   * as it is.
   */
  boolean acceptsAfter(long[] states, int at, byte[] name, boolean slashFollows, boolean floats) {
    if (words == 1) {
      long state = states[at];
      for (int i = 0; i < name.length; i++) {
        if (state == 0 && !floats) {
          return false;
        }
        state = step(state, name[i], floats);
      }
      if (slashFollows) {
        state = step(state, (byte) '/', floats);
      }
      return !neverMatches && (state >>> last & 1) != 0;
    }
    long[] copy = new long[words];
    System.arraycopy(states, at, copy, 0, words);
    feed(copy, 0, name, 0, name.length, floats);
    if (slashFollows) {
      feed(copy, 0, SLASH, 0, 1, floats);
    }
    return accepts(copy, 0);
  }

  /** Whether the whole of {@code text} matches. */
  boolean matches(byte[] text) {
    if (words == 1) {
      long state = neverMatches ? 0 : 1;
      for (int i = 0; i < text.length && state != 0; i++) {
        state = step(state, text[i], false);
      }
      return (state >>> last & 1) != 0;
    }
    long[] states = new long[words];
    start(states, 0);
    feed(states, 0, text, 0, text.length, false);
    return accepts(states, 0);
  }
}
