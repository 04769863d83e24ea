package dev.godwit.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads {@code usermap} and {@code groupmap}: what {@code godwit sync} takes there, as far as it
 * has a way back. After the switch old follows new, and each file is to have on old whom it had
 * there: so many users cannot become one, and each pair names one of them.
 */
final class OwnersReader {
  static final String USERS = "usermap";
  static final String GROUPS = "groupmap";

  private static final String EXPECTED =
      "pairs FROM:TO such as vmail:virtual or 1001:2001, with commas between them or as a list";
  private static final String WAY_BACK = "; on the way back nobody could tell whose a file was. ";
  private static final String EACH = WAY_BACK + "Write a pair for each";

  /** Why {@code chown} is no key of a plan. */
  static final String NO_CHOWN =
      "it would give the files of all to one user" + EACH + ", in \"usermap\" and \"groupmap\"";

  private static final Pattern RANGE = Pattern.compile("[0-9]+-[0-9]+");
  private static final Pattern WILDCARD = Pattern.compile(".*[*?\\[].*");
  private static final long NUMBER_MAX = 0xffff_fffeL;
  private static final int DIGITS_MAX = 10;

  private final Problems problems;
  private final Values values;

  OwnersReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  PlannedOwners read(Section section) {
    return new PlannedOwners(
        pairs(section.get(USERS), USERS, "users"), pairs(section.get(GROUPS), GROUPS, "groups"));
  }

  private List<OwnerPair> pairs(@Nullable Node node, String key, String kind) {
    List<OwnerPair> pairs = new ArrayList<>();
    if (node instanceof ScalarNode) {
      add(node, key, kind, pairs);
    } else if (node != null) {
      values.list(
          node,
          key,
          EXPECTED,
          each -> {
            add(each, key, kind, pairs);
            return each;
          });
    }
    return pairs;
  }

  /** One text, as the option has it. */
  private void add(Node node, String key, String kind, List<OwnerPair> pairs) {
    String text = values.text(node, key, EXPECTED);
    if (text == null) {
      return;
    }
    for (String word : text.split(",", -1)) {
      String[] both = word.strip().split(":", -1);
      if (both.length != 2 || both[1].isEmpty()) {
        wrong(node, key, word, "a pair FROM:TO such as vmail:virtual or 1001:2001");
        continue;
      }
      OwnerPair pair = new OwnerPair(both[0], both[1]);
      String why = objection(pair, kind, pairs);
      if (why == null) {
        pairs.add(pair);
      } else {
        problems.add(node, "%s: %s %s".formatted(key, Problems.quote(word.strip()), why));
      }
    }
  }

  private void wrong(Node node, String key, String word, String expected) {
    problems.add(
        node, "%s: found %s, expected %s".formatted(key, Problems.quote(word.strip()), expected));
  }

  private static @Nullable String objection(OwnerPair pair, String kind, List<OwnerPair> before) {
    String from = pair.from();
    if (from.isEmpty() || WILDCARD.matcher(from).matches() || RANGE.matcher(from).matches()) {
      return "makes one of several " + kind + EACH;
    }
    for (String word : List.of(from, pair.to())) {
      if (OwnerPair.isNumber(word)
          ? word.length() > DIGITS_MAX || Long.parseLong(word) > NUMBER_MAX
          : word.codePoints().anyMatch(Character::isWhitespace)) {
        return "has %s, which is neither a name nor a number of %s (at most %d)"
            .formatted(Problems.quote(word), kind, NUMBER_MAX);
      }
      if (word.equals("root") || OwnerPair.isNumber(word) && Long.parseLong(word) == 0) {
        return "is about root, who is root on every host: nobody's files become root's, and root's nobody's";
      }
    }
    for (OwnerPair other : before) {
      if (same(other.from(), from)) {
        return "comes after %s: expected each of the %s once".formatted(other, kind);
      }
      if (same(other.to(), pair.to())) {
        return "and %s make one of two %s%sExpected another one on new for each"
            .formatted(other, kind, WAY_BACK);
      }
    }
    return null;
  }

  private static boolean same(String one, String other) {
    return OwnerPair.isNumber(one) && OwnerPair.isNumber(other)
        ? Long.parseLong(one) == Long.parseLong(other)
        : one.equals(other);
  }
}
