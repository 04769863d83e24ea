package dev.godwit.move;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The green runs of one crash matrix, as a file beside the tests, and the table that is made of it.
 * Lines: victim, command, step, {@code begins}, {@code within} or {@code ended} or how it went on,
 * with tabs between; then runs, exit status of the first command in the last run, the most requests
 * that failed in one, and when the last one was recorded: the day, and the commit that it was made
 * with or recorded by.
 */
final class TestingMatrix {
  private static final Path FOLDER = Path.of("src/test/resources/dev/godwit/move");

  record Result(int runs, int exit, int failed, String when) {}

  /**
   * A row of its table.
   *
   * @param places what follows the victim in a key; a column shows the results of all of them
   */
  record Row(String title, List<String> places) {}

  private final Path file;
  private final Map<String, Result> results = new TreeMap<>();

  private TestingMatrix(Path file) {
    this.file = file;
  }

  /** The one of this name; empty when nothing is written yet. */
  static TestingMatrix read(String name) throws IOException {
    TestingMatrix matrix = new TestingMatrix(FOLDER.resolve(name + ".tsv"));
    if (Files.exists(matrix.file)) {
      for (String line : Files.readAllLines(matrix.file)) {
        int value = line.indexOf("\t\t");
        String[] words = line.substring(value + 2).split("\t");
        matrix.results.put(
            line.substring(0, value),
            new Result(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                words[3]));
      }
    }
    return matrix;
  }

  static String key(TestingVictim victim, String place) {
    return victim.word() + "\t" + place;
  }

  static String place(String command, String step, String how) {
    return String.join("\t", command, step, how);
  }

  /** Whether there was a green run of it. */
  boolean has(String key) {
    return results.containsKey(key);
  }

  /** One more green run; on disk at once. */
  void add(String key, int exit, int failed) throws IOException {
    results.merge(
        key,
        new Result(1, exit, failed, LocalDate.now(ZoneOffset.UTC) + " " + commit()),
        (a, b) -> new Result(a.runs + 1, exit, Math.max(a.failed, failed), b.when));
    Files.createDirectories(FOLDER);
    Files.write(
        file,
        results.entrySet().stream()
            .map(
                entry ->
                    "%s\t\t%d\t%d\t%d\t%s"
                        .formatted(
                            entry.getKey(),
                            entry.getValue().runs,
                            entry.getValue().exit,
                            entry.getValue().failed,
                            entry.getValue().when))
            .toList());
  }

  private static String commit() throws IOException {
    Process git = new ProcessBuilder("git", "rev-parse", "--short=8", "HEAD").start();
    String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    if (!commit.strip().matches("[0-9a-f]{8,}")) {
      throw new IOException("git does not say which commit this is");
    }
    return commit.strip();
  }

  private Result result(TestingVictim victim, String place) {
    return results.getOrDefault(key(victim, place), new Result(0, 0, 0, ""));
  }

  /** Places without a green run, for people. */
  List<String> missing(Set<TestingVictim> victims, List<Row> rows) {
    List<String> all = new ArrayList<>();
    for (TestingVictim victim : victims) {
      for (Row row : rows) {
        for (String place : row.places) {
          if (!has(key(victim, place))) {
            all.add(key(victim, place).replace('\t', ' '));
          }
        }
      }
    }
    return all;
  }

  /**
   * The table of docs/reliability.md, with its sentence.
   *
   * @param heading of the rows
   * @param canBe whether what has this key can be tried at all
   */
  String table(
      String heading, Set<TestingVictim> victims, List<Row> rows, Predicate<String> canBe) {
    StringBuilder text = new StringBuilder();
    int runs = results.values().stream().mapToInt(Result::runs).sum();
    Map<TestingVictim, Integer> failed = new EnumMap<>(TestingVictim.class);
    StringJoiner titles = new StringJoiner(" | ", "| " + heading + " | ", " |\n");
    for (TestingVictim victim : victims) {
      titles.add(victim.title);
    }
    text.append("%d green runs, %s; what failed is told below.%n%n".formatted(runs, when()))
        .append(titles);
    text.append("|---".repeat(victims.size() + 1)).append("|\n");
    for (Row row : rows) {
      StringJoiner cells = new StringJoiner(" | ", "| " + row.title + " | ", " |\n");
      for (TestingVictim victim : victims) {
        StringJoiner cell = new StringJoiner(", ");
        for (String place : row.places) {
          Result result = result(victim, place);
          failed.merge(victim, result.failed, Math::max);
          cell.add(canBe.test(key(victim, place)) ? cell(result) : "·");
        }
        cells.add(cell.toString());
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

  private String when() {
    List<String> all = results.values().stream().map(Result::when).distinct().sorted().toList();
    String first = all.getFirst().replaceFirst(" (.*)", " ($1)");
    String last = all.getLast().replaceFirst(" (.*)", " ($1)");
    return first.equals(last) ? "of " + first : "from %s to %s".formatted(first, last);
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
