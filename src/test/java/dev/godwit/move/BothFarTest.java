package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The controller on a third host: both hosts of the move are reached over ssh. */
@Tag("lab")
class BothFarTest {
  @Test
  void a_move_between_two_far_hosts() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      move.startClient();
      move.godwit(0, "check");
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
      assertThat(new String(move.neu().readFile("/var/log/nginx/access.log")))
          .as("the client's own address at new")
          .contains("10.103.0.1 - ");
      move.godwit(0, "finish", "--now");
    }
  }
}
