package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tables of {@code docs/benchmarks.md}, between two marks; what people wrote around them stays.
 * Only the rows that were measured are replaced, so that one row can be measured again.
 */
final class ResultsPage {
  static final String BEGIN = "<!-- results: written by ./benchmark -->";
  static final String END = "<!-- end of results -->";
  private static final String HEAD =
      "| row | goal | Godwit s | rsync s | rsync / Godwit | processor | memory MB | wire MB |"
          + " others s | met | load | day |\n"
          + "|---|---|---|---|---|---|---|---|---|---|---|---|\n";

  private final String begin;
  private final String end;
  private final String head;

  /**
   * @param head of the table, two lines
   */
  ResultsPage(String begin, String end, String head) {
    this.begin = begin;
    this.end = end;
    this.head = head;
  }

  static void update(
      Path file,
      List<String> order,
      String command,
      String day,
      Map<String, String> machine,
      List<RowResult> results)
      throws IOException {
    Files.writeString(file, updated(Files.readString(file), order, command, day, machine, results));
  }

  /** The page with these results in it. */
  static String updated(
      String page,
      List<String> order,
      String command,
      String day,
      Map<String, String> machine,
      List<RowResult> results)
      throws BenchmarkException {
    Map<String, String> lines = new LinkedHashMap<>();
    results.forEach(result -> lines.put(result.row().name(), line(result, day)));
    return new ResultsPage(BEGIN, END, HEAD).updated(page, order, command, day, machine, lines);
  }

  /**
   * The page with these lines of its table replaced.
   *
   * @param order names of all lines that may be there
   * @param lines by name, which stands first in each, between backticks
   */
  String updated(
      String page,
      List<String> order,
      String command,
      String day,
      Map<String, String> machine,
      Map<String, String> lines)
      throws BenchmarkException {
    int from = page.indexOf(begin);
    int to = page.indexOf(end);
    if (from < 0 || to < from) {
      throw new BenchmarkException(
          "the page for the results has no lines \"" + begin + "\" and \"" + end + "\"");
    }
    Map<String, String> rows = new LinkedHashMap<>();
    page.substring(from, to)
        .lines()
        .filter(line -> line.startsWith("| `"))
        .forEach(line -> rows.put(line.substring(3, line.indexOf('`', 3)), line));
    rows.putAll(lines);

    StringBuilder text = new StringBuilder(begin).append("\n\n");
    text.append("Last run: `%s`, %s.\n\n".formatted(command, day));
    machine.forEach((name, value) -> text.append("- %s: %s\n".formatted(name, value)));
    text.append('\n').append(head);
    for (String name : order) {
      String row = rows.get(name);
      if (row != null) {
        text.append(row).append('\n');
      }
    }
    return page.substring(0, from) + text.append('\n') + page.substring(to);
  }

  private static String line(RowResult result, String day) {
    Row row = result.row();
    String candidate = result.candidate();
    String rsync = "rsync";
    Spread ratio = result.wallRatio(rsync, candidate);
    List<String> others = new ArrayList<>();
    for (String label : result.labels()) {
      if (!label.equals(candidate) && !label.equals(rsync)) {
        others.add(label + " " + TextReport.decimal(result.wall_s(label).median()));
      }
    }
    boolean ran = ratio.count() > 0;
    return "| "
        + String.join(
            " | ",
            "`" + row.name() + "`",
            String.join("; ", row.goals().stream().map(Goal::text).toList()),
            seconds(result, candidate),
            seconds(result, rsync),
            ran
                ? String.format(
                    Locale.ROOT,
                    "%.2f (%.2f to %.2f in %d)",
                    ratio.median(),
                    ratio.lowest(),
                    ratio.highest(),
                    ratio.count())
                : "",
            ran
                ? String.format(
                    Locale.ROOT, "%.2f", result.processorRatio(rsync, candidate).median())
                : "",
            pair(
                result.memory_bytes(candidate).median() / 1e6,
                result.memory_bytes(rsync).median() / 1e6,
                "%.0f"),
            row.route().isRemote()
                ? pair(
                    result.wire_bytes(candidate).median() / 1e6,
                    result.wire_bytes(rsync).median() / 1e6,
                    "%.1f")
                : "",
            String.join(", ", others),
            ran ? (row.goals().stream().allMatch(goal -> goal.isMet(result)) ? "yes" : "no") : "",
            result.load(),
            day)
        + " |";
  }

  private static String seconds(RowResult result, String label) {
    if (result.runs(label).isEmpty()) {
      return "";
    }
    return TextReport.decimal(result.wall_s(label).median())
        + (result.hasProblems(label) ? " (not equal)" : "");
  }

  private static String pair(double candidate, double rsync, String format) {
    String other = String.format(Locale.ROOT, format, rsync);
    return Double.isNaN(candidate)
        ? "- / " + other
        : String.format(Locale.ROOT, format, candidate) + " / " + other;
  }
}
