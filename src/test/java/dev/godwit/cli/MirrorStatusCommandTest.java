package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** With which status {@code godwit mirror status} ends. */
final class MirrorStatusCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "live   |      |    0 | false | 0 | true",
        "copying|      |    0 | false | 0 | false",
        "live   | '\"f: no room\"' | 0 | false | 0 | false",
        "live   |      | 3100 | false | 0 | false",
        "live   |      |    0 | true  | 0 | false",
        "live   |      |    0 | false | 7 | false",
      })
  void only_what_is_known_to_follow_is_well(
      String state,
      String problems,
      long silent,
      boolean isUnverified,
      long unwatched,
      boolean isWell)
      throws Exception {
    String status =
        """
        {"mirrors": [{"state": "%s", "problems": [%s], "silent_ms": %d, "unverified": %b,
          "unwatched_directories": %d}]}
        """
            .formatted(state, problems == null ? "" : problems, silent, isUnverified, unwatched);
    MirrorStatusCommand command = new MirrorStatusCommand(TestingTerminal.file().terminal());
    assertThat(command.isWell(JsonMapper.shared().readTree(status))).isEqualTo(isWell);
  }

  @Test
  void one_mirror_of_several_is_shown_by_its_name() throws Exception {
    JsonNode status =
        JsonMapper.shared()
            .readTree("{\"process\": 7, \"mirrors\": [{\"name\": \"a\"}, {\"name\": \"b\"}]}");
    assertThat(named("b").meant(status))
        .asString()
        .isEqualTo("{\"process\":7,\"mirrors\":[{\"name\":\"b\"}]}");
    assertThat(named("c").meant(status)).isNull();
    assertThat(named().meant(status)).isSameAs(status);
    assertThat(status.get("mirrors").size()).isEqualTo(2);
  }

  private static MirrorStatusCommand named(String... words) {
    MirrorStatusCommand command = new MirrorStatusCommand(TestingTerminal.file().terminal());
    var unused = new CommandLine(command).parseArgs(words);
    return command;
  }

  @ParameterizedTest
  @ValueSource(strings = {"status", "pause", "resume", "barrier", "audit", "verify"})
  void the_help_has_the_exit_codes_with_which_it_can_end(String order) {
    TestingTerminal terminal = TestingTerminal.file();
    assertThat(Godwit.run(terminal.terminal(), "mirror", order, "--help")).isZero();
    assertThat(terminal.out())
        .contains("[NAME]", "  1    ", "  3    ")
        .doesNotContain("  4    ", "  5    ");
  }
}
