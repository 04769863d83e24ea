package dev.godwit.move;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The green runs of the crash matrix, as a file beside the tests, and the table that is made of it.
 * Lines: victim, command, step, {@code begins} or {@code ended}, with tabs between; then runs, exit
 * status of the first command in the last run, the most requests that failed in one.
 */
final class TestingMatrix {
  static final Path FILE = Path.of("src/test/resources/dev/godwit/move/crash-matrix.tsv");

  record Result(int runs, int exit, int failed) {}

  private final Map<String, Result> results = new TreeMap<>();

  static TestingMatrix read() throws IOException {
    TestingMatrix matrix = new TestingMatrix();
    if (Files.exists(FILE)) {
      for (String line : Files.readAllLines(FILE)) {
        int value = line.indexOf("\t\t");
        String[] words = line.substring(value + 2).split("\t");
        matrix.results.put(
            line.substring(0, value),
            new Result(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2])));
      }
    }
    return matrix;
  }

  static String key(TestingVictim victim, Direction direction, CutoverStep step, boolean ended) {
    return String.join(
        "\t", victim.word(), direction.command(), step.word(), ended ? "ended" : "begins");
  }

  /** Whether there was a green run of it. */
  boolean has(String key) {
    return results.containsKey(key);
  }

  /** One more green run; on disk at once. */
  void add(String key, int exit, int failed) throws IOException {
    results.merge(
        key,
        new Result(1, exit, failed),
        (a, b) -> new Result(a.runs + 1, exit, Math.max(a.failed, failed)));
    Files.createDirectories(FILE.getParent());
    Files.write(
        FILE,
        results.entrySet().stream()
            .map(
                entry ->
                    "%s\t\t%d\t%d\t%d"
                        .formatted(
                            entry.getKey(),
                            entry.getValue().runs,
                            entry.getValue().exit,
                            entry.getValue().failed))
            .toList());
  }

  private Result result(TestingVictim victim, Direction direction, CutoverStep step) {
    return results.getOrDefault(key(victim, direction, step, false), new Result(0, 0, 0));
  }

  /** Steps without a green run, for people. */
  List<String> missing(Set<TestingVictim> victims) {
    List<String> all = new ArrayList<>();
    for (TestingVictim victim : victims) {
      for (Direction direction : Direction.values()) {
        for (CutoverStep step : CutoverStep.values()) {
          if (result(victim, direction, step).runs == 0) {
            all.add(key(victim, direction, step, false).replace('\t', ' '));
          }
        }
      }
    }
    return all;
  }

  /** The table of docs/reliability.md, with its sentence. */
  String table() {
    StringBuilder text = new StringBuilder();
    int runs = results.values().stream().mapToInt(Result::runs).sum();
    Map<TestingVictim, Integer> failed = new EnumMap<>(TestingVictim.class);
    StringJoiner titles = new StringJoiner(" | ", "| as it begins | ", " |\n");
    for (TestingVictim victim : TestingVictim.values()) {
      titles.add(victim.title);
    }
    text.append("%d green runs; what failed is told below.%n%n".formatted(runs)).append(titles);
    text.append("|---".repeat(TestingVictim.values().length + 1)).append("|\n");
    for (CutoverStep step : CutoverStep.values()) {
      StringJoiner cells = new StringJoiner(" | ", "| " + step.word() + " | ", " |\n");
      for (TestingVictim victim : TestingVictim.values()) {
        Result there = result(victim, Direction.TO_NEW, step);
        Result back = result(victim, Direction.TO_OLD, step);
        failed.merge(victim, Math.max(there.failed, back.failed), Math::max);
        cells.add(cell(there) + ", " + cell(back));
      }
      text.append(cells);
    }
    text.append("\nRequests that failed, the most in one run: ")
        .append(
            failed.entrySet().stream()
                .map(entry -> entry.getKey().title + " " + entry.getValue())
                .collect(Collectors.joining(", ")))
        .append(".\n");
    return text.toString();
  }

  /** How the first command ended, and in how many runs. */
  private static String cell(Result result) {
    String how =
        switch (result.exit) {
          case 0 -> "done";
          case 4 -> "back";
          case 5 -> "asks";
          case 137 -> "killed";
          default -> "stopped";
        };
    return result.runs == 0 ? "–" : how + (result.runs == 1 ? "" : " ×" + result.runs);
  }
}
