package dev.godwit.forward.relay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a host's own rules use a routing table or a mark that somebody else wants (ip-rule(8)).
 *
 * @param names of the table, as ip(8) may write it
 * @param marks those that must be free
 */
record ForeignRouting(Set<String> names, List<Integer> marks) {
  /** Where ip(8) has names of tables from; newer ones have their own below /usr. */
  private static final List<Path> NAMES =
      List.of(Path.of("/etc/iproute2/rt_tables"), Path.of("/usr/share/iproute2/rt_tables"));

  private static final String NUMBER = "(0x[0-9a-f]+|[0-9]+)";
  private static final Pattern MARK =
      Pattern.compile("\\bfwmark " + NUMBER + "(?:/" + NUMBER + ")?");
  private static final Pattern TABLE = Pattern.compile("\\blookup (\\S+)");

  /** With the names that this host gives to the table. */
  static ForeignRouting of(int table, List<Integer> marks) throws IOException {
    Set<String> names = new HashSet<>();
    for (Path file : NAMES) {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
          String[] words = line.strip().split("\\s+");
          if (words.length > 1 && words[0].matches(NUMBER) && Long.decode(words[0]) == table) {
            names.add(words[1]);
          }
        }
      }
    }
    names.add(Integer.toString(table));
    return new ForeignRouting(names, marks);
  }

  /** The first of a host's rules that uses the table or a mark; null when none does. */
  @Nullable String find(List<String> rules) {
    return rules.stream().filter(r -> usesTable(r) || usesMark(r)).findFirst().orElse(null);
  }

  private boolean usesTable(String rule) {
    Matcher found = TABLE.matcher(rule);
    return found.find() && names.contains(found.group(1));
  }

  /** A rule for all that has no mark, such as {@code fwmark 0/0xff00}, uses none. */
  private boolean usesMark(String rule) {
    Matcher found = MARK.matcher(rule);
    if (!found.find()) {
      return false;
    }
    long mask = found.group(2) == null ? 0xffffffffL : Long.decode(found.group(2));
    long asked = Long.decode(found.group(1)) & mask;
    return asked != 0 && marks.stream().anyMatch(mark -> (mark & mask) == asked);
  }
}
