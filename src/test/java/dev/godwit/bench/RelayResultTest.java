package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is made of the rounds of relays: comparisons, goals, the lines of the page. */
final class RelayResultTest {
  private static final List<RelayRow> ROWS = RelayRows.all("/godwit", Path.of("/folder"), false);

  private static RelayRow row(String name) {
    return ROWS.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static void add(RelayResult result, String label, String figure, double... rounds) {
    for (int i = 0; i < rounds.length; i++) {
      result.add(label, new RelayResult.Run(i + 1, Map.of(figure, rounds[i]), ""));
    }
  }

  @Test
  void the_best_of_the_others_is_the_one_with_the_best_median() {
    RelayResult result = new RelayResult(row("stream-1"));
    add(result, Relayers.CANDIDATE, "GB/s", 2, 4, 3);
    add(result, Relayers.HAPROXY, "GB/s", 1, 2, 2);
    add(result, Relayers.HAPROXY_SPLICE, "GB/s", 9, 1, 1);
    RelayGoal goal =
        RelayGoal.times(StreamLoad.SPEED, 2, Relayers.HAPROXY, Relayers.HAPROXY_SPLICE);
    assertThat(goal.measured(result)).isEqualTo(new Spread(2, 1.5, 2, 3));
    assertThat(goal.isMet(result)).isTrue();
    assertThat(RelayGoal.times(StreamLoad.SPEED, 2.1, Relayers.HAPROXY).isMet(result)).isFalse();
  }

  @Test
  void less_is_better_of_what_is_a_cost() {
    RelayResult result = new RelayResult(row("latency"));
    add(result, Relayers.CANDIDATE, "p50 µs", 30, 40);
    add(result, Relayers.DIRECT, "p50 µs", 15, 15);
    assertThat(RelayGoal.added(PingLoad.MEDIAN, 20, Relayers.DIRECT).measured(result))
        .isEqualTo(new Spread(20, 15, 25, 2));
    assertThat(RelayGoal.added(PingLoad.MEDIAN, 20, Relayers.DIRECT).isMet(result)).isTrue();
    assertThat(RelayGoal.added(PingLoad.MEDIAN, 19, Relayers.DIRECT).isMet(result)).isFalse();
    assertThat(RelayGoal.plain(PingLoad.MEDIAN, 34).isMet(result)).isFalse();
  }

  @Test
  void what_failed_meets_no_goal_and_is_told() {
    RelayResult result = new RelayResult(row("switches"));
    result.beginRound("1.00");
    add(result, Relayers.CANDIDATE, "refused or reset", 0);
    result.add(Relayers.CANDIDATE, new RelayResult.Run(2, Map.of(), "a client was reset"));
    assertThat(RelayGoal.plain(SwitchLoad.FAILED, 0).isMet(result)).isFalse();
    assertThat(RelayReport.text(result)).contains("a client was reset", "NOT MET");
    assertThat(RelayReport.lines(result, "2026-01-02").values())
        .allSatisfy(line -> assertThat(line).contains("failed", "2026-01-02"));
  }

  @Test
  void which_cipher_each_one_has_is_told_where_the_candidate_encrypts() {
    RelayResult result = new RelayResult(row("via-stream-1"));
    result.beginRound("1.00");
    add(result, Relayers.CANDIDATE, "GB/s", 1);
    result.encrypts(Relayers.SSH, "chacha20-poly1305@openssh.com");
    String name = "via-stream-1, cipher";
    assertThat(RelayReport.lines(result, "2026-01-02")).doesNotContainKey(name);
    result.encrypts(Relayers.CANDIDATE, "aes128-gcm@openssh.com");
    assertThat(RelayReport.lines(result, "2026-01-02").get(name))
        .startsWith("| `" + name + "` |  | aes128-gcm@openssh.com |")
        .contains("| chacha20-poly1305@openssh.com |");
    assertThat(RelayReport.order(ROWS)).contains(name);
    assertThat(RelayReport.text(result))
        .contains("cipher of ssh -L: chacha20-poly1305@openssh.com")
        .doesNotContain("cipher of " + Relayers.SSH_AES);
  }

  @Test
  void all_lines_of_a_row_have_a_cell_for_each_column() {
    long columns =
        RelayReport.HEAD.lines().findFirst().orElseThrow().chars().filter(c -> c == '|').count();
    RelayResult result = new RelayResult(row("via-latency"));
    result.beginRound("1.00");
    result.encrypts(Relayers.CANDIDATE, "aes128-gcm@openssh.com");
    assertThat(RelayReport.lines(result, "2026-01-02").values())
        .hasSize(result.row().load().figures().size() + 1)
        .allSatisfy(
            line -> assertThat(line.chars().filter(c -> c == '|').count()).isEqualTo(columns));
  }

  @Test
  void what_did_not_run_meets_no_goal() {
    RelayResult result = new RelayResult(row("stream-1"));
    add(result, Relayers.CANDIDATE, "GB/s", 2);
    assertThat(RelayGoal.times(StreamLoad.SPEED, 0.1, Relayers.HAPROXY).isMet(result)).isFalse();
  }

  @Test
  void rows_and_lines_have_names_of_their_own_and_goals_are_about_figures_of_their_row() {
    assertThat(RelayReport.order(ROWS)).doesNotHaveDuplicates();
    for (RelayRow row : ROWS) {
      assertThat(row.goals()).as(row.name()).isNotEmpty();
      for (RelayGoal goal : row.goals()) {
        assertThat(row.load().figures()).contains(goal.figure());
        assertThat(row.relayers().stream().map(Relayer::label)).containsAll(goal.others());
      }
    }
  }

  @Test
  void a_page_keeps_what_was_not_measured_and_what_people_wrote() throws Exception {
    String page =
        "# T\n"
            + ForwardBenchmark.BEGIN
            + "\n| `idle, KB each` | old |\n"
            + ForwardBenchmark.END
            + "\nNotes\n";
    RelayResult result = new RelayResult(row("connections"));
    result.beginRound("0.50");
    add(result, Relayers.CANDIDATE, "connections/s", 12_345);
    String updated =
        new ResultsPage(ForwardBenchmark.BEGIN, ForwardBenchmark.END, RelayReport.HEAD)
            .updated(
                page,
                RelayReport.order(ROWS),
                "./benchmark forward",
                "2026-01-02",
                Map.of("processor", "made up"),
                RelayReport.lines(result, "2026-01-02"));
    assertThat(updated)
        .startsWith("# T\n")
        .endsWith("\nNotes\n")
        .contains("| `connections, connections/s` |", "12,345", "| `idle, KB each` | old |")
        .contains("processor: made up");
  }
}
