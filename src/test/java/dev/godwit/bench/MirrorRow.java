package dev.godwit.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code ./benchmark mirror} can measure, one line of the page for each of its figures.
 *
 * <p>Each is measured with a tree of its own; a figure of a program that does not have it is left
 * out.
 */
enum MirrorRow {
  LOCAL("a tree of 150,000 files in 2,000 directories, within the host", false, true),
  SSH("the same, over ssh", true, true),
  BURST("the same over ssh, 2,000 changes a second for 60 s", true, false),
  SOAK("a small tree over ssh, ten minutes of bursts and rests", true, false),
  START("100,000 files in 2,000 directories, within the host", false, true),
  START_WIDE("100,000 files in 50,000 directories, within the host", false, true),
  MILLION("1,000,000 empty files in 20,000 directories, within the host", false, true);

  /** A figure: its name, what it is, and what was aimed at. */
  private record Figure(String name, String what, String goal) {}

  private static final int RATE_BURST = 2000;

  private final String title;
  private final boolean isFar;
  private final boolean isForLsyncd;

  MirrorRow(String title, boolean isFar, boolean isForLsyncd) {
    this.title = title;
    this.isFar = isFar;
    this.isForLsyncd = isForLsyncd;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String title() {
    return title;
  }

  boolean isFar() {
    return isFar;
  }

  /** Whether lsyncd is measured too. */
  boolean isForLsyncd() {
    return isForLsyncd;
  }

  /** Which of them take so long that they are measured only when they are named. */
  boolean isLong() {
    return this == MILLION;
  }

  /** How often it is measured when so many rounds are asked for: what takes ten minutes, once. */
  int rounds(int asked) {
    return this == SOAK ? 1 : asked;
  }

  private List<Figure> figures() {
    return switch (this) {
      case LOCAL -> changes("3 ms", "10 ms", "15 ms", "", "5 ms", "10 %");
      case SSH -> changes("10 ms", "25 ms", "50 ms", "6 ms", "15 ms", "15 %");
      case BURST ->
          List.of(
              new Figure("rate", "changes a second", "2000"),
              new Figure("lag", "after the last write until all is there, ms", "100"),
              new Figure("processor", "processor, %", ""),
              new Figure("memory", "memory of both ends, MB", ""));
      case SOAK -> soak();
      case START, START_WIDE ->
          List.of(
              new Figure(
                  "start",
                  "start, target equal, until a change is there, s",
                  this == START ? "0.6 s" : "1 s"));
      case MILLION ->
          List.of(
              new Figure("start", "start, target equal, until a change is there, s", ""),
              new Figure(
                  "barrier", "barrier with 100 dirty files, the first ten, ms", "20 ms + the disk"),
              new Figure(
                  "barrier-later",
                  "barrier with 100 dirty files, after forty others, ms",
                  "20 ms + the disk"),
              new Figure("disk", "of 100 such files, the disk's own sync alone, ms", ""),
              new Figure("memory", "memory, MB", "150"));
    };
  }

  private static List<Figure> changes(
      String p50, String p95, String p99, String each, String rated, String processor) {
    String rate = "50 changes a second for 10 s, ";
    return List.of(
        new Figure("start", "start until a change is there, s", ""),
        new Figure("p50", "one change, p50, ms", p50),
        new Figure("p95", "one change, p95, ms", p95),
        new Figure("p99", "one change, p99, ms", p99),
        new Figure("each", "one change, processor time, ms", each),
        new Figure("waits", "one change, times that a thread waited", ""),
        new Figure("rated-p50", rate + "p50, ms", rated),
        new Figure("rated-p99", rate + "p99, ms", ""),
        new Figure("rated-processor", rate + "processor, %", processor),
        new Figure("rename", "a directory of 50,000 files renamed, ms", "50 ms"),
        new Figure("memory", "memory at the end, MB", ""));
  }

  private static List<Figure> soak() {
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("bursts", "bursts in ten minutes, each of 5,000 changes", ""));
    figures.add(new Figure("lag-p50", "after a burst until all is there, the middle one, ms", ""));
    figures.add(new Figure("lag-most", "the same, the longest, ms", ""));
    figures.add(
        new Figure("zero-most", "after a burst until status says lag 0, the longest, ms", ""));
    for (MirrorSoak.Size size : MirrorSoak.Size.values()) {
      for (MirrorSoak.Moment moment : MirrorSoak.Moment.values()) {
        figures.add(
            new Figure(
                size.figure(moment),
                size.what() + ", " + moment.what(),
                moment == MirrorSoak.Moment.END ? "as before" : ""));
      }
    }
    return figures;
  }

  MirrorTrial.Shape shape(Scale scale) {
    return switch (this) {
      case LOCAL, SSH, BURST ->
          new MirrorTrial.Shape(scale.count(2000), 50, 2000, scale.count(50_000));
      case SOAK -> new MirrorTrial.Shape(scale.count(2000), 5, 2000, 0);
      case START -> new MirrorTrial.Shape(scale.count(2000), 50, 2000, 0);
      case START_WIDE -> new MirrorTrial.Shape(scale.count(50_000), 2, 2000, 0);
      case MILLION -> new MirrorTrial.Shape(scale.count(20_000), 50, 0, 0);
    };
  }

  /**
   * Whether its trees have to have grown old: what was changed within {@link MirrorTrial#DOUBT} is
   * compared by its content, which is not what a start costs when nothing has changed.
   */
  boolean isOfOldTrees() {
    return this == START || this == START_WIDE || this == MILLION;
  }

