package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
}
