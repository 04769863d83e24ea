package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a program printed, without what may differ from run to run. */
final class Output {
  private static final Pattern ITEM =
      Pattern.compile("([<>ch.*][fdLDS][.+ ?cstTpoguabxn]{9}|\\*deleting  ) (.*)");
  private static final Pattern TOTAL =
      Pattern.compile("total size is (\\S+)  speedup is \\S+( \\(DRY RUN\\))?");
  private static final Pattern LITERAL = Pattern.compile("Literal data: ([0-9,]+) bytes");
  private static final Pattern MATCHED = Pattern.compile("Matched data: ([0-9,]+) bytes");
  private static final List<String> UNDEFINED =
      List.of(
          "sent ",
          "total: matches=",
          "delta-transmission ",
          "File list size: ",
          "File list generation time: ",
          "File list transfer time: ",
          "Total bytes sent: ",
          "Total bytes received: ",
          "Literal data: ",
          "Matched data: ");

  private final List<String> lines = new ArrayList<>();

  Output(String text) {
    long content = -1;
    for (String line : text.split("\n", -1)) {
      Matcher total = TOTAL.matcher(line);
      Matcher literal = LITERAL.matcher(line);
      Matcher matched = MATCHED.matcher(line);
      if (total.matches()) {
        String dry = total.group(2);
        lines.add("total size is " + total.group(1) + (dry == null ? "" : dry));
      } else if (literal.matches()) {
        content = number(literal.group(1));
      } else if (matched.matches() && content >= 0) {
        lines.add("Literal and matched data: " + (content + number(matched.group(1))));
      } else if (!line.isEmpty() && UNDEFINED.stream().noneMatch(line::startsWith)) {
        lines.add(line);
      }
    }
  }

  private static long number(String digits) {
    return Long.parseLong(digits.replace(",", ""));
  }

  /** Lines that one has and the other has not, as often as that. */
  void compare(Output other, List<Difference> found) {
    Map<String, Integer> counts = new HashMap<>();
    lines.forEach(line -> counts.merge(line, 1, Integer::sum));
    other.lines.forEach(line -> counts.merge(line, -1, Integer::sum));
    for (String line : lines) {
      if (counts.getOrDefault(line, 0) > 0) {
        counts.merge(line, -1, Integer::sum);
        found.add(new Difference(kind(line), "", "prints " + Shell.word(line), "does not"));
      }
    }
    for (String line : other.lines) {
      if (counts.getOrDefault(line, 0) < 0) {
        counts.merge(line, 1, Integer::sum);
        found.add(new Difference(kind(line), "", "does not", "prints " + Shell.word(line)));
      }
    }
  }

  private static String kind(String line) {
    if (ITEM.matcher(line).matches()) {
      return "item";
    }
    return line.startsWith("Number of ") || line.startsWith("Total ") || line.startsWith("Literal ")
        ? "stats"
        : "line";
  }

  /**
   * What is in the wrong order: a name before the directory that it is in, or a removal in a
   * directory after a name of that directory. Of lines of --itemize-changes only.
   *
   * @param removalsFirst whether removals are to come first
   */
  List<String> disorder(boolean removalsFirst) {
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> directories = new HashMap<>();
    Map<String, Integer> lastRemoval = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (String line : lines) {
      Matcher item = ITEM.matcher(line);
      String name = item.matches() ? item.group(2) : "";
      names.add(name);
      if (name.isEmpty()) {
        continue;
      }
      int at = names.size() - 1;
      if (line.startsWith("*deleting")) {
        lastRemoval.put(parent(name), at);
      } else if (name.endsWith("/")) {
        directories.putIfAbsent(name.equals("./") ? "" : name, at);
      }
    }
    for (int at = 0; at < names.size(); at++) {
      String line = lines.get(at);
      String name = names.get(at);
      if (name.isEmpty() || line.startsWith("*deleting") || name.equals("./")) {
        continue;
      }
      String parent = parent(name);
      if (directories.getOrDefault(parent, -1) > at) {
        wrong.add(line + " before its directory");
      }
      if (removalsFirst && !name.endsWith("/") && lastRemoval.getOrDefault(parent, -1) > at) {
        wrong.add(line + " before a removal from its directory");
      }
    }
    return wrong;
  }

  /**
   * The first line of --itemize-changes that comes later than in {@code reference}, of those that
   * both print and that tell of no removal; null when there is none.
   *
   * @param linked last parts of names that are made when another name of the same file is done (-H)
   */
  @Nullable String outOfPlace(Output reference, Set<String> linked) {
    List<String> mine = told(linked);
    List<String> theirs = reference.told(linked);
    mine.retainAll(theirs);
    theirs.retainAll(mine);
    for (int at = 0; at < Math.min(mine.size(), theirs.size()); at++) {
      if (!mine.get(at).equals(theirs.get(at))) {
        return mine.get(at) + " where " + theirs.get(at) + " comes";
      }
    }
    return null;
  }

  private List<String> told(Set<String> linked) {
    List<String> told = new ArrayList<>();
    for (String line : lines) {
      Matcher item = ITEM.matcher(line);
      if (item.matches() && !line.matches("(\\*deleting|h).*")) {
        String name = item.group(2);
        if (!linked.contains(name.substring(name.lastIndexOf('/') + 1))) {
          told.add(line);
        }
      }
    }
    return told;
  }

  private static String parent(String name) {
    int end = name.endsWith("/") ? name.length() - 1 : name.length();
    return name.substring(0, name.lastIndexOf('/', end - 1) + 1);
  }

  List<String> lines() {
    return lines;
  }
}
