package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is made of the runs: medians, goals, tables. */
final class ResultsTest {
  private static final List<Row> ROWS = new SyncRows(Candidate.GODWIT, "/godwit").all();
  private static final Map<String, String> MACHINE = Map.of("processor", "2 x made up");
  private static final List<String> ORDER = ROWS.stream().map(Row::name).toList();

  @Test
  void a_median_is_in_the_middle() {
    assertThat(Spread.of(3, 1, 2)).isEqualTo(new Spread(2, 1, 3, 3));
    assertThat(Spread.of(4, 1, 2, 3).median()).isEqualTo(2.5);
    assertThat(Spread.of().median()).isNaN();
  }

  @Test
  void ratios_are_taken_round_by_round() {
    RowResult result = new RowResult(row("mails"), "0.12");
    // Slow for both in the second round: the ratio is the same.
    add(result, "godwit", 1, 2, 100);
    add(result, "rsync", 1, 6, 100);
    add(result, "rsync", 2, 60, 100);
    add(result, "godwit", 2, 20, 100);
    add(result, "godwit", 3, 2, 100);
    assertThat(result.wallRatio("rsync", "godwit")).isEqualTo(new Spread(3, 3, 3, 2));
  }

  @Test
  void a_goal_is_met_by_time_and_only_with_an_equal_result() {
    RowResult result = new RowResult(row("mails"), "0.12");
    add(result, "godwit", 1, 2, 100);
    add(result, "rsync", 1, 5, 100);
    Goal goal = new Goal.TimesFaster(2.5, "rsync");
    assertThat(goal.isMet(result)).isTrue();
    assertThat(new Goal.TimesFaster(2.6, "rsync").isMet(result)).isFalse();
    assertThat(new Goal.TimesSlowerAtMost(0.4, "rsync").isMet(result)).isTrue();
    assertThat(new Goal.TimesSlowerAtMost(0.39, "rsync").isMet(result)).isFalse();

    result.add(
        "godwit",
        new Measurement(
            2, Duration.ofSeconds(1), processor(1), 0, 0, List.of("other content: /a")));
    assertThat(goal.isMet(result)).isFalse();
    assertThat(result.wall_s("godwit")).as("a wrong run is no time").isEqualTo(Spread.of(2));
  }

  @Test
  void goals_of_bytes_and_memory_are_limits() {
    RowResult result = new RowResult(row("delta"), "0.12");
    add(result, "godwit", 1, 1, 60);
    add(result, "rsync", 1, 1, 600);
    assertThat(new Goal.WireShare(0.1, "rsync").figure(result)).isCloseTo(0.1, within(1e-9));
    assertThat(new Goal.WireShare(0.1, "rsync").isMet(result)).isTrue();
    assertThat(new Goal.WireShare(0.09, "rsync").isMet(result)).isFalse();
    assertThat(new Goal.WireMegabytes(60).isMet(result)).isTrue();
    assertThat(new Goal.WireMegabytes(59).isMet(result)).isFalse();
    assertThat(new Goal.MemoryMegabytes(7).isMet(result)).isTrue();
    assertThat(new Goal.MemoryMegabytes(6).isMet(result)).isFalse();
  }

  @Test
  void a_goal_is_not_met_by_what_did_not_run() {
    RowResult result = new RowResult(row("mails"), "0.12");
    add(result, "rsync", 1, 5, 100);
    assertThat(new Goal.TimesFaster(1, "rsync").isMet(result)).isFalse();
    assertThat(new Goal.MemoryMegabytes(1000).isMet(result)).isFalse();
  }

  @Test
  void every_row_has_a_name_of_its_own_and_a_goal_for_programs_that_run() {
    assertThat(ORDER).doesNotHaveDuplicates();
    for (Row row : ROWS) {
      List<String> labels = row.contestants().stream().map(Contestant::label).toList();
      assertThat(labels).as(row.name()).contains(row.candidate(), "rsync").doesNotHaveDuplicates();
      assertThat(row.goals()).as(row.name()).isNotEmpty();
      RowResult result = new RowResult(row, "12.34");
      labels.forEach(label -> add(result, label, 1, 1, 1));
      for (Goal goal : row.goals()) {
        assertThat(goal.figure(result)).as(row.name() + ", " + goal.text()).isNotNaN();
      }
      assertThat(row.title().length()).isLessThanOrEqualTo(54);
    }
  }

