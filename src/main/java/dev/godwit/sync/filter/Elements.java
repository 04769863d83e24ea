package dev.godwit.sync.filter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The parts of a pattern, each of which matches one byte, and the stars between them. */
final class Elements {
  private static final byte ANY = 0;
  private static final byte LITERAL = 1;
  private static final byte SET = 2;

  /** How many bytes a text has at least. */
  int count;

  /** Whether nothing can match. */
  boolean isBroken;

  private final byte[] kinds;

  /** The byte of a literal, the index of a set. */
  private final short[] values;

  /** 1 for a star, 2 for two or more; one longer than there are elements. */
  private final byte[] starsBefore;

  private final List<ByteSet> sets = new ArrayList<>();
  private final byte[] pattern;
  private final int end;
  private final boolean isOfShell;
  private int at;

  /**
   * @param isOfShell whether {@code [z-a]} matches nothing, as to a shell; to rsync(1) it matches
   *     its first byte
   */
  Elements(byte[] pattern, int from, int to, boolean isOfShell) {
    this.pattern = pattern;
    this.isOfShell = isOfShell;
    at = from;
    end = to;
    kinds = new byte[to - from];
    values = new short[to - from];
    starsBefore = new byte[to - from + 1];
    while (at < end && !isBroken) {
      read(pattern[at++]);
    }
  }

  private void read(byte c) {
    switch (c) {
      case '*' -> {
        int stars = 1;
        while (at < end && pattern[at] == '*') {
          stars = 2;
          at++;
        }
        starsBefore[count] = (byte) stars;
      }
      case '?' -> add(ANY, 0);
      case '[' -> {
        ByteSet set = new ByteSet();
        isBroken = !readSet(set);
        add(SET, sets.size());
        sets.add(set);
      }
      case '\\' -> {
        if (at == end) {
          isBroken = true;
        } else {
          add(LITERAL, pattern[at++] & 0xff);
        }
      }
      default -> add(LITERAL, c & 0xff);
    }
  }

  private void add(byte kind, int value) {
    kinds[count] = kind;
    values[count] = (short) value;
    count++;
  }

  /** Reads up to the closing bracket; false when there is none or a class is unknown. */
  private boolean readSet(ByteSet set) {
    boolean isInverted = at < end && (pattern[at] == '!' || pattern[at] == '^');
    if (isInverted) {
      at++;
    }
    int first = at;
    int rangeFrom = -1;
    while (at < end && (pattern[at] != ']' || at == first)) {
      byte c = pattern[at++];
      if (c == '-' && rangeFrom >= 0 && at < end && pattern[at] != ']') {
        int rangeTo = literal(pattern[at++]);
        if (rangeTo < 0) {
          return false;
        }
        set.addRange(rangeFrom, rangeTo);
        rangeFrom = -1;
      } else if (c == '[' && classEnd() > 0) {
        int classEnd = classEnd();
        String name = new String(pattern, at + 1, classEnd - at - 1, StandardCharsets.US_ASCII);
        if (!set.addClass(name)) {
          return false;
        }
        rangeFrom = -1;
        at = classEnd + 2;
      } else {
        rangeFrom = literal(c);
        if (rangeFrom < 0) {
          return false;
        }
        if (!isOfShell || !isRangeNext()) {
          set.add(rangeFrom); // to a shell the range has it, or nothing
        }
      }
    }
    if (isInverted) {
      set.invert();
    }
    set.remove('/'); // matched by a '/' and by two stars alone
    return at++ < end;
  }

  /** Whether the byte that was read begins a range. */
  private boolean isRangeNext() {
    return at + 1 < end && pattern[at] == '-' && pattern[at + 1] != ']';
  }

  /** The byte that {@code c}, and after a backslash the next one, stands for; -1 at the end. */
  private int literal(byte c) {
    if (c != '\\') {
      return c & 0xff;
    }
    return at < end ? pattern[at++] & 0xff : -1;
  }

  /** Behind a '[': where the ":]" of a class is; -1 when none begins here. */
  private int classEnd() {
    if (at < end && pattern[at] == ':') {
      for (int i = at + 1; i < end; i++) {
        if (pattern[i] == ']') {
          return i > at + 1 && pattern[i - 1] == ':' ? i - 1 : -1;
        }
      }
    }
    return -1;
  }

  int slashes() {
    int slashes = 0;
    for (int i = 0; i < count; i++) {
      slashes += kinds[i] == LITERAL && values[i] == '/' ? 1 : 0;
    }
    return slashes;
  }

  /** Bits of the places in front of which there are so many stars. */
  long[] places(int stars) {
    long[] bits = new long[count / 64 + 1];
    for (int i = 0; i <= count; i++) {
      if (starsBefore[i] == stars) {
        bits[i / 64] |= 1L << i;
      }
    }
    return bits;
  }

  /**
   * For each group of bytes that the pattern does not tell apart, the bits of the elements that
   * match them.
   *
   * @param groups gets the group of each byte
   * @param words longs for each group
   */
  long[] matching(byte[] groups, int words) {
    boolean[] isNamed = new boolean[256];
    Arrays.fill(isNamed, !sets.isEmpty());
    isNamed['/'] = true;
    for (int i = 0; i < count; i++) {
      if (kinds[i] == LITERAL) {
        isNamed[values[i]] = true;
      }
    }
    long[] bits = new long[4 * words];
    int known = 0;
    int ofOthers = -1;
    for (int c = 0; c < 256; c++) {
      if (!isNamed[c] && ofOthers >= 0) {
        groups[c] = (byte) ofOthers;
        continue;
      }
      if (bits.length == known * words) {
        bits = Arrays.copyOf(bits, 2 * bits.length);
      }
      int group = find(bits, known, put(bits, known * words, c), words);
      known = Math.max(known, group + 1);
      ofOthers = isNamed[c] ? ofOthers : group;
      groups[c] = (byte) group;
    }
    return Arrays.copyOf(bits, known * words);
  }

  /** Sets the bits of the elements that match a byte; returns where it did. */
  private int put(long[] bits, int at, int c) {
    Arrays.fill(bits, at, at + count / 64 + 1, 0);
    for (int i = 0; i < count; i++) {
      if (matches(i, c)) {
        bits[at + i / 64] |= 1L << i;
      }
    }
    return at;
  }

  /** Which of the known groups has the same bits as those behind them; else a new one. */
  private static int find(long[] bits, int known, int at, int words) {
    for (int group = 0; group < known; group++) {
      int from = group * words;
      if (Arrays.equals(bits, from, from + words, bits, at, at + words)) {
        return group;
      }
    }
    return known;
  }

  private boolean matches(int i, int c) {
    return switch (kinds[i]) {
      case ANY -> c != '/';
      case LITERAL -> values[i] == c;
      default -> sets.get(values[i]).has(c);
    };
  }
}
