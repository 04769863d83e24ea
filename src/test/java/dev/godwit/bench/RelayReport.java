package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What is told of a row of relays: in 80 columns, as lines of the page, and for programs. */
final class RelayReport {
  private static final int WIDTH = 80;

  /** In the order of the page's columns. */
  private static final List<String> COLUMNS =
      List.of(
          Relayers.CANDIDATE,
          Relayers.DIRECT,
          Relayers.HAPROXY,
          Relayers.HAPROXY_SPLICE,
          Relayers.HAPROXY_SPLICE_ALL,
          Relayers.NGINX,
          Relayers.SOCAT,
          Relayers.SSH,
          Relayers.SSH_AES,
          Relayers.DNAT);

  static final String HEAD =
      "| row, figure | goal | "
          + String.join(" | ", COLUMNS)
          + " | compared (lowest to highest) | met | load | day |\n|"
          + "---|".repeat(COLUMNS.size() + 6)
          + "\n";

  private RelayReport() {}

  /** For people who watch. */
  static String text(RelayResult result) {
    RelayRow row = result.row();
    StringBuilder text = new StringBuilder();
    text.append("%s: %s%n".formatted(row.name(), row.title()));
    text.append("  load at each round: %s%n".formatted(String.join(" ", result.loads())));
    List<RelayLoad.Figure> figures = row.load().figures();
    StringBuilder head = new StringBuilder("  " + " ".repeat(15));
    figures.forEach(figure -> head.append("%12s".formatted(cut(figure.name(), 12))));
    text.append(cut(head.toString(), WIDTH)).append(System.lineSeparator());
    for (String label : result.labels()) {
      StringBuilder line = new StringBuilder("  %-15s".formatted(label));
      for (RelayLoad.Figure figure : figures) {
        line.append("%12s".formatted(number(result.figure(label, figure.name()).median())));
      }
      text.append(cut(line.toString(), WIDTH)).append(System.lineSeparator());
    }
    for (RelayGoal goal : row.goals()) {
      text.append(
          "  goal: %s %s:%n    %s, %s%n"
              .formatted(
                  goal.figure().name(),
                  goal.text(),
                  spread(goal.measured(result)),
                  goal.isMet(result) ? "met" : "NOT MET"));
    }
    for (String label : result.labels()) {
      if (!result.cipher(label).isEmpty()) {
        text.append("  cipher of %s: %s%n".formatted(label, result.cipher(label)));
      }
    }
    for (String label : result.labels()) {
      for (String problem : result.problems(label)) {
        text.append(cut("  %s: %s".formatted(label, problem.replace('\n', ' ')), WIDTH))
            .append(System.lineSeparator());
      }
    }
    return text.toString();
  }

  /** Lines of the page, by what stands first in each. */
  static Map<String, String> lines(RelayResult result, String day) {
    Map<String, String> lines = new LinkedHashMap<>();
    for (RelayLoad.Figure figure : result.row().load().figures()) {
      String name = key(result.row(), figure);
      RelayGoal goal = RelayGoal.of(result.row(), figure);
      List<String> cells = new ArrayList<>();
      cells.add("`" + name + "`");
      cells.add(goal == null ? "" : goal.text());
      for (String column : COLUMNS) {
        cells.add(
            result.problems(column).isEmpty()
                ? number(result.figure(column, figure.name()).median())
                : "failed");
      }
      cells.add(goal == null ? "" : spread(goal.measured(result)));
      cells.add(goal == null ? "" : goal.isMet(result) ? "yes" : "no");
      cells.add(loads(result));
      cells.add(day);
      lines.put(name, line(cells));
    }
    if (!result.cipher(Relayers.CANDIDATE).isEmpty()) {
      String name = cipherKey(result.row());
      List<String> cells = new ArrayList<>(List.of("`" + name + "`", ""));
      COLUMNS.forEach(column -> cells.add(result.cipher(column)));
      cells.addAll(List.of("", "", loads(result), day));
      lines.put(name, line(cells));
    }
    return lines;
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }

  private static String loads(RelayResult result) {
    return result.loads().getFirst() + " to " + result.loads().getLast();
  }

  /** All lines that there may be, in their order. */
  static List<String> order(List<RelayRow> rows) {
    List<String> order = new ArrayList<>();
    for (RelayRow row : rows) {
      row.load().figures().forEach(figure -> order.add(key(row, figure)));
      order.add(cipherKey(row));
    }
    return order;
  }

  private static String key(RelayRow row, RelayLoad.Figure figure) {
    return row.name() + ", " + figure.name();
  }

  private static String cipherKey(RelayRow row) {
    return row.name() + ", cipher";
  }

  /** Every figure of every round. */
  static void writeJson(
      Path file, String command, String day, Map<String, String> machine, List<RelayResult> results)
      throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("command", command);
    all.put("date", day);
    all.put("machine", machine);
    List<Object> rows = new ArrayList<>();
    for (RelayResult result : results) {
      Map<String, Object> programs = new LinkedHashMap<>();
      Map<String, Object> ciphers = new LinkedHashMap<>();
      for (String label : result.labels()) {
        programs.put(label, result.runs(label));
        ciphers.put(label, result.cipher(label));
      }
      rows.add(
          Map.of(
              "name",
              result.row().name(),
              "loads",
              result.loads(),
              "programs",
              programs,
              "ciphers",
              ciphers));
    }
    all.put("rows", rows);
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    Files.writeString(file, mapper.writeValueAsString(all) + "\n");
  }

  static String number(double value) {
    if (Double.isNaN(value)) {
      return "";
    }
    double size = Math.abs(value);
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  }

  private static String spread(Spread spread) {
    return spread.count() == 0
        ? "not measured"
        : "%s (%s to %s in %d)"
            .formatted(
                number(spread.median()),
                number(spread.lowest()),
                number(spread.highest()),
                spread.count());
  }

  private static String cut(String line, int width) {
    return line.length() <= width ? line : line.substring(0, width - 3) + "...";
  }
}