  @Test
  void without_a_candidate_the_others_run() {
    for (Row row : new SyncRows(Candidate.NONE, "/godwit").all()) {
      assertThat(row.contestants().stream().map(Contestant::label).toList())
          .contains("rsync")
          .noneMatch(label -> label.contains("godwit"));
    }
  }

  @Test
  void a_report_fits_80_columns() {
    for (Row row : ROWS) {
      RowResult result = new RowResult(row, "12.34");
      for (Contestant contestant : row.contestants()) {
        add(result, contestant.label(), 1, 123.4, 1_234_567_890);
        result.add(
            contestant.label(),
            new Measurement(
                2, Duration.ofMillis(1), processor(100), 0, 0, List.of("x".repeat(200))));
      }
      assertThat(TextReport.of(result).lines())
          .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }
  }

  @Test
  void a_page_keeps_what_people_wrote_and_rows_that_were_not_measured() throws Exception {
    String page =
        "# Title\n"
            + ResultsPage.BEGIN
            + "\n| row | goal |\n|---|---|\n| `web` | old |\n| `mails` | old |\n"
            + ResultsPage.END
            + "\nNotes\n";
    RowResult result = new RowResult(row("mails"), "0.12");
    add(result, "godwit", 1, 2, 0);
    add(result, "rsync", 1, 6, 0);
    add(result, "cp -a", 1, 4, 0);

    String updated =
        ResultsPage.updated(
            page, ORDER, "./benchmark sync", "2026-01-02", MACHINE, List.of(result));

    assertThat(updated).startsWith("# Title\n").endsWith(ResultsPage.END + "\nNotes\n");
    assertThat(updated).contains("`./benchmark sync`", "2026-01-02", "2 x made up");
    assertThat(updated.lines().filter(line -> line.startsWith("| `")).toList())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("| `mails` | 2.5 x as fast as rsync | 2.00 | 6.00 | 3.00 ")
                    .contains("cp -a 4.00", "| yes | 0.12 |"),
            line -> assertThat(line).isEqualTo("| `web` | old |"));
    assertThat(
            ResultsPage.updated(
                updated, ORDER, "./benchmark sync", "2026-01-02", MACHINE, List.of(result)))
        .isEqualTo(updated);
  }

  @Test
  void a_page_without_a_place_for_results_is_an_error() {
    assertThatThrownBy(() -> ResultsPage.updated("# Title\n", ORDER, "", "", MACHINE, List.of()))
        .hasMessageContaining(ResultsPage.BEGIN);
  }

  @Test
  void calls_are_counted_for_the_files_that_one_tree_has_more() {
    List<String> table =
        List.of(
            "    calls syscall",
            "--------- ----------------",
            "    10000 openat",
            "       12 mmap",
            "--------- ----------------",
            "    10012 total");
    Map<String, Long> few = SystemCalls.parse(table);
    assertThat(few).containsOnly(Map.entry("openat", 10_000L), Map.entry("mmap", 12L));
    assertThat(SystemCalls.perFile(few, Map.of("openat", 18_000L, "mmap", 12L)))
        .containsEntry("openat", 2.0)
        .containsEntry("mmap", 0.0);
  }

  private static Row row(String name) {
    return ROWS.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static void add(RowResult result, String label, int round, double wall_s, long bytes) {
    result.add(
        label,
        new Measurement(
            round,
            Duration.ofNanos((long) (wall_s * 1e9)),
            processor(1),
            7_000_000,
            bytes * 1_000_000,
            List.of()));
  }

  private static RunGroup.Processor processor(long seconds) {
    return new RunGroup.Processor(Duration.ofSeconds(seconds), Duration.ofSeconds(seconds));
  }
}
