package dev.godwit.move;

import dev.godwit.mirror.MirrorState;
import dev.godwit.mirror.MirrorStatus;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Instant;
import java.util.List;

/**
 * What the background process says about its mirrors.
 *
 * @param plan the plan file that it was started with
 * @param process its number
 * @param trees one for each tree of the plan, in the plan's order
 */
public record FollowStatus(String plan, long process, List<Tree> trees) {
  private static final int TREES_MAX = 10_000;
  private static final int TEXT_MAX = 64 * 1024;

  /**
   * How the mirror of one tree is; the fields are those of {@link MirrorStatus}.
   *
   * @param path on old
   */
  public record Tree(
      String path,
      MirrorState state,
      String message,
      long files,
      long bytes,
      long bytesTotal,
      long dirty,
      long lagMillis,
      String rung,
      long rescans,
      long reconnects,
      Instant lastContact) {

    static Tree of(String path, MirrorStatus status) {
      return new Tree(
          path,
          status.state(),
          status.message(),
          status.files(),
          status.bytes(),
          status.bytesTotal(),
          status.dirty(),
          status.lagMillis(),
          status.rung(),
          status.rescans(),
          status.reconnects(),
          status.lastContact());
    }

    private void write(MessageWriter out) {
      out.text(path).u8(state.ordinal()).text(message);
      out.u64(files).u64(bytes).u64(bytesTotal).u64(dirty).u64(lagMillis);
      out.text(rung).u64(rescans).u64(reconnects).u64(lastContact.toEpochMilli());
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
          in.u64(),
          in.u64(),
          in.text(TEXT_MAX),
          in.u64(),
          in.u64(),
          Instant.ofEpochMilli(in.u64()));
    }
  }

  /** Whether every mirror is live: new has what old had a moment ago. */
  public boolean live() {
    return trees.stream().allMatch(tree -> tree.state() == MirrorState.LIVE);
  }

  void write(MessageWriter out) {
    out.text(plan).u64(process).list(trees, (w, tree) -> tree.write(w));
  }

  static FollowStatus read(MessageReader in) throws WireException {
    return new FollowStatus(in.text(TEXT_MAX), in.u64(), in.list(TREES_MAX, Tree::read));
  }
}
