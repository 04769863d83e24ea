package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service has ended on the host that serves, some time after the switch. */
@Tag("lab")
@Timeout(600)
class StoppedServiceTest {
  @Test
  void h90_it_is_a_problem_and_the_way_back_is_not_taken_down() throws Exception {
    try (TestingMove move = TestingMove.up(100)) {
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.godwit(0, "status");
      move.neu().must(TestingOneMove.APP, "stop");
      assertThat(move.godwit(1, "status")).contains("new serves, but not running there: app");
      assertThat(move.godwit(5, "finish", "--quiet", "0"))
          .contains("app: not running on new, which serves", "godwit rollback");
      move.neu().must(TestingOneMove.APP, "start");
      move.godwit(0, "status");
      move.godwit(0, "finish", "--quiet", "0");
    }
  }
}
