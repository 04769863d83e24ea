package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.TreeRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directories that a series of copies reads: those of its root's own mount, and of the mounts
 * below it that take part.
 *
 * <p>Invariant: no path leads into a mount that does not take part, nor to what one that takes part
 * covers, whatever is mounted and unmounted meanwhile: the root of each is held open, and from
 * there no mount is crossed (H25, H27).
 *
 * <p>Any thread.
 */
final class SourceTree implements FilteredPaths.Tree, AutoCloseable {
  /**
   * A mount that takes part.
   *
   * @param number of the tree, for the handles of its inodes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Part(byte[] path, int number, DirectoryHandle handle, FileStatus status) {}

  /** A directory that moves on all the time is found nowhere. */
  private static final int PLACE_TRIES = 10;

  private final TreeRoot root;

  /** The longest paths first, so that the first one above a path is the nearest. */
  private volatile List<Part> parts = List.of();

  SourceTree(TreeRoot root) {
    this.root = root;
  }

  /**
   * From now on what is mounted at this path takes part.
   *
   * @return the number of its tree; the root's is 0
   */
  synchronized int join(byte[] path) throws LinuxException {
    DirectoryHandle handle = root.handle().beneath(path);
    try {
      int number = parts.size() + 1;
      List<Part> all = new ArrayList<>(parts);
      all.add(new Part(path.clone(), number, handle, handle.status()));
      all.sort(Comparator.comparingInt(part -> -part.path.length));
      parts = List.copyOf(all);
      return number;
    } catch (LinuxException e) {
      handle.close();
      throw e;
    }
  }

  private @Nullable Part partOf(byte[] path) {
    for (Part part : parts) {
      if (Paths.isAtOrBelow(path, part.path)) {
        return part;
      }
    }
    return null;
  }

  /**
   * Opens a directory.
   *
   * @throws LinuxException EXDEV when it is in, or at, a mount that takes no part
   */
  @Override
  public DirectoryHandle open(byte[] path) throws LinuxException {
    Part part = partOf(path);
    if (part == null) {
      return root.handle().beneathOnSameMount(path);
    }
    int from = Math.min(path.length, part.path.length + 1);
    return part.handle.beneathOnSameMount(Arrays.copyOfRange(path, from, path.length));
  }

  /** The lasting name of an open directory of this tree; null where its file system has none. */
  @Nullable InodeHandle handleOf(byte[] path, DirectoryHandle directory) throws LinuxException {
    InodeHandle handle = directory.inodeHandle();
    Part part = partOf(path);
    return handle == null || part == null ? handle : handle.inTree(part.number);
  }

  /**
   * As {@link #handleOf(byte[], DirectoryHandle)}, of a name in an open directory.
   *
   * @param path of the name
   */
  @Nullable InodeHandle handleOf(byte[] path, DirectoryHandle in, byte[] name)
      throws LinuxException {
    InodeHandle handle = in.inodeHandle(name);
    Part part = partOf(path);
    return handle == null || part == null ? handle : handle.inTree(part.number);
  }

  /**
   * Where a directory is now.
   *
   * @return null when it is not in this tree any more, or that cannot be said
   */
  byte @Nullable [] pathOf(InodeHandle directory) {
    for (int tries = 0; tries < PLACE_TRIES; tries++) {
      try {
        byte[] path = findPath(directory);
        if (path == null) {
          return null;
        }
        try (DirectoryHandle there = open(path)) {
          if (directory.equals(handleOf(path, there))) {
            return path;
          }
        }
      } catch (LinuxException e) {
        // It has moved on, or is behind another mount.
      }
    }
    return null;
  }

  private byte @Nullable [] findPath(InodeHandle directory) throws LinuxException {
    for (Part part : parts) {
      if (directory.isInTree(part.number)) {
        byte[] below = part.handle.pathOf(directory);
        return below == null ? null : Paths.join(part.path, below);
      }
    }
    return root.handle().pathOf(directory);
  }

  /** Whether there is no mount that takes part. */
  boolean isOne() {
    return parts.isEmpty();
  }

  /** What was at a path when it was joined; null when nothing was joined there. */
  @Nullable FileStatus joined(byte[] path) {
    Part part = partOf(path);
    return part != null && part.path.length == path.length ? part.status : null;
  }

  @Override
  public void close() {
    parts.forEach(part -> part.handle.close());
    root.close();
  }
}
