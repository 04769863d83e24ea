package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.BarrierResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** H23: an audit that was asked to compare contents does so, whatever comes in between. */
final class PendingTest {
  private final Pending pending = new Pending(Duration.ZERO);

  private Tour tour() {
    return Objects.requireNonNull(pending.tour());
  }

  @Test
  void h23_a_barrier_takes_the_rest_of_an_audit_with_its_contents() {
    pending.everythingIsDue(true, true, 0);
    assertThat(tour().next()).isEmpty();
    tour().found(List.of("a", "b"));
    pending.endTour(1);
    assertThat(pending.take(true, 1).newTrees()).containsExactlyInAnyOrder("a", "b");
    pending.everythingIsDue(false, true, 2);
    assertThat(tour().isOfContent()).as("the next one").isFalse();
  }

  @Test
  void h23_an_audit_that_begins_anew_because_changes_were_lost_compares_contents() {
    pending.everythingIsDue(true, true, 0);
    pending.isDue("", Scope.TREE, 5);
    pending.beginTour(5);
    assertThat(tour().isOfContent()).isTrue();
    assertThat(tour().since()).as("the lag").isZero();
  }

  @Test
  void h23_without_pieces_contents_are_compared_too() {
    pending.everythingIsDue(true, false, 0);
    assertThat(pending.tour()).isNull();
    assertThat(pending.take(true, 1).newTrees()).containsExactly("");
    assertThat(pending.confirmed(1, new BarrierResult(0, List.of()), 2).isComplete()).isTrue();
  }

  /** What is looked at every ten seconds may take longer than that. */
  @Test
  void h25_a_look_at_a_tree_is_known_while_it_is_under_way() {
    assertThat(pending.isLookedThrough("")).isFalse();
    pending.isDue("d/data", Scope.TREE, 0);
    pending.isDue("d/name", Scope.CONTENT, 0);
    assertThat(pending.take(false, 0).trees()).containsExactly("d/data");
    assertThat(pending.isLookedThrough("d/data")).isTrue();
    assertThat(pending.isLookedThrough("d/name")).isFalse();
    assertThat(pending.isLookedThrough("")).isFalse();
    assertThat(pending.confirmed(1, new BarrierResult(0, List.of()), 1).isComplete()).isTrue();
    assertThat(pending.isLookedThrough("d/data")).isFalse();
    pending.everythingIsDue(false, true, 2);
    assertThat(pending.isLookedThrough("")).isTrue();
    pending.endTour(3);
    assertThat(pending.isLookedThrough("")).isFalse();
  }

  /** A mail that gets a second flag while the first look at it is under way. */
  @Test
  void h21_the_name_that_a_file_had_at_first_waits_for_the_one_that_it_has_at_last() {
    pending.isDue("new", Scope.CONTENT, 0);
    pending.isDue("S", Scope.CONTENT, 0);
    pending.fileRenamed("new", "S");
    Looks first = pending.take(false, 0);
    assertThat(pending.renamedFiles(first)).isEqualTo(Map.of("S", "new"));
    assertThat(pending.isOnItsWay("new", "S", 0, 1, 0)).isTrue(); // it is gone from there too
    long retried = Objects.requireNonNull(pending.nextDue());

    pending.changed("S", Scope.NAME, retried - 1);
    pending.changed("RS", Scope.CONTENT, retried - 1);
    pending.fileRenamed("S", "RS");
    assertThat(pending.take(false, retried).names()).isEmpty();
    Looks last = pending.take(false, retried + DirtySet.GATHER_NANOS);
    assertThat(last.names().get("")).containsExactlyInAnyOrder("new", "S", "RS");
    assertThat(pending.renamedFiles(last)).isEqualTo(Map.of("RS", "new"));
  }
}
