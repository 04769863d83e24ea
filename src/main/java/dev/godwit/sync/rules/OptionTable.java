package dev.godwit.sync.rules;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds options by what the user types. Immutable; safe for threads. */
public final class OptionTable {
  private static final @Nullable SyncOption[] BY_LETTER = new SyncOption[128];
  private static final Map<String, SyncOption> BY_NAME = new HashMap<>();

  static {
    for (SyncOption option : SyncOption.values()) {
      if (option.shortName() != 0) {
        BY_LETTER[option.shortName()] = option;
      }
      if (!option.longName().isEmpty()) {
        BY_NAME.put(option.longName(), option);
      }
      for (String alias : option.aliases()) {
        BY_NAME.put(alias, option);
      }
    }
  }

  private OptionTable() {}

  /** The option of {@code -LETTER}; null for none. */
  public static @Nullable SyncOption byLetter(int letter) {
    return letter > 0 && letter < BY_LETTER.length ? BY_LETTER[letter] : null;
  }

  /** The option of {@code --NAME}; null for none. */
  public static @Nullable SyncOption byName(String name) {
    return BY_NAME.get(name);
  }

  /**
   * The option that {@code --no-NAME} negates; null when there is none.
   *
   * @param name without {@code no-}; a long name or a letter
   */
  public static @Nullable SyncOption byNegatedName(String name) {
    SyncOption option = BY_NAME.get(name);
    if (option == null && name.length() == 1) {
      option = byLetter(name.charAt(0));
    }
    return option != null && option.isNegatable() ? option : null;
  }

  /**
   * What the user may have meant by a long name that does not exist, with its hyphens; null when
   * none is so near that it can be a slip: more than a third of the letters would differ. The
   * beginning of a name means the shortest that begins so; of an option with several names that do,
   * its own.
   */
  public static @Nullable String nearest(String unknown) {
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    String whole = null;
    for (Map.Entry<String, SyncOption> entry : BY_NAME.entrySet()) {
      if (entry.getValue().isUndocumented()) {
        continue;
      }
      for (String prefix : entry.getValue().isNegatable() ? BOTH_FORMS : ONE_FORM) {
        String name = prefix + entry.getKey();
        if (unknown.length() >= BEGINNING_MIN
            && name.startsWith(unknown)
            && !isOtherName(entry, prefix, unknown)
            && (whole == null || SHORT_FIRST.compare(name, whole) < 0)) {
          whole = name;
        }
        int distance = distance(unknown, name);
        if (distance < bestDistance || distance == bestDistance && name.compareTo(best) < 0) {
          best = name;
          bestDistance = distance;
        }
      }
    }
    if (whole != null) {
      return "--" + whole;
    }
    return 3 * bestDistance > unknown.length() ? null : "--" + best;
  }

  /** Whether this is another name of an option whose own one begins so, too. */
  private static boolean isOtherName(
      Map.Entry<String, SyncOption> entry, String prefix, String beginning) {
    String own = entry.getValue().longName();
    return !own.equals(entry.getKey()) && (prefix + own).startsWith(beginning);
  }

  /** Letters that a beginning has at least, without the hyphens. */
  private static final int BEGINNING_MIN = 3;

  private static final Comparator<String> SHORT_FIRST =
      Comparator.comparing(String::length).thenComparing(Comparator.naturalOrder());

  private static final String[] ONE_FORM = {""};
  private static final String[] BOTH_FORMS = {"", "no-"};

  /** How many letters to add, leave out, change or swap (optimal string alignment). */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
