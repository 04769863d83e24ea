package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;

/**
 * The directory that a tree hangs on, held open, with the identity it had then. All access to the
 * tree goes through this handle; the path is only used again to see whether it still means the same
 * directory (H27).
 */
public final class TreeRoot implements AutoCloseable {
  private final byte[] path;
  private final DirectoryHandle handle;
  private final FileStatus identity;

  private TreeRoot(byte[] path, DirectoryHandle handle, FileStatus identity) {
    this.path = path;
    this.handle = handle;
    this.identity = identity;
  }

  /**
   * @param path absolute; symbolic links in it are followed
   */
  public static TreeRoot open(byte[] path) throws LinuxException {
    DirectoryHandle handle = DirectoryHandle.open(path);
    try {
      return new TreeRoot(path.clone(), handle, handle.status());
    } catch (LinuxException e) {
      handle.close();
      throw e;
    }
  }

  public byte[] path() {
    return path.clone();
  }

  public DirectoryHandle handle() {
    return handle;
  }

  DirectoryHandle directory(TreePath directory) throws LinuxException {
    return handle.beneath(directory.bytes());
  }

  /** Whether the path still leads to the directory that was opened. */
  public boolean isInPlace() {
    try (DirectoryHandle now = DirectoryHandle.open(path)) {
      return now.status().isSameInode(identity);
    } catch (LinuxException e) {
      return false;
    }
  }

  /** Whether there is no name at all in it. */
  public boolean isEmpty() throws LinuxException {
    try (DirectoryHandle again = handle.beneath(new byte[0])) {
      return again.nextEntries() == null;
    }
  }

  /** The path for people: of the root, or of something below it. */
  String shown(TreePath below) {
    String root = Names.display(path);
    return below.isRoot() ? root : (root.endsWith("/") ? root : root + "/") + below;
  }

  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return Names.display(path);
  }
}
