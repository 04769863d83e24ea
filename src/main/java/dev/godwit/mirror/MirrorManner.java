package dev.godwit.mirror;

import dev.godwit.sync.IdMap;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import java.time.Duration;

/**
 * How a mirror does what it does.
 *
 * @param rules what is kept and removed, as of {@code godwit sync}
 * @param removals when names are removed, where the rules let any go
 * @param removedPercentMax the share of the target's names that may go within ten minutes; 100 for
 *     any
 * @param trashKept how long the trash of the rules keeps what is in it
 * @param delay how long changes of one name are collected after its first one was applied; zero for
 *     a time that grows from 50 ms to 1 s
 * @param refusesCircles whether other mirrors are looked for that bring the target's content to the
 *     source
 * @param mounts what of the mounts below the source takes part
 * @param mayEmpty whether the source's root is still right when nothing is left in it, as a queue's
 * @param isChangesOnly whether only what changes from the beginning on is brought, and nothing is
 *     compared before
 */
public record MirrorManner(
    Rules rules,
    Removals removals,
    int removedPercentMax,
    Duration trashKept,
    Duration delay,
    boolean refusesCircles,
    MountChoice mounts,
    boolean mayEmpty,
    boolean isChangesOnly) {
  /** Of a source without the mounts below it, that is never left with nothing. */
  public MirrorManner(
      Rules rules,
      Removals removals,
      int removedPercentMax,
      Duration trashKept,
      Duration delay,
      boolean refusesCircles) {
    this(
        rules,
        removals,
        removedPercentMax,
        trashKept,
        delay,
        refusesCircles,
        MountChoice.NONE,
        false,
        false);
  }

  /** The target becomes what the source is, as fast as it goes. */
  public static final MirrorManner EXACT =
      new MirrorManner(
          SeriesRequest.exactRules().build(),
          Removals.ALL,
          100,
          Duration.ZERO,
          Duration.ZERO,
          false);

  /** The same with what is mounted below the source. */
  public MirrorManner with(MountChoice choice) {
    return with(rules, removedPercentMax, choice, mayEmpty, isChangesOnly);
  }

  /** The same of a source that may become empty. */
  public MirrorManner emptying() {
    return with(rules, removedPercentMax, mounts, true, isChangesOnly);
  }

  /**
   * The same for files that nobody uses on the target while the mirror runs: what of one has
   * changed is written into the one that stands, so that no more is written than that, and no room
   * is needed for a second one. One that was not finished has another time of change than the
   * source's, and is gone on with.
   */
  public MirrorManner inPlace() {
    Rules.Builder written = RulesText.copy(rules);
    written.inPlace = true;
    written.partial = true;
    return with(written.build(), removedPercentMax, mounts, mayEmpty, isChangesOnly);
  }

  /** The same, bringing only what changes, if that is so. */
  public MirrorManner changesOnly(boolean is) {
    return with(rules, removedPercentMax, mounts, mayEmpty, is);
  }

  private MirrorManner with(
      Rules other, int percentMax, MountChoice choice, boolean emptying, boolean changes) {
    return new MirrorManner(
        other, removals, percentMax, trashKept, delay, refusesCircles, choice, emptying, changes);
  }

  /** The same with other numbers of users and groups on the target. */
  public MirrorManner with(IdMap owners) {
    if (owners.isEmpty()) {
      return this;
    }
    Rules.Builder mapped = RulesText.copy(rules);
    mapped.userMap = owners.userText().isEmpty() ? null : owners.userText();
    mapped.groupMap = owners.groupText().isEmpty() ? null : owners.groupText();
    mapped.mapAcls = true;
    return with(mapped.build(), removedPercentMax, mounts, mayEmpty, isChangesOnly);
  }

  /** The same without a limit to the share that may go. */
  MirrorManner removingAny() {
    return with(rules, 100, mounts, mayEmpty, isChangesOnly);
  }
}
