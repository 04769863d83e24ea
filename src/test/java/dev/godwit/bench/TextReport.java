package dev.godwit.bench;

import java.util.Locale;

/** What is printed of a row when it has been measured, in 80 columns. */
final class TextReport {
  private static final String LINE = "  %-20s %9s %14s %9s %9s  %s%n";
  private static final int WIDTH = 80;

  private TextReport() {}

  static String of(RowResult result) {
    Row row = result.row();
    StringBuilder text = new StringBuilder();
    text.append("%s: %s%n".formatted(row.name(), row.title()));
    text.append(
        LINE.formatted(
            "load " + result.load(), "time s", "user+system s", "memory MB", "wire MB", "equal"));
    for (String label : result.labels()) {
      text.append(program(result, label));
    }
    String candidate = result.candidate();
    for (String label : result.labels()) {
      if (!label.equals(candidate) && result.wallRatio(label, candidate).count() > 0) {
        Spread time = result.wallRatio(label, candidate);
        text.append(
            "  %s / %s: time %.2f (%.2f to %.2f in %d), processor %.2f%n"
                .formatted(
                    label,
                    candidate,
                    time.median(),
                    time.lowest(),
                    time.highest(),
                    time.count(),
                    result.processorRatio(label, candidate).median()));
      }
    }
    for (Goal goal : row.goals()) {
      double figure = goal.figure(result);
      if (!Double.isNaN(figure)) {
        text.append(
            String.format(
                Locale.ROOT,
                "  goal %s: %.3g, %s%n",
                goal.text(),
                figure,
                goal.isMet(result) ? "met" : "NOT MET"));
      }
    }
    for (String label : result.labels()) {
      for (Measurement run : result.runs(label)) {
        for (String problem : run.problems()) {
          text.append(cut("  %s, round %d: %s".formatted(label, run.round(), problem)))
              .append(System.lineSeparator());
        }
      }
    }
    return text.toString();
  }

  private static String program(RowResult result, String label) {
    double user = result.user_s(label).median();
    double all = result.processor_s(label).median();
    double memory = result.memory_bytes(label).median();
    return LINE.formatted(
        label,
        decimal(result.wall_s(label).median()),
        decimal(user) + "+" + decimal(all - user),
        memory > 0 ? Long.toString(Math.round(memory / 1e6)) : "-",
        megabytes(result.wire_bytes(label).median()),
        result.hasProblems(label) ? "NO" : "yes");
  }

  static String decimal(double seconds) {
    if (Double.isNaN(seconds)) {
      return "-";
    }
    return String.format(Locale.ROOT, seconds < 100 ? "%.2f" : "%.0f", seconds);
  }

  static String megabytes(double bytes) {
    if (!(bytes > 0)) {
      return "-";
    }
    return String.format(Locale.ROOT, bytes < 100e6 ? "%.2f" : "%.0f", bytes / 1e6);
  }

  private static String cut(String line) {
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...";
  }
}
