package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.PathText;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is known of changes while an audit looks at the same names, and while others do. */
final class PendingTest {
  private static final BarrierResult EQUAL = new BarrierResult(0, List.of());

  private final Pending pending = new Pending(Duration.ZERO);

  private Tour tour() {
    return Objects.requireNonNull(pending.tour());
  }

  private AuditTour audit(boolean content) {
    AuditTour audit = AuditTourTest.tour(content, AuditPlace.START);
    pending.beginAudit(audit);
    return audit;
  }

  /** Takes a directory as the next piece of an audit. */
  private AuditPiece look(AuditTour audit, String directory, String... in) {
    assertThat(audit.next()).isEqualTo(directory);
    audit.found(List.of(in));
    AuditPiece piece = audit.piece(List.of(directory), 0);
    pending.lookingAt(List.of(directory), List.of(), piece);
    return piece;
  }

  private static void differs(AuditPiece piece, String path) {
    piece.changed(PathText.bytes(path), Item.Kind.FILE, new Change(Change.DELETED));
  }

  private Drift ended(AuditTour audit, boolean isTold) {
    pending.audited(pending.generation(), isTold, 1);
    assertThat(pending.confirmed(pending.generation(), EQUAL, 1)).isEqualTo(EQUAL);
    return audit.drift();
  }

  /** H16: what was lost of one file system is no reason to look at all others. */
  @Test
  void h16_changes_that_were_lost_of_a_mount_are_looked_for_there_alone() {
    pending.areParts(List.of("", "d/data", "other"));
    pending.changed("d/data", Scope.TREE, 0);
    pending.changed("d/name", Scope.TREE, 0);
    pending.beginTour(DirtySet.GATHER_NANOS);
    assertThat(tour().tops()).containsExactly("d/data");
    assertThat(pending.isLookedThrough("d/data")).isTrue();
    assertThat(pending.isLookedThrough("")).isFalse();
    assertThat(tour().next()).isEqualTo("d/data");
    assertThat(tour().isAtEnd()).isTrue();
    pending.changed("other", Scope.TREE, 0);
    pending.beginTour(DirtySet.GATHER_NANOS);
    assertThat(tour().tops()).as("what is under way, too").contains("d/data", "other").hasSize(2);
    pending.endTour(0);
    assertThat(pending.directories()).as("of the whole tree").isZero();
    pending.changed("other", Scope.TREE, 0);
    pending.changed("", Scope.TREE, 0);
    pending.beginTour(1_000_000_000);
    assertThat(tour().tops()).containsExactly("");
  }

  @Test
  void h23_a_barrier_leaves_an_audit_where_it_is() {
    AuditTour audit = audit(true);
    var unused = look(audit, "", "a", "b");
    pending.endTour(1);
    assertThat(pending.take(true, 1).isEmpty()).isTrue();
    assertThat(pending.audit()).isSameAs(audit);
    assertThat(audit.scope()).isEqualTo(Scope.NEW_TREE);
  }

  @Test
  void h23_a_barrier_takes_the_rest_of_a_look_after_lost_changes() {
    pending.isDue("", Scope.TREE, 0);
    pending.beginTour(0);
    assertThat(tour().next()).isEmpty();
    tour().found(List.of("a", "b"));
    pending.endTour(1);
    assertThat(pending.take(true, 1).trees()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void h23_what_differs_without_a_change_is_told_apart_from_what_changed_meanwhile() {
    pending.changed("waits", Scope.CONTENT, 0);
    AuditTour audit = audit(false);
    AuditPiece piece = look(audit, "", "d");
    pending.changed("handed", Scope.CONTENT, 0);
    assertThat(pending.take(false, DirtySet.GATHER_NANOS).isEmpty()).isFalse();
    pending.changed("comes/late", Scope.NAME, 0);
    pending.changed("gone", Scope.CONTENT, 0);
    for (String path : List.of("waits", "handed", "comes/late", "comes", "gone/in/it")) {
      differs(piece, path);
    }
    differs(piece, "drifted");
    differs(piece, "comes/late/not");
    Drift found = ended(audit, true);
    assertThat(found.changed()).isEqualTo(7);
    assertThat(found.first()).containsExactly("*deleting   drifted", "*deleting   comes/late/not");
    assertThat(found.drifted()).isEqualTo(2);

    AuditPiece next = look(audit, "d");
    differs(next, "d/drifted");
    assertThat(ended(audit, false).drifted()).as("where changes are not told").isEqualTo(2);
    assertThat(Objects.requireNonNull(pending.endedAudit()).drift().changed()).isEqualTo(8);
    assertThat(pending.audit()).isNull();
  }

  @Test
  void h23_a_directory_that_is_renamed_before_an_audit_was_there_is_audited_where_it_is() {
    AuditTour audit = audit(false);
    var unused = look(audit, "", "a", "z");
    assertThat(pending.isInDoubt()).as("whether it was found by the look").isTrue();
    assertThat(ended(audit, true)).isEqualTo(Drift.NONE);
    assertThat(pending.isInDoubt()).isFalse();
    pending.renamed("z", new DirtySet.Arrival("a/z", 1), false, true, 2);
    assertThat(audit.place().again()).containsExactly("a/z");
  }

  @Test
  void h23_a_rename_is_in_doubt_where_not_all_is_told() {
    AuditTour audit = audit(false);
    var unused = look(audit, "", "a");
    assertThat(ended(audit, false)).isEqualTo(Drift.NONE);
    assertThat(pending.isInDoubt()).isTrue();
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
    pending.isDue("", Scope.TREE, 2);
    pending.beginTour(2);
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
