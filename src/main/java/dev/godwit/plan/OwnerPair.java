package dev.godwit.plan;

/**
 * A user or a group that is another one on new: one pair of {@code usermap} or {@code groupmap}.
 *
 * @param from on old, a name or a number; never root
 * @param to on new, likewise
 */
public record OwnerPair(String from, String to) {
  /** Whether a word of a pair is a number. */
  public static boolean isNumber(String word) {
    return word.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  @Override
  public String toString() {
    return from + ":" + to;
  }
}