  /** Measures once, by names of figures. */
  Map<String, Double> measure(MirrorTrial trial, Scale scale)
      throws IOException, InterruptedException {
    Map<String, Double> found = new TreeMap<>();
    found.put("start", trial.start());
    switch (this) {
      case LOCAL, SSH -> changes(trial, scale, found);
      case BURST -> burst(trial, scale, found);
      case SOAK -> {
        trial.settle();
        new MirrorSoak(trial, scale).run(found);
      }
      case START, START_WIDE -> {}
      case MILLION -> barriers(trial, found);
    }
    return found;
  }

  private void changes(MirrorTrial trial, Scale scale, Map<String, Double> found)
      throws IOException, InterruptedException {
    trial.settle();
    for (int i = 0; i < scale.count(20); i++) {
      var unused = trial.single();
    }
    double[] single = new double[scale.count(400)]; // the worst four are beyond p99
    double waits = trial.waits();
    MirrorTrial.Clock each = trial.clock();
    for (int i = 0; i < single.length; i++) {
      single[i] = trial.single();
      trial.rest();
    }
    found.put("each", 1000 * each.processorSeconds() / single.length);
    if (trial.isGodwit()) {
      found.put("waits", (trial.waits() - waits) / single.length);
    } // lsyncd's commands have ended by then
    found.put("p50", quantile(single, 50));
    found.put("p95", quantile(single, 95));
    found.put("p99", quantile(single, 99));
    MirrorTrial.Clock clock = trial.clock();
    double[] rated = trial.rated(50, scale.count(10));
    found.put("rated-processor", clock.percent());
    found.put("rated-p50", quantile(rated, 50));
    found.put("rated-p99", quantile(rated, 99));
    if (trial.isGodwit() || this == SSH) {
      found.put("rename", trial.rename());
    } // within a host lsyncd makes a command for each file, in a time that grows with their square
    found.put("memory", trial.residentMegabytes());
  }

  private static void burst(MirrorTrial trial, Scale scale, Map<String, Double> found)
      throws IOException, InterruptedException {
    trial.settle();
    MirrorTrial.Clock clock = trial.clock();
    MirrorTrial.Burst burst = trial.burst(RATE_BURST, scale.count(60));
    found.put("processor", clock.percent());
    found.put("rate", burst.changesPerSecond());
    found.put("lag", burst.lagMillis());
    found.put("memory", trial.residentMegabytes());
  }

  private static void barriers(MirrorTrial trial, Map<String, Double> found)
      throws IOException, InterruptedException {
    trial.settle();
    if (trial.isGodwit()) {
      double[] barriers = new double[60];
      double[] disk = new double[barriers.length];
      for (int i = 0; i < barriers.length; i++) {
        disk[i] = trial.diskSync(100);
        barriers[i] = trial.barrier(100);
        trial.rest();
      }
      found.put("barrier", quantile(Arrays.copyOf(barriers, 10), 50));
      // As a mirror is that has lived for a while: what is called often is compiled by then.
      found.put("barrier-later", quantile(Arrays.copyOfRange(barriers, 40, 60), 50));
      found.put("disk", quantile(disk, 50));
    }
    found.put("memory", trial.residentMegabytes());
  }

  /** The least of the figures that so many percent of all do not exceed (nearest rank). */
  static double quantile(double[] figures, int percent) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length * percent + 99) / 100 - 1];
  }

  // ---- the page

  static final String HEAD =
      "| row, figure | what | goal | Godwit | lsyncd | lsyncd / Godwit | load | day |\n"
          + "|---|---|---|---|---|---|---|---|\n";

  /** The names of all lines of the page. */
  static List<String> order() {
    List<String> order = new ArrayList<>();
    for (MirrorRow row : values()) {
      row.figures().forEach(figure -> order.add(row.line(figure)));
    }
    return order;
  }

  private String line(Figure figure) {
    return word() + " " + figure.name;
  }

  /**
   * Its lines, by their names.
   *
   * @param godwit what was found in each round
   * @param lsyncd the same; empty when it was not measured
   */
  Map<String, String> lines(
      List<Map<String, Double>> godwit, List<Map<String, Double>> lsyncd, String load, String day) {
    Map<String, String> lines = new LinkedHashMap<>();
    for (Figure figure : figures()) {
      double[] ours = all(godwit, figure);
      double[] theirs = all(lsyncd, figure);
      double[] ratios = new double[Math.min(ours.length, theirs.length)];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = theirs[i] / ours[i];
      }
      Spread ratio = Spread.of(ratios);
      lines.put(
          line(figure),
          "| "
              + String.join(
                  " | ",
                  "`" + line(figure) + "`",
                  figure.what,
                  figure.goal,
                  middle(ours),
                  middle(theirs),
                  ratios.length == 0
                      ? ""
                      : String.format(
                          Locale.ROOT,
                          "%.2f (%.2f to %.2f in %d)",
                          ratio.median(),
                          ratio.lowest(),
                          ratio.highest(),
                          ratio.count()),
                  load,
                  day)
              + " |");
    }
    return lines;
  }

  /** The middle; with several rounds also how far they lie apart. */
  private static String middle(double[] figures) {
    Spread spread = Spread.of(figures);
    return switch (figures.length) {
      case 0 -> "";
      case 1 -> TextReport.decimal(spread.median());
      default ->
          "%s (%s to %s)"
              .formatted(
                  TextReport.decimal(spread.median()),
                  TextReport.decimal(spread.lowest()),
                  TextReport.decimal(spread.highest()));
    };
  }

  private static double[] all(List<Map<String, Double>> found, Figure figure) {
    return found.stream()
        .filter(one -> one.containsKey(figure.name))
        .mapToDouble(one -> one.getOrDefault(figure.name, Double.NaN))
        .toArray();
  }
}
