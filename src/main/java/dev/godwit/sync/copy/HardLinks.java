package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names of the source that are one inode ({@code -H}). The first of them that is looked at leads:
 * it is copied; the others wait for it and are linked to it. Where another one may stand on the
 * target already, that one leads, so that its content is not sent again. Only what this run wrote
 * or compared is ever linked to (H10).
 *
 * <p>What is held for an inode once its leader stands is the leader alone: some 120 bytes, and its
 * path. All names of it are held only where they were looked for before.
 */
final class HardLinks {
  /**
   * So many names may wait for another one to stand, each with the listing that it is in; of an
   * inode found beyond that, the first name leads.
   */
  private static final int WAITING_MAX = 100_000;

  private sealed interface Known permits Leader, Group {}

  /**
   * The name that leads.
   *
   * @param path below the target
   * @param shown its path in the transfer
   * @param device of the inode on the target, as all that follows
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Leader(
      byte[] path,
      byte[] shown,
      long device,
      long inode,
      int mode,
      int uid,
      int gid,
      long size,
      long mtimeTotalNanos)
      implements Known {
    static Leader of(byte[] path, byte[] shown, FileStatus status) {
      return new Leader(
          path,
          Arrays.equals(path, shown) ? path : shown, // held once
          status.device(),
          status.inode(),
          status.mode(),
          status.uid(),
          status.gid(),
          status.size(),
          status.mtimeTotalNanos());
    }

    boolean isInode(FileStatus status) {
      return status.inode() == inode && status.device() == device;
    }

    /** Whether type, permissions, owners, size and time are the inode's. */
    boolean isLike(FileStatus status) {
      return status.mode() == mode
          && status.uid() == uid
          && status.gid() == gid
          && status.size() == size
          && status.mtimeTotalNanos() == mtimeTotalNanos;
    }
  }

  /** Of an inode whose leader does not stand yet, or all of whose names are to be remembered. */
  private static final class Group implements Known {
    private @Nullable Leader leader;
    private final List<Runnable> waiting = new ArrayList<>(0);

    /** All names; empty when they were not looked for before. */
    private final List<byte[]> names = new ArrayList<>(0);

    /** The name that is to lead; null for the first that comes. */
    private byte @Nullable [] chosen;

    /** Where the names were not looked for before: how many have come while none leads. */
    private int seen;

    private boolean isLed;
  }

  /** Says whether something of the same kind stands on the target at a path. */
  interface Standing {
    boolean stands(byte[] path) throws LinuxException;
  }

  private final InodeNumbers inodes = new InodeNumbers();

  /** Whether a name that does not stand waits for one that does. */
  private boolean prefersStanding;

  /** How many names wait while none of their inode leads. */
  private int unled;

  /** By the inode's number; null for one whose leader failed. */
  private @Nullable Known[] known = new Known[16];

  /** What is to be done with a name of a group. */
  enum Role {
    /** It is copied, and {@link #stands} or {@link #failed} said of it. */
    LEADS,
    /** It is linked to {@link #leader}. */
    FOLLOWS,
    /** It was noted and is looked at again when the leader stands or has failed. */
    WAITS
  }

  private @Nullable Known known(FileStatus source) {
    int number = inodes.find(source);
    return number < 0 ? null : known[number];
  }

  private void know(FileStatus source, @Nullable Known now) {
    int number = inodes.number(source);
    if (number >= known.length) {
      known = Arrays.copyOf(known, known.length + known.length / 2);
    }
    known[number] = now;
  }

  /**
   * A name that will come. All are told before the first is asked for; those of one directory by
   * one thread, in their order, and directories in whatever order they are found.
   */
  synchronized void expect(SourceEntry entry, byte[] directory) {
    if (!entry.isDirectory() && entry.status().links() > 1) {
      Group group = (Group) known(entry.status());
      if (group == null) {
        group = new Group();
        know(entry.status(), group);
      }
      group.names.add(Paths.join(directory, entry.name()));
    }
  }

  /**
   * From now on a name of a file that does not stand on the target waits until one comes that does,
   * or no more come. What still waits when nothing else is left to do has to be asked for with
   * {@link #left}.
   */
  synchronized void preferStanding() {
    prefersStanding = true;
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
    Known some = known(source);
    if (some == null) {
      some = new Group();
      know(source, some);
    }
    if (!(some instanceof Group group) || group.leader != null) {
      return Role.FOLLOWS;
    }
    if (group.names.isEmpty()) {
      if (!group.isLed && leads(group, entry, path, standing)) {
        group.isLed = true;
        unled -= group.waiting.size();
        return Role.LEADS;
      }
      unled += group.isLed ? 0 : 1;
    } else {
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

  /** Whether a name leads that comes while none does. */
  private boolean leads(Group group, SourceEntry entry, byte[] path, Standing standing)
      throws LinuxException {
    group.seen++;
    return !prefersStanding
        || !entry.isFile()
        || group.seen >= entry.status().links()
        || group.waiting.isEmpty() && unled >= WAITING_MAX
        || standing.stands(path);
  }

  /** Whether other names of the inode were seen; they may be gone from the source by now. */
  synchronized boolean knows(FileStatus source) {
    return known(source) != null;
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
    if (!(known(source) instanceof Group group) || group.leader == null) {
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
    for (int i = 0; i < inodes.size(); i++) {
      if (known[i] instanceof Group group && !group.waiting.isEmpty()) {
        left.addAll(group.waiting);
        known[i] = null;
      }
    }
    if (!left.isEmpty()) {
      prefersStanding = false;
      unled = 0;
    }
    return left;
  }

  synchronized @Nullable Leader leader(FileStatus source) {
    return switch (known(source)) {
      case Leader leader -> leader;
      case Group group -> group.leader;
      case null -> null;
    };
  }

  /** The leader stands; returns what waits for it. */
  synchronized List<Runnable> stands(FileStatus source, Leader leader) {
    Known before = known(source);
    if (before == null) {
      return List.of();
    }
    if (!(before instanceof Group group)) {
      know(source, leader);
      return List.of();
    }
    List<Runnable> waiting = List.copyOf(group.waiting);
    group.waiting.clear();
    group.leader = leader;
    if (group.names.isEmpty()) {
      know(source, leader);
    }
    return waiting;
  }

  /** The leader cannot be copied: the next one that looks leads. */
  synchronized List<Runnable> failed(FileStatus source) {
    Known before = known(source);
    if (before == null) {
      return List.of();
    }
    know(source, null);
    return before instanceof Group group ? group.waiting : List.of();
  }
}
