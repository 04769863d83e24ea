package dev.godwit.watch;

import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts;
import dev.godwit.watch.Directories.Filesystem;
import dev.godwit.watch.Directories.Inode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;

/**
 * The directory that is watched, held open so that everything happens in this very directory
 * whatever its path comes to mean, and so that its inode number cannot be given to another.
 *
 * <p>An unmounted, replaced or emptied root looks like "everything was deleted" (H27); this class
 * tells them apart from a deletion. Safe for threads.
 */
public final class Root implements AutoCloseable {
  /** What became of the root since it was opened. */
  public enum Fate {
    SAME,
    /** Its path leads nowhere now. */
    VANISHED,
    /** Its path leads to another directory: replaced, unmounted, or something mounted over it. */
    REPLACED,
    /** It is the same directory, and holds nothing. */
    EMPTY
  }

  private final byte[] path;
  private final int fd;
  private final Inode inode;
  private final String identity;
  private boolean closed;

  private Root(byte[] path, int fd, Inode inode, String identity) {
    this.path = path.clone();
    this.fd = fd;
    this.inode = inode;
    this.identity = identity;
  }

  /**
   * @param path absolute
   * @throws IOException when it is no directory, or may not be read
   */
  public static Root open(byte[] path) throws IOException {
    int fd =
        (int)
            LinuxException.check(
                Directories.openRoot(path), "open", new String(path, StandardCharsets.UTF_8));
    try {
      Inode inode = Directories.inode(fd);
      return new Root(path, fd, inode, identity(fd, inode));
    } catch (Throwable t) {
      Directories.close(fd);
      throw t;
    }
  }

  /** The filesystem's own id and the file handle survive a reboot; device numbers do not. */
  private static String identity(int fd, Inode inode) throws LinuxException {
    Filesystem filesystem = Directories.filesystem(fd);
    InodeHandle handle = InodeHandle.of(fd);
    return Long.toHexString(filesystem.type())
        + "-"
        + Long.toHexString(filesystem.id())
        + "-"
        + (handle == null
            ? "i" + inode.number()
            : "h" + handle.type() + "-" + HexFormat.of().formatHex(handle.bytes()));
  }

  /**
   * A text that the same directory has again when it is opened later, and another one has not. To
   * be kept by who wants to go on after a break.
   */
  public String identity() {
    return identity;
  }

  public byte[] path() {
    return path.clone();
  }

  /** Looks where the path leads now, and whether anything is in the directory. */
  public synchronized Fate fate() throws IOException {
    if (closed) {
      throw new IOException("the watch is closed");
    }
    int now = Directories.openRoot(path);
    if (now < 0) {
      return Fate.VANISHED;
    }
    try {
      Inode there = Directories.inode(now);
      if (there.device() != inode.device() || there.number() != inode.number()) {
        return Fate.REPLACED;
      }
      return Directories.isEmpty(now) ? Fate.EMPTY : Fate.SAME;
    } finally {
      Directories.close(now);
    }
  }

  /**
   * The places below the root where another file system is mounted (H25).
   *
   * @return paths below the root, one char a byte (ISO 8859-1); none when the kernel cannot name
   *     the root's own path
   */
  public synchronized Set<String> mounts() throws IOException {
    if (closed) {
      throw new IOException("the watch is closed");
    }
    String here = Directories.path(fd);
    return here == null ? Set.of() : Mounts.below(here);
  }

  int fd() {
    return fd;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Directories.close(fd);
    }
  }
}
