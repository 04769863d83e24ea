package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class GodwitTest {
  private static final String FORWARDS =
      """
      forwards:
        web: { listen: "127.0.0.1:8080", to: "127.0.0.1:80" }
      """;

  @TempDir private Path folder;
  private final TestingTerminal terminal = TestingTerminal.file();

  private int run(String... args) {
    return Godwit.run(terminal.terminal(), args);
  }

  @Test
  void help_shows_commands_examples_and_exit_codes() {
    assertThat(run("--help")).isZero();
    assertThat(terminal.out())
        .contains("Usage: godwit", "init", "completion", "Examples:", "Exit codes:")
        .contains("  70   a fault in Godwit itself");
    assertThat(terminal.err()).isEmpty();
  }

  @Test
  void every_command_has_examples_and_fits_into_80_columns() {
    CommandLine root =
        Godwit.commandLine(terminal.terminal(), new Failures(terminal.terminal(), false));
    root.getSubcommands()
        .forEach(
            (name, command) -> {
              assertThat(command.getCommandSpec().usageMessage().header()).as(name).isNotEmpty();
              assertThat(command.getCommandSpec().usageMessage().footer()).as(name).isNotEmpty();
              assertThat(command.getUsageMessage().lines()).allMatch(line -> line.length() <= 80);
            });
    assertThat(root.getUsageMessage().lines()).allMatch(line -> line.length() <= 80);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cutover", "sync", "mirror", "mirror status", "forward hold"})
  void help_is_a_word_too(String command) {
    assertThat(run(("help " + command).split(" "))).isZero();
    String help = terminal.out();
    assertThat(run((command + " --help").strip().split(" "))).isZero();
    assertThat(terminal.out()).isEqualTo(help + help);
    assertThat(terminal.err()).isEmpty();
  }

  @Test
  void a_wrong_command_line_is_told_in_two_lines() {
    assertThat(run("ini")).isEqualTo(2);
    assertThat(terminal.err())
        .isEqualTo(
            """
            godwit: Unmatched argument at index 0: 'ini'; did you mean `init`?
            Try `godwit --help`.
            """);
    assertThat(run()).isEqualTo(2);
    assertThat(terminal.err()).contains("no command was given");
    assertThat(terminal.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "cutover --at 25:00, '25:00' is not a time of the day",
        "finish --quiet=abc, 'abc' is not a whole number",
        "finish --quiet=-5, --quiet: found -5",
        "demo --files=9999999999, '9999999999' is not a whole number",
      })
  void a_wrong_value_is_told_in_words(String line, String why) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(terminal.err()).contains(why).doesNotContain("java.", "Exception");
  }

  @Test
  void a_report_is_written_in_one_way_at_a_time() {
    assertThat(run("report", "--json", "--html=x")).isEqualTo(2);
    assertThat(terminal.out()).contains("--json and --html say the same in two ways");
  }

  @Test
  void a_report_of_what_has_not_begun_says_what_comes_first() throws Exception {
    Path plan = folder.resolve("mail.yaml");
    assertThat(run("init", plan.toString())).isZero();
    assertThat(run("report", plan.toString())).isEqualTo(5);
    assertThat(terminal.err())
        .contains("it was not started", "godwit check " + plan, "godwit start " + plan);
  }

  @Test
  void a_time_of_the_day_may_be_short() {
    assertThat(run("cutover", "--at", "3:00", folder.resolve("none.yaml").toString())).isEqualTo(2);
    assertThat(terminal.err()).doesNotContain("3:00").contains("none.yaml");
  }

  @Test
  void init_writes_a_plan_that_can_be_read() throws Exception {
    Path file = folder.resolve("mail.yaml");

    assertThat(run("init", file.toString())).isZero();

    assertThat(Plan.read(file).move()).isEqualTo("mail");
    assertThat(terminal.err()).contains("godwit check " + file);
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void init_overwrites_only_by_force() throws Exception {
    Path file = Files.writeString(folder.resolve("move.yaml"), "mine and longer ".repeat(1000));

    assertThat(run("init", file.toString())).isEqualTo(5);
    assertThat(terminal.err()).contains("it exists").contains("--force");
    assertThat(file).content().startsWith("mine");

    assertThat(run("init", "--force", file.toString())).isZero();
    assertThat(file).hasContent(PlanTemplate.text());
  }

  @Test
  void init_shows_the_plan_on_standard_output() {
    assertThat(run("init", "-")).isZero();
    assertThat(terminal.out()).isEqualTo(PlanTemplate.text());
  }

  @Test
  void init_names_a_directory_that_is_not_there() {
    assertThat(run("init", folder.resolve("no/move.yaml").toString())).isEqualTo(2);
    assertThat(terminal.err()).contains("its directory does not exist").doesNotContain("\tat ");
  }

  @Test
  void completion_is_a_script_that_knows_the_commands() {
    assertThat(run("completion")).isZero();
    assertThat(terminal.out()).startsWith("#!/usr/bin/env bash").contains("init", "--force");
  }

  @Test
  void a_move_without_a_gate_is_told_as_one_and_what_has_one() {
    for (List<String> words :
        List.of(
            List.of("forward", "status", "--gate", "no-such-move"),
            List.of("forward", "status", "--gate", "no-such-move", "--metrics"),
            List.of("forward", "close", "web", "--gate", "no-such-move"))) {
      assertThat(run(words.toArray(String[]::new))).isEqualTo(ExitCode.UNREACHABLE.status());
    }
    assertThat(terminal.err().lines())
        .hasSize(3)
        .allMatch(
            line ->
                line.matches(
                    "godwit: no gate of a move no-such-move answers on this host; (the moves that"
                        + " have one are .*|a move has one from its first `godwit cutover` to"
                        + " `godwit finish`.*|only root can ask one)"));
    assertThat(run("forward", "status", "--gate", "../x")).isEqualTo(ExitCode.USAGE.status());
  }

  /** An option that was typed and does not count would be worse than none. */
  @Test
  void what_concerns_the_forwards_of_a_file_is_refused_beside_it() throws Exception {
    Path file = Files.writeString(folder.resolve("f.yaml"), FORWARDS);
    String with = "forward --test --drain 5s -c " + file;
    assertThat(run(with.split(" "))).as(terminal.err()).isZero();
    String more = with + " --max-per-client 5 --accept-proxy 127.0.0.1 --fast-open";
    assertThat(run(more.split(" "))).isEqualTo(ExitCode.USAGE.status());
    assertThat(terminal.err())
        .contains("written there: --accept-proxy --max-per-client --fast-open");
    assertThat(run((with + " 8080 127.0.0.1:80").split(" "))).isEqualTo(ExitCode.USAGE.status());
  }

  @Test
  void the_exit_codes_never_change() {
    assertThat(List.of(ExitCode.values()))
        .extracting(ExitCode::status)
        .containsExactly(0, 1, 2, 3, 4, 5, 70);
  }

  @Test
  void where_no_process_answers_is_told_alike_and_what_can_be_asked() {
    String nowhere = folder.resolve("none.sock").toString();
    for (List<String> words :
        List.of(
            List.of("forward", "status", "-p", nowhere),
            List.of("forward", "status", "-p", "999999999"),
            List.of("forward", "hold", "web", "-p", "999999999"),
            List.of("mirror", "status", "-p", nowhere))) {
      assertThat(run(words.toArray(String[]::new)))
          .as(words.toString())
          .isEqualTo(ExitCode.UNREACHABLE.status());
    }
    assertThat(terminal.err().lines())
        .hasSize(4)
        .allMatch(line -> line.contains(" answers at ") && line.contains("`godwit "));
  }
}
