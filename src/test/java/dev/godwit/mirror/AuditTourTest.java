package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.PathText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * H23: an audit looks at everything, also when it is interrupted and the tree changes meanwhile.
 */
final class AuditTourTest {
  private static final long CAME_SINCE = 1000;

  /** The directories of a tree, with the time of each inode; the root is none of them. */
  private final TreeMap<String, Long> tree = new TreeMap<>();

  private final Set<String> seen = new TreeSet<>();

  static AuditTour tour(boolean content, AuditPlace place) {
    return tour(content, 1, place);
  }

  private static AuditTour tour(boolean content, double share, AuditPlace place) {
    return new AuditTour(new Control.Audit(1, content, share, place, Duration.ZERO), CAME_SINCE, 0);
  }

  private AuditTourTest() {
    for (String path : List.of("a", "a/b", "a-b", "a-b/c", "b", "b/a", "b/a/x", "b/c", "z")) {
      tree.put(path, 0L);
    }
  }

  private Map<String, Long> in(String directory) {
    Map<String, Long> in = new TreeMap<>();
    tree.forEach(
        (path, changed) -> {
          if (PathText.parent(path).equals(directory)) {
            in.put(path, changed);
          }
        });
    return in;
  }

  /** Looks at the next directory, each as a piece of its own; false when there is none. */
  private boolean look(AuditTour tour) {
    List<String> taken = new ArrayList<>();
    for (String path = tour.next(); path != null; path = taken.isEmpty() ? tour.next() : null) {
      if (tour.isPassed(path)) {
        tour.foundPassed(in(path));
      } else {
        taken.add(path);
        seen.add(path);
        tour.found(in(path).keySet());
      }
    }
    AuditPiece piece = tour.piece(taken, 0);
    tour.begun(piece);
    tour.ended(piece, Drift.NONE, 0);
    return !tour.isOver();
  }

  private void lookAtRest(AuditTour tour) {
    while (look(tour)) {}
  }

  private Set<String> all() {
    Set<String> all = new TreeSet<>(tree.keySet());
    all.add("");
    return all;
  }

  @Test
  void h23_the_rest_and_what_was_passed_are_all() {
    for (int before = 1; before <= tree.size(); before++) {
      seen.clear();
      AuditTour first = tour(false, AuditPlace.START);
      for (int i = 0; i < before; i++) {
        assertThat(look(first)).isTrue();
      }
      Set<String> passed = new TreeSet<>(seen);
      AuditTour second = tour(false, first.place());
      seen.clear();
      lookAtRest(second);
      assertThat(seen).as("twice, after %d", before).doesNotContainAnyElementsOf(passed);
      seen.addAll(passed);
      assertThat(seen).as("after %d", before).isEqualTo(all());
    }
  }

  @Test
  void h23_what_came_to_a_passed_place_while_nobody_watched_is_looked_at() {
    AuditTour first = tour(false, AuditPlace.START);
    while (!"b".equals(first.place().upTo())) {
      assertThat(look(first)).isTrue();
    }
    seen.clear();
    tree.put("a/came", CAME_SINCE);
    tree.put("a/came/in", 0L);
    AuditTour second = tour(false, first.place());
    lookAtRest(second);
    assertThat(seen).contains("a/came", "a/came/in", "b/a").doesNotContain("a", "a/b", "b");
  }

  @Test
  void h23_where_too_much_came_while_nobody_watched_all_is_looked_at() {
    AuditTour first = tour(false, AuditPlace.START);
    while (!"b".equals(first.place().upTo())) {
      assertThat(look(first)).isTrue();
    }
    seen.clear();
    for (int i = 0; i <= AuditPlace.AGAIN_MAX; i++) {
      tree.put("a/came" + i, CAME_SINCE);
    }
    lookAtRest(tour(false, first.place()));
    assertThat(seen).isEqualTo(all());
  }

