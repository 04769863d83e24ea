package dev.godwit.move;

import dev.godwit.mirror.MirrorStatus;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * What the background process says about its mirrors.
 *
 * @param plan the plan file that it was started with
 * @param mirrors one for each tree of the plan, in the plan's order
 */
public record FollowStatus(String plan, long process, List<Tree> mirrors) {
  private static final int TREES_MAX = 10_000;
  private static final int TEXT_MAX = 64 * 1024;

  /** One tree and how its mirror is. */
  public record Tree(String path, MirrorStatus status) {}

  /** Whether every mirror is live: new has what old had a moment ago. */
  public boolean live() {
    return mirrors.stream().allMatch(tree -> tree.status().state() == MirrorStatus.State.LIVE);
  }

  void write(MessageWriter out) {
    out.text(plan).u64(process);
    out.list(
        mirrors,
        (w, tree) -> {
          w.text(tree.path());
          tree.status().write(w);
        });
  }

  static FollowStatus read(MessageReader in) throws WireException {
    return new FollowStatus(
        in.text(TEXT_MAX),
        in.u64(),
        in.list(TREES_MAX, r -> new Tree(r.text(TEXT_MAX), MirrorStatus.read(r))));
  }
}
