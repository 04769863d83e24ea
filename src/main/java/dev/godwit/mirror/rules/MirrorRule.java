package dev.godwit.mirror.rules;

import dev.godwit.linux.Names;
import dev.godwit.mirror.MirrorManner;
import dev.godwit.mirror.MountChoice;
import dev.godwit.mirror.actions.Actions;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.KeptFolders;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.LineOptions;
import dev.godwit.sync.rules.Rules;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One directory that is to be kept equal to another.
 *
 * @param name what a status and a control command call it
 * @param sourceHost as for ssh; null: this host
 * @param source absolute on this host; on another one perhaps from the user's home on
 * @param targetHost as for ssh; null: this host
 * @param target as the source
 * @param rules what is kept and removed, as of {@code godwit sync}
 * @param filters which names take part, in the order in which they count
 * @param line how the other host is reached
 * @param removals when names are removed, where any are
 * @param delay see {@link MirrorManner}
 * @param isChangesOnly the same
 * @param audit how often both sides are compared, and how
 * @param trashKept how long the trash keeps what is in it
 * @param mounts what of the mounts below the source takes part
 * @param isNewRoot whether what was known of the source's root does not count
 * @param words the command line that says all this, to see whether it has changed
 * @param remarks what has no effect, for people
 * @param actions commands that are run for changes in the place of a target; null: there is one
 */
@SuppressWarnings("ArrayRecordComponent") // paths are bytes; never compared
public record MirrorRule(
    String name,
    @Nullable String sourceHost,
    byte[] source,
    @Nullable String targetHost,
    byte[] target,
    Rules rules,
    List<FilterRule> filters,
    LineOptions line,
    Removals removals,
    Duration delay,
    boolean isChangesOnly,
    AuditChoice audit,
    Duration trashKept,
    MountChoice mounts,
    boolean isNewRoot,
    List<String> words,
    List<String> remarks,
    @Nullable Actions actions) {
  public MirrorRule {
    filters = List.copyOf(filters);
    words = List.copyOf(words);
    remarks = List.copyOf(remarks);
  }

  /** The source for people, as it is written on a command line. */
  public String from() {
    return shown(sourceHost, source);
  }

  /** The target for people. */
  public String to() {
    return actions == null ? shown(targetHost, target) : "commands";
  }

  /**
   * The same with more that a command line cannot say.
   *
   * @param newWords what says all this, to see whether it has changed
   * @param commands in the place of the target; null: there is one
   */
  public MirrorRule saying(List<String> newWords, @Nullable Actions commands) {
    return new MirrorRule(
        name,
        sourceHost,
        source,
        targetHost,
        target,
        rules,
        filters,
        line,
        removals,
        delay,
        isChangesOnly,
        audit,
        trashKept,
        mounts,
        isNewRoot,
        newWords,
        remarks,
        commands);
  }

  /** Whether both go to the same directory of the same host, as far as their paths tell. */
  public boolean hasTargetOf(MirrorRule other) {
    return actions == null
        && other.actions == null
        && isOnHostOf(other)
        && KeptFolders.isSame(target, other.target);
  }

  /**
   * Whether this mirror would remove what another one brings: its target is in this one's, as far
   * as their paths tell, and no filter leaves that out.
   */
  public boolean removesTargetOf(MirrorRule other) {
    boolean removes = rules.deletes() && removals != Removals.WHEN_SEEN && !isChangesOnly;
    if (!removes || actions != null || other.actions != null || !isOnHostOf(other)) {
      return false;
    }
    List<byte[]> below = KeptFolders.targetBelow(target, other.target);
    return below != null && !below.isEmpty() && !leavesOut(below);
  }

  private boolean isOnHostOf(MirrorRule other) {
    return Objects.equals(targetHost, other.targetHost);
  }

  private boolean leavesOut(List<byte[]> names) {
    if (KeptFolders.hold(rules, target, names)) {
      return true;
    }
    try {
      return Filters.of(filters, rules.deleteExcluded).target(target).excludesAt(names);
    } catch (FilterException e) {
      return false; // it is told where the filters are used
    }
  }

  private static String shown(@Nullable String host, byte[] path) {
    return (host == null ? "" : host + ":") + Names.display(path);
  }

  /** How the engine does it. */
  public MirrorManner manner() {
    return new MirrorManner(
            rules, removals, (int) Math.round(rules.deleteShareMax * 100), trashKept, delay, true)
        .with(mounts)
        .changesOnly(isChangesOnly);
  }
}
