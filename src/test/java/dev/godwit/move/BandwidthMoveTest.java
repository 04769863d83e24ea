package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code limits.bwlimit} spares the line of a host that serves, and keeps no client waiting. */
@Tag("lab")
class BandwidthMoveTest {
  /** More than ten minutes of the slow line below. */
  private static final String LATE =
      "head -c 16000000 /dev/urandom > /srv/late; mv /srv/late /srv/www/late";

  @Test
  void a_limit_holds_while_old_serves_and_not_for_a_switch() throws Exception {
    try (TestingMove move = TestingMove.up(50)) {
      move.godwit(0, "start");
      move.changePlan(plan -> plan.replace("limits: { ", "limits: { bwlimit: 24k, "));
      move.godwit(0, "start"); // which says so to the mirrors that run
      move.old().must("bash", "-euc", LATE);
      Thread.sleep(2000);
      assertThat(move.neu().must("ls", "/srv/www"))
          .as("what the limit lets come")
          .doesNotContain("late");

      move.startClient();
      move.godwit(0, "cutover", "--yes");
      assertThat(move.neu().must("ls", "/srv/www")).contains("late");
      move.proveMoved();
    }
  }
}
