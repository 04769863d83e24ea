package dev.godwit.move;

import dev.godwit.mirror.MirrorMount;
import dev.godwit.mirror.MirrorState;
import dev.godwit.mirror.MirrorStatus;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the background process says about its mirrors.
 *
 * @param plan the plan file that it was started with
 * @param begun what that said of trees and services, as {@link StartedPlan#words}
 * @param process its number
 * @param source the host that is followed by the other one; null before anybody said which
 * @param trees one for each tree of the plan, in the plan's order; none without a source
 * @param kept what it keeps besides; what has not been looked at since the last order is left out
 */
public record FollowStatus(
    String plan,
    String begun,
    long process,
    @Nullable Role source,
    List<Tree> trees,
    List<KeptStatus> kept) {
  private static final int TREES_MAX = 10_000;
  private static final int KEPT_MAX = 10;
  private static final int MOUNTS_MAX = 10_000;
  private static final int PROBLEMS_MAX = 10_000;

  /** Longer than a retry of what was written to while it was read. */
  private static final long STUCK_MILLIS = 10_000;

  private static final int TEXT_MAX = 64 * 1024;
  private static final int BEGUN_MAX = 16 * 1024 * 1024;
  private static final int NO_SOURCE = Role.values().length;

  /**
   * How the mirror of one tree is; the fields are those of {@link MirrorStatus}.
   *
   * @param path on the source
   * @param files that the source has, by the last look at everything; while the first one of a
   *     connection is under way, that it has come to
   * @param bytes of {@code bytesTotal}, what the other host has as far as is known
   * @param bytesTotal the sizes of {@code files} together; where {@code isTotalKnown}, of all that
   *     there are
   * @param isTotalKnown false while nobody knows how much is still to be found
   * @param copied bytes of new content that this connection has brought
   * @param wasEqual whether the other host had all of it once: then it is only compared, mostly
   */
  public record Tree(
      String path,
      MirrorState state,
      String message,
      long files,
      long bytes,
      long bytesTotal,
      boolean isTotalKnown,
      long copied,
      boolean wasEqual,
      long dirty,
      long lagMillis,
      String rung,
      long rescans,
      long reconnects,
      Instant lastContact,
      List<MirrorMount> mounts,
      List<String> problems) {
    public Tree {
      mounts = List.copyOf(mounts);
      problems = List.copyOf(problems);
    }

    /**
     * @param isTurned whether a mirror of the other way has made both equal before
     */
    static Tree of(String path, MirrorStatus status, boolean isTurned) {
      boolean wasEqual = isTurned || status.wasEqual();
      return new Tree(
          path,
          status.state(),
          status.message(),
          status.extent().files(),
          // What is compared in one look is known to be there only at its end.
          wasEqual ? status.extent().bytes() : status.extent().bytesDone(),
          status.extent().bytes(),
          false,
          status.bytes(),
          wasEqual,
          status.dirty(),
          status.lagMillis(),
          status.rung(),
          status.rescans(),
          status.reconnects(),
          status.lastContact(),
          status.mounts(),
          status.problems());
    }

    /**
     * The same while the first copy is under way, where the source was measured before.
     *
     * @param measured the sizes of all files together; what has come since is more
     */
    Tree measured(long measured) {
      return new Tree(
          path,
          state,
          message,
          files,
          bytes,
          Math.max(bytesTotal, measured),
          true,
          copied,
          wasEqual,
          dirty,
          lagMillis,
          rung,
          rescans,
          reconnects,
          lastContact,
          mounts,
          problems);
    }

    /** Whether the source side was heard of, and not any more: what is known of it is old (H90). */
    public boolean isStale(Instant now) {
      return lastContact.isAfter(Instant.EPOCH)
          && lastContact.plus(MirrorStatus.SILENT_AFTER).isBefore(now);
    }

    /**
     * What does not get to the other host, for people: not what only changed while it was read,
     * which is there a moment later.
     */
    public Optional<String> stuck() {
      return state == MirrorState.LIVE && !problems.isEmpty() && lagMillis >= STUCK_MILLIS
          ? Optional.of(
              "%s: what has changed could not be applied for %d s, and is tried again: %s%s"
                  .formatted(
                      path,
                      lagMillis / 1000,
                      problems.getFirst(),
                      problems.size() > 1 ? "; and more" : ""))
          : Optional.empty();
    }

    private void write(MessageWriter out) {
      out.text(path).u8(state.ordinal()).text(message);
      out.u64(files).u64(bytes).u64(bytesTotal).bool(isTotalKnown);
      out.u64(copied).bool(wasEqual);
      out.u64(dirty).u64(lagMillis);
      out.text(rung).u64(rescans).u64(reconnects).u64(lastContact.toEpochMilli());
      out.list(mounts, (w, mount) -> w.text(mount.path()).text(mount.type()).text(mount.rung()));
      out.texts(problems);
    }

    private static Tree read(MessageReader in) throws WireException {
      String path = in.text(TEXT_MAX);
      int state = in.u8();
      if (state >= MirrorState.values().length) {
        throw new WireException("malformed message: mirror state " + state);
      }
      return new Tree(
          path,
          MirrorState.values()[state],
          in.text(TEXT_MAX),
          in.u64(),
          in.u64(),
          in.u64(),
          in.bool(),
          in.u64(),
          in.bool(),
          in.u64(),
          in.u64(),
          in.text(TEXT_MAX),
          in.u64(),
          in.u64(),
          Instant.ofEpochMilli(in.u64()),
          in.list(MOUNTS_MAX, Tree::readMount),
          in.texts(PROBLEMS_MAX, TEXT_MAX));
    }

    private static MirrorMount readMount(MessageReader in) throws WireException {
      return new MirrorMount(in.text(TEXT_MAX), in.text(TEXT_MAX), in.text(TEXT_MAX));
    }
  }

  /** With what is known of how much there is to copy. */
  public FollowStatus measured(MeasuredTrees measured) {
    return new FollowStatus(
        plan, begun, process, source, trees.stream().map(measured::of).toList(), kept);
  }

  /** Whether there is a first copy under way, and not only a comparison of what was equal once. */
  boolean isCopying() {
    return trees.stream().anyMatch(tree -> tree.state() == MirrorState.COPYING && !tree.wasEqual());
  }

  /** Whether it is known how much there is to copy. */
  public boolean isTotalKnown() {
    return trees.stream()
        .allMatch(tree -> tree.state() != MirrorState.COPYING || tree.isTotalKnown());
  }

  /** Whether every mirror is live: the other host has what the source had a moment ago. */
  public boolean live() {
    return source != null && trees.stream().allMatch(tree -> tree.state() == MirrorState.LIVE);
  }

  void write(MessageWriter out) {
    out.text(plan).text(begun).u64(process).u8(source == null ? NO_SOURCE : source.ordinal());
    out.list(trees, (w, tree) -> tree.write(w));
    out.list(kept, (w, each) -> each.write(w));
  }

  static FollowStatus read(MessageReader in) throws WireException {
    String plan = in.text(TEXT_MAX);
    String begun = in.text(BEGUN_MAX);
    long process = in.u64();
    int source = in.u8();
    if (source > NO_SOURCE) {
      throw new WireException("malformed message: host " + source);
    }
    return new FollowStatus(
        plan,
        begun,
        process,
        source == NO_SOURCE ? null : Role.values()[source],
        in.list(TREES_MAX, Tree::read),
        in.list(KEPT_MAX, KeptStatus::read));
  }
}
