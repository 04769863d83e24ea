package dev.godwit.sync.filter;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes the content of a file apart into rules: lines without comments and empty ones, or words
 * between white space.
 */
final class RuleLines {
  private final byte[] content;
  private final boolean isWords;
  private final boolean isBare;
  private final boolean isZeroTerminated;
  private int at;
  private int number;
  private int nextNumber = 1;

  /**
   * @param flags of the file
   * @param isZeroTerminated whether a NUL ends a line, instead of a line feed or carriage return
   */
  RuleLines(byte[] content, int flags, boolean isZeroTerminated) {
    this.content = content;
    isWords = (flags & RuleFlags.WORDS) != 0;
    isBare = (flags & RuleFlags.BARE) != 0;
    this.isZeroTerminated = isZeroTerminated && !isWords;
  }

  /** Which line the last rule begins in, from 1 on. */
  int number() {
    return number;
  }

  /** The next rule, not empty; null at the end. */
  byte @Nullable [] next() {
    while (at < content.length) {
      number = nextNumber;
      int from = at;
      if (isWords) {
        from = skipSpace();
        number = nextNumber;
        findEndOfWord();
      } else {
        while (at < content.length && !endsLine(content[at])) {
          at++;
        }
      }
      int to = isZeroTerminated ? at : endOfText(from, at);
      if (at < content.length) {
        pass();
      }
      if (to > from && (isWords || content[from] != '#' && content[from] != ';')) {
        return Arrays.copyOfRange(content, from, to);
      }
    }
    return null;
  }

  private boolean endsLine(byte c) {
    return isZeroTerminated ? c == 0 : c == '\n' || c == '\r';
  }

  /** A NUL within a line ends what is taken of it, since no name has one. */
  private int endOfText(int from, int to) {
    for (int i = from; i < to; i++) {
      if (content[i] == 0) {
        return i;
      }
    }
    return to;
  }

  private void pass() {
    if (isZeroTerminated ? content[at] == 0 : content[at] == '\n') {
      nextNumber++;
    }
    at++;
  }

  private int skipSpace() {
    while (at < content.length && isSpace(content[at])) {
      pass();
    }
    return at;
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  /** The space between a rule's prefix and its pattern does not end it. */
  private void findEndOfWord() {
    int from = at;
    passWord();
    if (!isBare && at + 1 < content.length && content[at] == ' ' && wantsArgument(from, at)) {
      if (!isSpace(content[at + 1])) {
        at++;
        passWord();
      }
    }
  }

  private void passWord() {
    while (at < content.length && !isSpace(content[at])) {
      at++;
    }
  }

  /** Whether a word is a prefix alone, of a rule that goes on. */
  private boolean wantsArgument(int from, int to) {
    byte first = content[from];
    boolean isPattern = first == '-' || first == '+' || first == 'e' || first == 'i';
    for (int i = from; i < to; i++) {
      if (content[i] == '_' || isPattern && content[i] == 'C') {
        return false;
      }
    }
    return first != '!' && first != 'c';
  }
}
