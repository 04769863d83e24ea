package dev.godwit.sync.attributes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --usermap} or {@code --groupmap} says: {@code 0-99:nobody,wayne:admin,*:normal}, the
 * first that fits counts. Immutable; looks nothing up.
 */
final class OwnerMap {
  static final OwnerMap NONE = new OwnerMap("", List.of());

  /**
   * One pair.
   *
   * @param name a name, or a pattern if it has '*', '?' or '['; null for numbers
   * @param low first of the numbers, unsigned
   * @param high last of them
   * @param to a name or a number on the target
   */
  private record Pair(@Nullable String name, int low, int high, String to) {
    boolean fits(int id, String sourceName) {
      if (name == null) {
        return Integer.compareUnsigned(id, low) >= 0 && Integer.compareUnsigned(id, high) <= 0;
      }
      return NamePattern.isPattern(name)
          ? NamePattern.matches(name, sourceName)
          : name.equals(sourceName);
    }
  }

  private final String option;
  private final List<Pair> pairs;

  private OwnerMap(String option, List<Pair> pairs) {
    this.option = option;
    this.pairs = pairs;
  }

  /**
   * @param option its name, for messages
   * @param text null: the option was not given
   * @throws IllegalArgumentException with a message for the user
   */
  static OwnerMap parse(String option, @Nullable String text) {
    if (text == null) {
      return NONE;
    }
    List<Pair> pairs = new ArrayList<>();
    for (String pair : text.split(",", -1)) {
      int colon = pair.indexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException(
            option + ": \"" + pair + "\" is no pair; write FROM:TO, with commas between pairs");
      }
      String from = pair.substring(0, colon);
      String to = pair.substring(colon + 1);
      if (to.isEmpty()) {
        throw new IllegalArgumentException(
            option + ": nothing stands behind the colon of \"" + pair + "\"; write FROM:TO");
      }
      pairs.add(pair(option, from, to));
    }
    return new OwnerMap(option, List.copyOf(pairs));
  }

  private static Pair pair(String option, String from, String to) {
    if (from.isEmpty() || !isDigit(from.charAt(0))) {
      return new Pair(from, 0, 0, to);
    }
    int dash = from.indexOf('-');
    String low = dash < 0 ? from : from.substring(0, dash);
    String high = dash < 0 ? from : from.substring(dash + 1);
    if (!isNumber(low) || !isNumber(high)) {
      throw new IllegalArgumentException(
          option
              + ": \""
              + from
              + "\" is neither a number nor a range of numbers such as 100-199 (at most 4294967295)");
    }
    return new Pair(null, Integer.parseUnsignedInt(low), Integer.parseUnsignedInt(high), to);
  }

  /** Whether a pair is of some names of the source's, and not of all. */
  boolean hasNames() {
    return pairs.stream()
        .anyMatch(
            pair -> pair.name() != null && !pair.name().isEmpty() && !pair.name().equals("*"));
  }

  /** Whether it is an id that fits 32 bits, in decimal digits and nothing else. */
  static boolean isNumber(String text) {
    if (text.isEmpty()) {
      return false;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      number = number * 10 + (text.charAt(i) - '0');
      if (!isDigit(text.charAt(i)) || number > 0xffff_ffffL) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  boolean isEmpty() {
    return pairs.isEmpty();
  }

  String option() {
    return option;
  }

  /** Everything that stands behind a colon. */
  List<String> targets() {
    return pairs.stream().map(Pair::to).distinct().toList();
  }

  /**
   * What the account becomes.
   *
   * @param name at the source; empty for one without a name
   * @return a name or a number on the target; null when no pair fits
   */
  @Nullable String target(int id, String name) {
    for (Pair pair : pairs) {
      if (pair.fits(id, name)) {
        return pair.to();
      }
    }
    return null;
  }
}
