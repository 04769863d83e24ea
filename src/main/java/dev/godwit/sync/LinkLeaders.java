package dev.godwit.sync;

import dev.godwit.linux.FileStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For each group of names that are one file at the source: the name that has the content here. The
 * others are linked to it; while it is under way they wait. Only a file that this session wrote or
 * compared is ever linked to (H10).
 */
final class LinkLeaders {
  /** An entry that waits for its leader. */
  record Waiting(TargetBatch batch, int index) {}

  /**
   * @param status of the file as it was put in place; null while it is under way
   */
  record Leader(TreePath path, @Nullable FileStatus status, List<Waiting> waiting) {}

  private final Map<Long, Leader> leaders = new HashMap<>();

  /**
   * The leader that this entry can be linked to; null when the caller has to wait, which is noted,
   * or is the leader now.
   */
  synchronized @Nullable Leader leaderFor(long group, TargetBatch batch, int index) {
    Leader leader = leaders.get(group);
    if (leader == null || leader.path.equals(batch.path(index))) {
      return null;
    }
    if (leader.status != null) {
      return leader;
    }
    batch.hold();
    leader.waiting.add(new Waiting(batch, index));
    return leader;
  }

  /** The content of this name is under way. */
  synchronized void underWay(long group, TreePath path) {
    Leader last = leaders.get(group);
    List<Waiting> waiting = last == null ? new ArrayList<>() : last.waiting;
    leaders.put(group, new Leader(path, null, waiting));
  }

  /** This name stands; returns what waits for it. */
  synchronized List<Waiting> stands(long group, TreePath path, FileStatus status) {
    Leader last = leaders.put(group, new Leader(path, status, new ArrayList<>()));
    return last == null ? List.of() : last.waiting;
  }

  /** The content of this name does not come; returns what waits for it. */
  synchronized List<Waiting> failed(long group, TreePath path) {
    Leader leader = leaders.get(group);
    if (leader == null || !leader.path.equals(path)) {
      return List.of();
    }
    leaders.remove(group);
    return leader.waiting;
  }
}
