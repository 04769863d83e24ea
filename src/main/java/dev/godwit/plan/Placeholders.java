package dev.godwit.plan;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a plan leaves open in the argument lists of its commands: {@code {to}}, {@code {from}}. */
final class Placeholders {
  private static final Pattern NAME = Pattern.compile("\\{([a-z]+)}");

  private Placeholders() {}

  /**
   * The argument list with all of them filled in; what a value holds is not looked at again.
   *
   * @param values by their names without braces; what has no value stays as it is
   */
  static List<String> fill(List<String> argv, Map<String, String> values) {
    return argv.stream()
        .map(
            word ->
                NAME.matcher(word)
                    .replaceAll(
                        found ->
                            Matcher.quoteReplacement(
                                values.getOrDefault(found.group(1), found.group()))))
        .toList();
  }
}
