package dev.godwit.sync;

import dev.godwit.linux.FileStatus;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which names of the source are one file. Holds only inodes with several names, and not more than a
 * fixed number of names: beyond it they are copied as separate files, which costs room and is told.
 *
 * <p>An inode number is used again after its file is gone; the time of birth tells them apart
 * (H10).
 */
final class LinkGroups {
  static final int NAMES_MAX = 1_000_000;

  private record Inode(long device, long number, long birthNanos) {}

  private record Group(long id, Set<TreePath> names) {}

  private final Map<Inode, Group> byInode = new HashMap<>();
  private final Map<Long, Group> byId = new HashMap<>();
  private int names;

  /** The number of the group this name belongs to; 0 when there is no room for more. */
  synchronized long groupOf(FileStatus status, TreePath path) {
    Inode inode = new Inode(status.device(), status.inode(), status.birthNanos());
    Group group = byInode.get(inode);
    if (names >= NAMES_MAX && (group == null || !group.names.contains(path))) {
      return 0;
    }
    if (group == null) {
      group = new Group(byId.size() + 1L, new LinkedHashSet<>());
      byInode.put(inode, group);
      byId.put(group.id, group);
    }
    if (group.names.add(path)) {
      names++;
    }
    return group.id;
  }

  /** The other names known of a group. */
  synchronized List<TreePath> others(long id, TreePath path) {
    Group group = byId.get(id);
    return group == null
        ? List.of()
        : group.names.stream().filter(name -> !name.equals(path)).toList();
  }
}
