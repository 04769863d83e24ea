package dev.godwit.lsyncd;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code godwit mirror} says of its options, in the keys of a configuration of lsyncd: who has
 * written {@code rsync.backup} has never typed {@code --backup}.
 */
final class OptionKeys {
  /** But for those of what is to be typed. */
  private static final Pattern WORD =
      Pattern.compile(
          "(?<![\\w-])(?<!godwit sync )(?!--test\\b)(?<option>--[a-z][a-z-]*+|-[tu](?![\\w-]))(?<value>=(?:[A-Z]++)?)?"
              + "|\\b(?<operand>SRC|DST)\\b");

  private static final Map<String, String> KEYS =
      Map.of(
          "-t", "rsync.times",
          "-u", "rsync.update",
          "--changes-only", "init",
          "--delay", "delay",
          "--delete", "delete",
          "--delete-when", "delete",
          "--exclude", "exclude",
          "--exclude-from", "excludeFrom",
          "--filter", "filter",
          "--no-delete", "delete");

  /** Those that are there for one value alone. */
  private static final Map<String, String> VALUES =
      Map.of("--changes-only", " = false", "--no-delete", " = false");

  private OptionKeys() {}

  /** The key that the first option comes from; empty when there is none. */
  static String keyOf(String problem) {
    Matcher word = WORD.matcher(problem);
    while (word.find()) {
      String key = word.group("option") == null ? null : key(word.group("option"));
      if (key != null) {
        return key;
      }
    }
    return "";
  }

  /** The same with keys in the place of options; of those that have none, where they are named. */
  static String inKeys(String problem) {
    return WORD.matcher(problem).replaceAll(word -> Matcher.quoteReplacement(named(word)));
  }

  private static String named(MatchResult word) {
    String option = word.group("option");
    if (option == null) {
      return word.group().equals("SRC") ? "source" : "target";
    }
    String key = key(option);
    boolean hasValue = "=".equals(word.group("value")); // which follows
    if (key == null) {
      return hasValue ? "(in rsync._extra) " + word.group() : word.group() + " (in rsync._extra)";
    }
    return key + (hasValue ? " = " : VALUES.getOrDefault(option, ""));
  }

  private static @Nullable String key(String option) {
    String key = KEYS.get(option);
    if (key != null || !option.startsWith("--")) {
      return key;
    }
    String name = option.substring(2).replace('-', '_');
    return SyncReader.SWITCHES.contains(name) || SyncReader.VALUES.contains(name)
        ? "rsync." + name
        : null;
  }
}
