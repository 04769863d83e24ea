package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DirtySetTest {
  private static final long MS = Duration.ofMillis(1).toNanos();

  private final DirtySet set = new DirtySet();

  @Test
  void the_first_change_of_a_quiet_name_is_due_at_once() {
    set.add("a", Scope.NAME, 0);
    assertThat(set.nextDue()).isEqualTo(DirtySet.GATHER_NANOS);
    assertThat(set.due(DirtySet.GATHER_NANOS, 1).names()).isEqualTo(Map.of("", List.of("a")));
    assertThat(set.nextDue()).isNull();
  }

  @Test
  void a_file_that_was_closed_waits_less_whatever_was_told_before() {
    set.add("a", Scope.CONTENT, false, 0);
    set.add("a", Scope.CONTENT, true, MS / 10);
    assertThat(set.nextDue()).isEqualTo(MS / 10 + DirtySet.GATHER_SAVED_NANOS);
    set.add("a", Scope.NAME, false, MS / 5);
    assertThat(set.nextDue()).isEqualTo(MS / 10 + DirtySet.GATHER_SAVED_NANOS);
    // After a look it has its pause all the same.
    set.due(MS, 1);
    set.confirm(1);
    set.add("a", Scope.CONTENT, true, 2 * MS);
    assertThat(set.nextDue()).isEqualTo(MS + DirtySet.PAUSE_FIRST_NANOS);
  }

  @Test
  void h21_a_name_that_a_directory_has_left_waits_unless_something_has_come_there() {
    set.add("a", Scope.CONTENT, 0);
    set.add("b", Scope.ARRIVAL, 0);
    set.mayBeTaken("a", 50 * MS);
    set.mayBeTaken("b", 50 * MS);
    assertThat(set.duePaths(MS)).containsExactly("b");
    assertThat(set.due(MS, 1).trees()).containsExactly("b");
    assertThat(set.nextDue()).isEqualTo(50 * MS);
    set.add("a", Scope.ARRIVAL, 2 * MS);
    assertThat(set.arriving(2 * MS, 9)).extracting(DirtySet.Arrival::path).containsExactly("a");
    assertThat(set.nextDue()).isEqualTo(3 * MS);
    assertThat(set.arriving(3 * MS, 9)).isEmpty();
  }

  @Test
  void a_large_file_that_stays_open_rests_by_its_size() {
    set.add("data", Scope.CONTENT, 0);
    set.due(MS, 1);
    set.weigh("data", 100_000_000);
    set.confirm(1);
    set.add("data", Scope.CONTENT, 2 * MS);
    assertThat(set.nextDue()).isEqualTo(MS + 3000 * MS);
    // It is whole: nobody writes any more.
    set.add("data", Scope.CONTENT, true, 10 * MS);
    assertThat(set.nextDue()).isEqualTo(MS + DirtySet.PAUSE_FIRST_NANOS);
    assertThat(set.all(11 * MS, 2).names()).isEqualTo(Map.of("", List.of("data")));
  }

  @Test
  void what_failed_for_it_changed_meanwhile_has_its_rest_too() {
    set.add("data", Scope.CONTENT, 0);
    set.due(MS, 1);
    set.weigh("data", 100_000_000);
    set.confirm(1);
    set.failed("data", Scope.RETRY, 50 * MS, 300 * MS);
    set.failed("other", Scope.RETRY, 50 * MS, 4000 * MS);
    assertThat(set.nextDue()).isEqualTo(MS + 3000 * MS);
    set.retry("data", Scope.RETRY, 60 * MS, 60 * MS); // a barrier waits
    assertThat(set.nextDue()).isEqualTo(60 * MS);
  }

  @Test
  void however_large_it_is_a_file_is_looked_at_every_minute() {
    set.add("data", Scope.CONTENT, 0);
    set.due(MS, 1);
    set.weigh("data", Long.MAX_VALUE);
    set.add("data", Scope.CONTENT, 2 * MS);
    assertThat(set.nextDue()).isBetween(59_999 * MS, 60_001 * MS);
  }

  @Test
  void a_delay_that_was_asked_for_holds_for_large_files_too() {
    DirtySet delayed = new DirtySet(Duration.ofMillis(200));
    delayed.add("data", Scope.CONTENT, 0);
    delayed.due(MS, 1);
    delayed.weigh("data", 100_000_000);
    delayed.confirm(1);
    delayed.add("data", Scope.CONTENT, 2 * MS);
    assertThat(delayed.nextDue()).isEqualTo(MS + 200 * MS);
  }

  /** A directory that came by a rename is found before a new file in it is made on the target. */
  @Test
  void h21_a_file_that_was_closed_waits_for_the_directories_that_it_is_in() {
    set.add("a/b", Scope.ARRIVAL, 0);
    set.add("a/b/c/d", Scope.CONTENT, true, 0);
    set.retry("f", Scope.NAME, 0, 1000 * MS); // which nobody waits for
    set.add("f/g", Scope.CONTENT, true, 0);
    set.add("a/e", Scope.CONTENT, true, 0);
    assertThat(set.due(DirtySet.GATHER_NANOS - 1, 1).names()).isEqualTo(Map.of("a", List.of("e")));
    Looks rest = set.due(DirtySet.GATHER_NANOS, 2);
    assertThat(rest.trees()).containsExactly("a/b");
    assertThat(rest.names()).isEqualTo(Map.of("a", List.of("b"), "f", List.of("g")));
  }

  @Test
  void a_name_that_changes_all_the_time_is_looked_at_in_growing_intervals() {
    int looks = 0;
    int inLastTenSeconds = 0;
    for (long now = 0; now < 60_000 * MS; now += MS) {
      set.add("busy", Scope.NAME, now);
      if (!set.due(now, looks + 1).isEmpty()) {
        looks++;
        set.confirm(looks);
        inLastTenSeconds += now >= 50_000 * MS ? 1 : 0;
      }
    }
    assertThat(inLastTenSeconds).isBetween(9, 11);
    assertThat(looks).isBetween(60, 75);
  }

  @Test
  void a_name_that_became_quiet_is_due_at_once_again() {
    set.add("a", Scope.NAME, 0);
    set.due(10 * MS, 1);
    set.confirm(1);
    set.add("a", Scope.NAME, 5_000 * MS);
    assertThat(set.nextDue()).isEqualTo(5_000 * MS + DirtySet.GATHER_NANOS);
  }

  @Test
  void looks_at_a_name_do_not_pile_up_while_the_last_one_is_under_way() {
    int looks = 0;
    for (long now = 0; now < 60_000 * MS; now += MS) {
      set.add("large", Scope.NAME, now);
      looks += set.due(now, 1).isEmpty() ? 0 : 1;
    }
    assertThat(looks).isLessThan(12);
  }

  @Test
  void what_lies_below_a_tree_is_not_looked_at_twice() {
    set.add("a/b", Scope.TREE, 0);
    set.add("a/b/c/d", Scope.TREE, 0);
    set.add("a/b/c", Scope.NAME, 0);
    set.add("a/bc", Scope.NAME, 0);
    set.add("a/b", Scope.NAME, 0);
    Looks looks = set.all(0, 1);
    assertThat(looks.trees()).containsExactly("a/b");
    assertThat(looks.names()).isEqualTo(Map.of("a", List.of("b", "bc")));
    assertThat(looks.changes()).isEqualTo(4);
    set.add("x/y", Scope.NAME, 0);
    set.add("", Scope.TREE, 0);
    Looks everything = set.all(0, 2);
    assertThat(everything.trees()).containsExactly("");
    assertThat(everything.names()).isEmpty();
  }

  @Test
  void the_root_itself_is_an_empty_name() {
    set.add("", Scope.NAME, 0);
    assertThat(set.all(0, 1).names()).isEqualTo(Map.of("", List.of("")));
  }

  /** H26: bounded, and nothing is forgotten when names become directories and these everything. */
  @Test
  void h26_is_bounded_and_covers_every_change() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      DirtySet bounded = new DirtySet(20);
      Map<String, Boolean> added = new HashMap<>();
      for (int i = 0; i < random.nextInt(200); i++) {
        StringBuilder path = new StringBuilder("d" + random.nextInt(3));
        for (int depth = random.nextInt(4); depth > 0; depth--) {
          path.append("/").append(random.nextInt(6));
        }
        boolean tree = random.nextInt(8) == 0;
        bounded.add(path.toString(), tree ? Scope.TREE : Scope.NAME, i);
        added.merge(path.toString(), tree, Boolean::logicalOr);
        assertThat(bounded.size()).as("seed %d", seed).isLessThanOrEqualTo(20);
      }
      Looks looks = bounded.all(1000, 1);
      added.forEach(
          (path, tree) -> {
            assertThat(looks.covers(path)).as("seed %d: %s", seed, path).isTrue();
            if (tree) {
              assertThat(looks.covers(path + "/below")).as("seed %d: %s", seed, path).isTrue();
            }
          });
    }
  }

  @Test
  void h19_a_doubt_about_the_content_stays_until_it_is_looked_into() {
    set.add("d/a", Scope.CONTENT, 0);
    set.add("d/a", Scope.NAME, 1);
    set.add("d/b", Scope.NAME, 0);
    assertThat(set.all(2, 1).contents()).containsExactly("d/a");
    // A look at everything does not look as close as one at the name, or at a tree that came.
    set.add("", Scope.TREE, 3);
    set.add("d/a", Scope.CONTENT, 3);
    set.add("d/b", Scope.NAME, 3);
    set.add("e/new", Scope.NEW_TREE, 3);
    set.add("e/new/c", Scope.CONTENT, 3);
    set.add("f", Scope.TREE, 3);
    Looks looks = set.all(4, 2);
    assertThat(looks.names()).isEqualTo(Map.of("d", List.of("a"), "e", List.of("new")));
    assertThat(looks.contents()).containsExactlyInAnyOrder("d/a", "e/new");
    assertThat(looks.trees()).containsExactlyInAnyOrder("", "e/new");
    assertThat(looks.newTrees()).containsExactly("e/new");
  }
}
