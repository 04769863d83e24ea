package dev.godwit.mirror;

import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.RemovalWindow;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is to be known of a source's root after a restart, so that another directory is not taken
 * for it (H27), and no file is believed that changed meanwhile (H19).
 *
 * @param identity see {@code watch.Root}; empty when it was never seen
 * @param wasFilled whether it held something
 * @param wasLive whether the target was equal once, so that it does not lack most of it now
 * @param seenUntil up to when what changed in it was looked at; null when nothing is known
 * @param mounts what is or was mounted below it
 * @param target what is known of the target
 * @param witnesses by which an older state of the source is known
 * @param choice which names took part then ({@link NameChoice}); empty when that is not known
 * @param othersSeenUntil the same as {@code seenUntil} of names that took part before, under
 *     another choice, and do not now; null when there are none
 * @param audits that have not come to their end; the one that comes first at first
 */
public record RootMemory(
    String identity,
    boolean wasFilled,
    boolean wasLive,
    @Nullable Instant seenUntil,
    List<KnownMount> mounts,
    KnownTarget target,
    List<Witness> witnesses,
    String choice,
    @Nullable Instant othersSeenUntil,
    List<AuditState> audits) {
  public static final RootMemory NONE =
      new RootMemory("", false, false, null, List.of(), KnownTarget.NONE, List.of());

  /**
   * Something was known, and nobody knows what: the root may not be empty now (H27), and no file is
   * believed to be what it looks like (H31).
   */
  static final RootMemory LOST =
      new RootMemory("", true, false, Instant.EPOCH, List.of(), KnownTarget.NONE, List.of());

  public RootMemory {
    mounts = List.copyOf(mounts);
    witnesses = List.copyOf(witnesses);
    audits = List.copyOf(audits);
  }

  /** Of names of which nobody knows which took part, and without audits. */
  RootMemory(
      String identity,
      boolean wasFilled,
      boolean wasLive,
      @Nullable Instant seenUntil,
      List<KnownMount> mounts,
      KnownTarget target,
      List<Witness> witnesses) {
    this(identity, wasFilled, wasLive, seenUntil, mounts, target, witnesses, "", null, List.of());
  }

  /** The same with these audits. */
  RootMemory with(List<AuditState> unfinished) {
    return new RootMemory(
        identity,
        wasFilled,
        wasLive,
        seenUntil,
        mounts,
        target,
        witnesses,
        choice,
        othersSeenUntil,
        unfinished);
  }

  /** The same root, of which others have kept the target equal since. */
  public RootMemory keptEqual() {
    return new RootMemory(identity, wasFilled, wasLive, null, mounts, target.believed(), List.of());
  }

  /** Whether the same is said of both roots, whenever that was. */
  boolean isSameRoot(RootMemory other) {
    return identity.equals(other.identity)
        && wasFilled == other.wasFilled
        && wasLive == other.wasLive
        && mounts.equals(other.mounts)
        && choice.equals(other.choice)
        && Objects.equals(othersSeenUntil, other.othersSeenUntil)
        && target.identity().equals(other.target.identity())
        && target.isDoubted() == other.target.isDoubted();
  }

  /** Whether nothing was removed since, as far as it counts. */
  boolean hasSameRemovals(RootMemory other) {
    return target.removed().stream()
        .map(RemovalWindow.Step::names)
        .toList()
        .equals(other.target.removed().stream().map(RemovalWindow.Step::names).toList());
  }

  /** Whether the same audits are under way, wherever they are. */
  boolean hasSameAudits(RootMemory other) {
    return audits.stream()
        .map(AuditState::began)
        .toList()
        .equals(other.audits.stream().map(AuditState::began).toList());
  }
}
