package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.Counters;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PieceSizeTest {
  private static final PieceSize.Limits LIMITS = new PieceSize.Limits(10, 100, 1000);
  private static final long BEGAN = 5;

  private final PieceSize size = new PieceSize();

  private static Counters done(long directories, long adjusted) {
    return new Counters(0, directories, 0, 0, 0, 0, 0, 0, 0, 0, 0, adjusted, 0, 0);
  }

  /** How many directories go into the next piece. */
  private int directories(Counters done) {
    PieceSize.Room room = size.next(LIMITS, done, BEGAN);
    int count = 0;
    while (room.isLeft(count, 0, 0, BEGAN)) {
      count++;
    }
    return count;
  }

  @Test
  void pieces_grow_while_some_end_and_nothing_differs() {
    assertThat(directories(Counters.NONE)).isEqualTo(10);
    assertThat(directories(Counters.NONE)).as("none has ended").isEqualTo(10);
    assertThat(directories(done(10, 0))).isEqualTo(20);
    assertThat(directories(done(20, 0))).isEqualTo(40);
    assertThat(directories(done(20, 0))).as("none has ended").isEqualTo(40);
    assertThat(directories(done(40, 0))).isEqualTo(80);
    assertThat(directories(done(90, 0))).as("not for ever").isEqualTo(80);
  }

  @Test
  void they_are_small_again_when_something_was_changed() {
    assertThat(directories(Counters.NONE)).isEqualTo(10);
    assertThat(directories(done(10, 0))).isEqualTo(20);
    assertThat(directories(done(20, 1))).isEqualTo(10);
    assertThat(directories(done(30, 2))).isEqualTo(10);
    assertThat(directories(done(40, 2))).isEqualTo(20);
  }

  @Test
  void names_grow_as_directories_do_and_bytes_do_not() {
    var unused = size.next(LIMITS, Counters.NONE, BEGAN);
    PieceSize.Room room = size.next(LIMITS, done(10, 0), BEGAN);
    assertThat(room.isLeft(1, 199, 0, BEGAN)).isTrue();
    assertThat(room.isLeft(1, 200, 0, BEGAN)).isFalse();
    assertThat(room.isLeft(1, 1, 999, BEGAN)).isTrue();
    assertThat(room.isLeft(1, 1, 1000, BEGAN)).isFalse();
  }

  @Test
  void what_takes_long_to_gather_grows_no_further() {
    var unused = size.next(LIMITS, Counters.NONE, BEGAN);
    PieceSize.Room room = size.next(LIMITS, done(10, 0), BEGAN);
    assertThat(room.isLeft(15, 0, 0, BEGAN)).isTrue();
    long late = BEGAN + Duration.ofMillis(25).toNanos();
    assertThat(room.isLeft(15, 0, 0, late)).isFalse();
    assertThat(room.isLeft(9, 0, 0, late)).as("as much as before").isTrue();
  }

  private static Counters names(long names) {
    return new Counters(names, 1 + names / 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** How many directories go into the next piece with all that is below them. */
  private int trees(Counters done) {
    var unused = size.next(LIMITS, done, BEGAN);
    return size.trees(done);
  }

  @Test
  void whole_branches_are_taken_while_nothing_differs() {
    assertThat(trees(Counters.NONE)).as("nothing is known").isZero();
    assertThat(trees(names(100))).isEqualTo(1);
    assertThat(trees(names(110))).isEqualTo(2);
    assertThat(trees(names(130))).isEqualTo(4);
    assertThat(trees(names(130))).as("nothing was told of the last ones").isEqualTo(8);
    assertThat(trees(names(40_130))).as("large ones").isEqualTo(3);
    assertThat(trees(names(200_130))).as("one at least").isEqualTo(1);
  }

  @Test
  void no_branches_are_taken_where_something_differs() {
    assertThat(trees(Counters.NONE)).isZero();
    assertThat(trees(done(10, 0))).isEqualTo(1);
    assertThat(trees(done(20, 0))).isEqualTo(2);
    assertThat(trees(done(30, 1))).isZero();
    assertThat(trees(done(30, 1))).isZero();
    assertThat(trees(done(40, 1))).isEqualTo(1);
  }
}
