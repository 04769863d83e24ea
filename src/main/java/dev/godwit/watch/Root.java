package dev.godwit.watch;

import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.PathText;
import dev.godwit.watch.Directories.Inode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  private static final byte[] TOP = {'/'};

  private final @Nullable Root above;
  private final byte[] path;
  private final int fd;
  private final Inode inode;
  private final String identity;
  private boolean closed;

  private Root(@Nullable Root above, byte[] path, int fd, Inode inode, String identity) {
    this.above = above;
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
    return opened(null, path, Directories.openRoot(path));
  }

  /**
   * The directory that a path below this one leads to, whatever is mounted there. No symbolic link
   * is followed. This root has to stay open for as long as that one.
   *
   * @throws LinuxException when there is no directory
   */
  public synchronized Root below(byte[] relative) throws IOException {
    return opened(this, relative, reopened(relative));
  }

  private static Root opened(@Nullable Root above, byte[] path, int result) throws IOException {
    int fd = (int) LinuxException.check(result, "open", new String(path, StandardCharsets.UTF_8));
    try {
      Inode inode = Directories.inode(fd);
      return new Root(above, path, fd, inode, DirectoryIdentity.of(fd));
    } catch (Throwable t) {
      Directories.close(fd);
      throw t;
    }
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

  /** Whether something is mounted at it. */
  public boolean isMountPoint() throws IOException {
    Boolean told = inode.isMountRoot();
    Root from = above;
    return told != null ? told : from == null || from.mounts().containsKey(PathText.of(path));
  }

  private void throwIfClosed() throws IOException {
    if (closed) {
      throw new IOException("the watch is closed");
    }
  }

  /** Opens what a path below this one leads to; a descriptor or {@code -errno}. */
  private synchronized int reopened(byte[] relative) throws IOException {
    throwIfClosed();
    return Directories.openMounted(fd, PathText.of(relative));
  }

  /** Looks where the path leads now, and whether anything is in the directory. */
  public synchronized Fate fate() throws IOException {
    throwIfClosed();
    Root from = above;
    int now = from == null ? Directories.openRoot(path) : from.reopened(path);
    if (now < 0) {
      return Fate.VANISHED;
    }
    try {
      if (!Directories.inode(now).isSame(inode)) {
        return Fate.REPLACED;
      }
      return Directories.isEmpty(now) ? Fate.EMPTY : Fate.SAME;
    } finally {
      Directories.close(now);
    }
  }

  /**
   * What is mounted below the root (H25).
   *
   * @return by paths below the root, one char a byte (ISO 8859-1), one before those below it; none
   *     when the kernel cannot name the root's own path, or it was unmounted
   */
  public synchronized Map<String, Mounts.Mount> mounts() throws IOException {
    throwIfClosed();
    String here = Directories.path(fd);
    return here == null || here.equals("/") && !isTop() ? Map.of() : Mounts.below(here);
  }

  /** Whether this is the top of all: what is mounted nowhere any more is called so, too. */
  private boolean isTop() throws LinuxException {
    int top = Directories.openRoot(TOP);
    if (top < 0) {
      return false;
    }
    try {
      return Directories.inode(top).isSame(inode);
    } finally {
      Directories.close(top);
    }
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
