package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./benchmark mirror}: the rows of {@link MirrorRow}, each in turn with both programs. */
@Command(
    name = "mirror",
    description =
        "Follows the same changes with godwit mirror and with lsyncd (delay 0) in turn, within a "
            + "host and over ssh, each on a new copy of one tree, and says how long each change "
            + "took. Compares both trees at the end of each run. Needs root and lsyncd.")
final class MirrorBenchmark implements Callable<Integer> {
  private static final String PAGE = "docs/benchmarks.md";
  private static final String BEGIN = "<!-- mirror: written by ./benchmark -->";
  private static final String END = "<!-- end of mirror -->";

  /** For both trees of the largest row; the image is sparse. */
  private static final long TREES_BYTES = 8L << 30;

  private static final long TREES_INODES = 2_500_000;

  @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--small",
      description = "A fiftieth of the trees and of the changes; the results are not kept.")
  private boolean small;

  @Mixin private RowChoice rowChoice = new RowChoice();

  @Option(names = "--list", description = "Show the rows and end.")
  private boolean list;

  @Option(names = "--folder", paramLabel = "DIR", description = "Default: target/benchmark.")
  private @Nullable Path folder;

  @Override
  public Integer call() throws Exception {
    if (list) {
      for (MirrorRow row : MirrorRow.values()) {
        System.out.printf(
            "%-11s %s%s%n", row.word(), row.title(), row.isLong() ? "; takes long" : "");
      }
      return 0;
    }
    BenchmarkCommand.requireRoot();
    if (!Programs.exist("lsyncd")) {
      throw new BenchmarkException("needs lsyncd: apt-get install lsyncd");
    }
    List<MirrorRow> chosen =
        rowChoice.of(List.of(MirrorRow.values()), MirrorRow::word, MirrorRow::isLong);
    Path home = Path.of(System.getProperty("godwit.home", "")).toAbsolutePath();
    Path place = (folder == null ? home.resolve("target/benchmark") : folder).resolve("mirror");
    Files.createDirectories(place);
    boolean equal = true;
    try (Line line = new Line(place.resolve("line"))) {
      for (MirrorRow row : chosen) {
        equal &= measure(row, home, place, line);
      }
    } finally {
      MirrorTrial.remove(place);
    }
    return equal ? 0 : 1;
  }

  /** Returns whether the trees were equal at the end of each run. */
  private boolean measure(MirrorRow row, Path home, Path place, Line line)
      throws IOException, InterruptedException {
    Map<String, List<Map<String, Double>>> found = new LinkedHashMap<>();
    boolean equal = true;
    Scale scale = small ? Scale.SMALL : Scale.FULL;
    Path trees = place.resolve("trees");
    Path image = place.resolve("trees.img");
    Path old = place.resolve("old-trees.img");
    if (row.isOfOldTrees()) {
      makeTrees(old, trees, row, home, place, line, scale);
      Thread.sleep(MirrorTrial.DOUBT); // once: the copies of a file system are as old as it is
    }
    for (int round = 0; round < row.rounds(rounds); round++) {
      List<String> order =
          row.isForLsyncd() ? Arrays.asList("godwit", "lsyncd") : List.of("godwit");
      for (String program : round % 2 == 1 ? order.reversed() : order) {
        if (row.isOfOldTrees()) {
          Programs.run("cp", "--sparse=always", old.toString(), image.toString());
        } else {
          makeTrees(image, trees, row, home, place, line, scale);
        }
        try (LoopImage mounted = LoopImage.mountTarget(image, trees);
            MirrorTrial trial =
                new MirrorTrial(
                    home,
                    place,
                    mounted.root(),
                    line,
                    row.isFar(),
                    program,
                    row.shape(scale),
                    1000L * round)) {
          trial.look();
          found.computeIfAbsent(program, key -> new ArrayList<>()).add(row.measure(trial, scale));
          String left = trial.difference();
          equal &= left.isEmpty();
          System.out.printf("%s %s, round %d done%n", row.word(), program, round + 1);
          if (!left.isEmpty()) {
            System.out.printf("%s, %s: not equal at the end:%n%s%n", row.word(), program, left);
          }
        }
      }
    }
    String day = LocalDate.now(ZoneOffset.UTC).toString();
    Map<String, String> lines =
        row.lines(
            found.getOrDefault("godwit", List.of()),
            found.getOrDefault("lsyncd", List.of()),
            MachineFacts.load(),
            day);
    lines.values().forEach(System.out::println);
    if (!small) {
      // After each row: what was measured stays when a later row is interrupted.
      keep(home.resolve(PAGE), day, lines);
    }
    return equal;
  }

  private static void makeTrees(
      Path image, Path trees, MirrorRow row, Path home, Path place, Line line, Scale scale)
      throws IOException {
    LoopImage.make(image, TREES_BYTES, TREES_INODES);
    try (LoopImage mounted = LoopImage.mountTarget(image, trees);
        MirrorTrial trial =
            new MirrorTrial(
                home, place, mounted.root(), line, row.isFar(), "", row.shape(scale), 0)) {
      trial.tree();
    }
  }

  private void keep(Path page, String day, Map<String, String> lines) throws IOException {
    String command = "./benchmark mirror --rounds " + rounds + rowChoice.typed();
    Map<String, String> programs = Map.of("lsyncd", Programs.run("lsyncd", "--version").strip());
    Files.writeString(
        page,
        new ResultsPage(BEGIN, END, MirrorRow.HEAD)
            .updated(Files.readString(page), MirrorRow.order(), command, day, programs, lines));
  }
}
