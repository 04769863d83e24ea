package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names of the source that are one inode ({@code -H}). The first of them that is looked at leads:
 * it is copied; the others wait for it and are linked to it. Only what this run wrote or compared
 * is ever linked to (H10). An inode number is used again after its file is gone; the time of birth
 * tells them apart.
 */
final class HardLinks {
  private record Inode(long device, long number, long birthNanos) {}

  /**
   * The name that leads.
   *
   * @param path below the target
   * @param shown its path in the transfer
   * @param status of the inode on the target
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Leader(byte[] path, byte[] shown, FileStatus status) {}

  private static final class Group {
    private @Nullable Leader leader;
    private final List<Runnable> waiting = new ArrayList<>();

    /** All names; empty when they were not looked for before. */
    private final List<byte[]> names = new ArrayList<>();

    /** The name that is to lead; null for the first that comes. */
    private byte @Nullable [] chosen;
  }

  /** Says whether something of the same kind stands on the target at a path. */
  interface Standing {
    boolean stands(byte[] path) throws LinuxException;
  }

  private final Map<Inode, Group> groups = new HashMap<>();

  /** What is to be done with a name of a group. */
  enum Role {
    /** It is copied, and {@link #stands} or {@link #failed} said of it. */
    LEADS,
    /** It is linked to {@link #leader}. */
    FOLLOWS,
    /** It was noted and is looked at again when the leader stands or has failed. */
    WAITS
  }

  private static Inode inode(FileStatus source) {
    return new Inode(source.device(), source.inode(), source.birthNanos());
  }

  /**
   * A name that will come. All are told before the first is asked for; those of one directory by
   * one thread, in their order, and directories in whatever order they are found.
   */
  synchronized void expect(SourceEntry entry, byte[] directory) {
    if (!entry.isDirectory() && entry.status().links() > 1) {
      groups
          .computeIfAbsent(inode(entry.status()), key -> new Group())
          .names
          .add(Paths.join(directory, entry.name()));
    }
  }

  /**
   * What is to be done with a name. Where the names were told before, the one leads that rsync
   * would take: of a file the first that stands on the target, otherwise the last; of anything else
   * the first.
   *
   * @param later runs on another thread once the leader is done
   */
  synchronized Role role(SourceEntry entry, byte[] path, Standing standing, Runnable later)
      throws LinuxException {
    FileStatus source = entry.status();
    Group group = groups.get(inode(source));
    if (group == null) {
      groups.put(inode(source), new Group());
      return Role.LEADS;
    }
    if (group.leader != null) {
      return Role.FOLLOWS;
    }
    if (!group.names.isEmpty()) {
      if (group.chosen == null) {
        group.names.sort(HardLinks::compareDirectories);
        group.chosen = entry.isFile() ? chosen(group.names, standing) : group.names.getFirst();
      }
      if (Arrays.equals(group.chosen, path)) {
        return Role.LEADS;
      }
    }
    group.waiting.add(later);
    return Role.WAITS;
  }

  /** Whether other names of the inode were seen; they may be gone from the source by now. */
  synchronized boolean knows(FileStatus source) {
    return groups.containsKey(inode(source));
  }

  private static int compareDirectories(byte[] one, byte[] other) {
    return Paths.compareInTree(Paths.parent(one), Paths.parent(other));
  }

  private static byte[] chosen(List<byte[]> names, Standing standing) throws LinuxException {
    for (byte[] name : names) {
      if (standing.stands(name)) {
        return name;
      }
    }
    return names.getLast();
  }

  /** Whether a name comes after the leader in the order of the tree, as far as that is known. */
  synchronized boolean isAfterLeader(FileStatus source, byte[] path) {
    Group group = groups.get(inode(source));
    if (group == null || group.leader == null) {
      return false;
    }
    for (byte[] name : group.names) {
      if (Arrays.equals(name, path)) {
        return false;
      }
      if (Arrays.equals(name, group.leader.path)) {
        return true;
      }
    }
    return false;
  }

  /** What still waits when nothing else is left to do: its leader does not come. */
  synchronized List<Runnable> left() {
    List<Runnable> left = new ArrayList<>();
    groups
        .values()
        .removeIf(
            group -> {
              left.addAll(group.waiting);
              return !group.waiting.isEmpty();
            });
    return left;
  }

  synchronized @Nullable Leader leader(FileStatus source) {
    Group group = groups.get(inode(source));
    return group == null ? null : group.leader;
  }

  /** The leader stands; returns what waits for it. */
  synchronized List<Runnable> stands(FileStatus source, Leader leader) {
    Group group = groups.get(inode(source));
    if (group == null) {
      return List.of();
    }
    group.leader = leader;
    List<Runnable> waiting = List.copyOf(group.waiting);
    group.waiting.clear();
    return waiting;
  }

  /** The leader cannot be copied: the next one that looks leads. */
  synchronized List<Runnable> failed(FileStatus source) {
    Group group = groups.remove(inode(source));
    return group == null ? List.of() : group.waiting;
  }
}