  @Test
  void h23_what_is_renamed_before_it_was_looked_at_is_looked_at_where_it_is() {
    AuditTour tour = tour(false, AuditPlace.START);
    while (!"b/a".equals(tour.place().upTo())) {
      assertThat(look(tour)).isTrue();
    }
    rename(tour, "z", "a/z"); // not reached
    rename(tour, "b", "a/new"); // reached in part
    rename(tour, "a-b", "a/old"); // past
    assertThat(tour.place().again()).containsExactly("a/z", "a/new");
    seen.clear();
    AuditTour goesOn = tour(false, tour.place()); // or the same one
    lookAtRest(goesOn);
    assertThat(seen).contains("a/z", "a/new", "a/new/c", "a/new/a/x").doesNotContain("a", "a/old");
  }

  @Test
  void h23_what_is_to_be_looked_at_again_and_is_renamed_again_stays_so() {
    AuditTour tour = tour(false, AuditPlace.START);
    while (!"b".equals(tour.place().upTo())) {
      assertThat(look(tour)).isTrue();
    }
    rename(tour, "z", "a/z");
    rename(tour, "a", "a-c"); // past, but for what came there
    assertThat(tour.place().again()).containsExactly("a/z", "a-c");
    lookAtRest(tour);
    assertThat(seen).contains("a-c/z");
  }

  @Test
  void h23_more_renames_than_are_kept_are_looked_at_without_delay() {
    AuditTour tour = tour(false, AuditPlace.START);
    assertThat(look(tour)).isTrue();
    for (int i = 0; i < AuditPlace.AGAIN_MAX; i++) {
      assertThat(tour.renamed("z", "a/" + i)).isTrue();
    }
    assertThat(tour.renamed("z", "a/more")).isFalse();
    AuditTour other = tour(false, AuditPlace.START);
    assertThat(other.renamed("z", "a".repeat(AuditPlace.AGAIN_CHARS_MAX + 1))).isFalse();
  }

  private void rename(AuditTour tour, String from, String to) {
    for (String path : List.copyOf(tree.keySet())) {
      if (PathText.isAtOrBelow(path, from)) {
        tree.put(to + path.substring(from.length()), tree.remove(path));
      }
    }
    assertThat(tour.renamed(from, to)).isTrue();
  }

  @Test
  void the_pause_after_a_piece_is_as_long_as_the_share_wants() {
    AuditTour tour = tour(false, 0.1, AuditPlace.START);
    assertThat(tour.next()).isEmpty();
    tour.found(List.of("a"));
    AuditPiece piece = tour.piece(List.of(""), 100);
    tour.begun(piece);
    assertThat(tour.untilPiece(150)).as("one at a time").isEqualTo(Long.MAX_VALUE);
    tour.ended(piece, Drift.NONE, 200);
    assertThat(tour.untilPiece(200)).isEqualTo(900);
    assertThat(tour.untilPiece(1100)).isZero();
  }

  @Test
  void h23_what_is_taken_while_the_last_piece_ends_is_waited_for() {
    AuditTour tour = tour(false, AuditPlace.START);
    List<String> root = List.of(String.valueOf(tour.next()));
    tour.found(List.of("a"));
    AuditPiece first = tour.piece(root, 0);
    tour.begun(first);
    List<String> last = List.of(String.valueOf(tour.next()));
    tour.ended(first, Drift.NONE, 0);
    assertThat(tour.isOver()).as("a was taken, and is not looked at yet").isFalse();
    AuditPiece second = tour.piece(last, 0);
    tour.begun(second);
    assertThat(tour.isOver()).isFalse();
    tour.ended(second, Drift.NONE, 0);
    assertThat(tour.isOver()).isTrue();
  }

  @Test
  void without_pauses_several_pieces_are_under_way() {
    AuditTour tour = tour(false, AuditPlace.START);
    assertThat(tour.next()).isEmpty();
    tour.found(List.of("a"));
    tour.begun(tour.piece(List.of(""), 100));
    assertThat(tour.untilPiece(100)).isZero();
    assertThat(tour.next()).isEqualTo("a");
    tour.begun(tour.piece(List.of("a"), 100));
    assertThat(tour.untilPiece(100)).as("at the end").isEqualTo(Long.MAX_VALUE);
    assertThat(tour.isOver()).isFalse();
  }
}
