package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What a command says of that which keeps it from its work, and what it refuses at once. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PlainWordsTest extends TestingOneMove {
  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    move.neu()
        .must("bash", "-euc", "mkdir -p /srv/notes; mount -t tmpfs -o size=40m none /srv/notes");
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void what_is_not_a_switch_that_was_cut_off_has_no_witness() throws Exception {
    for (String said : new String[] {"--released", "--not-released"}) {
      assertThat(move.godwit(5, "cutover", said, "--yes"))
          .contains("no switch of demo was cut off (old serves; ")
          .doesNotContain("audit");
      assertThat(move.godwit(5, "rollback", said, "--yes")).contains("no switch of demo was cut");
    }
    assertThat(move.statusWithoutProblems()).contains("old serves; ");
  }

  @Test
  @Order(2)
  void a_hold_that_is_too_short_is_named_whatever_it_has_ended() throws Exception {
    for (int limit : new int[] {300, 500, 700}) {
      move.hold(limit + "ms");
      try (TestingCommand cutover = move.godwit("cutover", "--yes")) {
        if (cutover.exit(Duration.ofMinutes(2)) == 0) {
          move.godwit(0, "rollback", "--yes");
        } else {
          assertThat(cutover.text())
              .containsPattern(
                  "godwit: taken back, old serves: .*the hold.* %d ms".formatted(limit));
        }
      } finally {
        move.hold("20s");
      }
    }
  }

  @Test
  @Order(3)
  void a_disk_that_is_full_after_the_first_copy_is_told() throws Exception {
    move.neu().must("bash", "-uc", "dd if=/dev/zero of=/srv/notes/filler bs=64k; true");
    move.old().must("dd", "if=/dev/zero", "of=/srv/notes/large", "bs=1M", "count=20");
    String told = "! /srv/notes: what has changed could not be applied for ";
    TestingPatience.await(told, () -> move.godwit("status").textAtEnd().contains(told));
    assertThat(move.godwit(1, "status")).contains(told, "large", "No space left on device");
    move.neu().must("rm", "/srv/notes/filler");
    move.old().must("rm", "/srv/notes/large");
    assertThat(move.statusWithoutProblems()).contains("old serves");
  }

  @Test
  @Order(4)
  void what_watches_a_switch_is_nobody_who_keeps_a_move_from_its_end() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.godwit(0, "rollback", "--yes");
    assertThat(move.godwit(0, "finish", "--abandon", "--quiet", "4")).contains("Abandoned.");
    move.godwit(0, "start");
    move.godwit(0, "cutover", "--yes");
    assertThat(move.godwit(0, "finish", "--quiet", "4")).contains("Finished.");
    assertThat(move.godwit(5, "start"))
        .contains("the move is over; the next one takes a plan with another name under `move`");
  }
}
