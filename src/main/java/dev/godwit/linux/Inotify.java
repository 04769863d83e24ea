package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * An inotify instance: changes of the directories that were added, each by a number of its own
 * (inotify(7)). Reading never blocks; wait with {@link Wakeup}. One thread at a time.
 */
public final class Inotify implements AutoCloseable {
  public static final int MODIFY = 0x2;
  public static final int ATTRIB = 0x4;
  public static final int CLOSE_WRITE = 0x8;
  public static final int MOVED_FROM = 0x40;
  public static final int MOVED_TO = 0x80;
  public static final int CREATE = 0x100;
  public static final int DELETE = 0x200;
  public static final int UNMOUNT = 0x2000;
  public static final int Q_OVERFLOW = 0x4000;

  /** The watch is gone: its directory was removed, or the watch itself. */
  public static final int IGNORED = 0x8000;

  public static final int ISDIR = 0x4000_0000;

  private static final int IN_EXCL_UNLINK = 0x400_0000;
  private static final int IN_ONLYDIR = 0x100_0000;
  private static final int IN_NONBLOCK = 0x800;
  private static final int IN_CLOEXEC = 0x80000;
  private static final int EVENT_BYTES = 16;

  private static final long INOTIFY_INIT1 = Syscall.number(294, 26);
  private static final long INOTIFY_ADD_WATCH = Syscall.number(254, 27);
  private static final long INOTIFY_RM_WATCH = Syscall.number(255, 28);

  /** Takes events one by one. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param watch what {@link #add} returned; -1 for an overflow
     * @param cookie the same for both names of a rename; 0 for all else
     * @param name empty for the directory itself
     */
    void event(int watch, int mask, int cookie, byte[] name);
  }

  private int fd;
  private final MemorySegment buffer = Arena.ofAuto().allocate(64 * 1024, 8);

  private Inotify(int fd) {
    this.fd = fd;
  }

  /**
   * @throws LinuxException EMFILE when fs.inotify.max_user_instances is reached
   */
  public static Inotify open() throws LinuxException {
    return new Inotify(
        (int)
            LinuxException.check(
                Syscall.call(INOTIFY_INIT1, IN_NONBLOCK | IN_CLOEXEC), "inotify_init1", ""));
  }

  /**
   * Watches an open directory. The path goes through /proc/self/fd, so it is this very inode.
   *
   * @return the watch's number, the same as before for a directory that is watched already; or
   *     {@code -errno}: {@code -ENOSPC} when fs.inotify.max_user_watches is reached
   */
  public int add(int directoryFd, int mask) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path =
          arena.allocateFrom("/proc/self/fd/" + directoryFd, StandardCharsets.US_ASCII);
      return (int)
          Syscall.call(INOTIFY_ADD_WATCH, fd, path.address(), mask | IN_ONLYDIR | IN_EXCL_UNLINK);
    }
  }

  /** Ends a watch; one that ended by itself is no error. */
  public void remove(int watch) {
    Syscall.call(INOTIFY_RM_WATCH, fd, watch);
  }

  public int fd() {
    return fd;
  }

  /** How many bytes of events wait in the queue now. */
  public long queued() throws LinuxException {
    return Wakeup.readable(fd);
  }

  /**
   * Takes what one read(2) gives.
   *
   * @return the number of bytes, 0 when the queue is empty
   */
  public int read(Sink sink) throws LinuxException {
    int length = Wakeup.read(fd, buffer, "inotify");
    for (int at = 0; at + EVENT_BYTES <= length; ) {
      int watch = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      int mask = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4);
      int cookie = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8);
      int padded = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at + 12);
      int nameLength = 0;
      while (nameLength < padded
          && buffer.get(ValueLayout.JAVA_BYTE, at + EVENT_BYTES + nameLength) != 0) {
        nameLength++;
      }
      byte[] name = new byte[nameLength];
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at + EVENT_BYTES, name, 0, nameLength);
      sink.event(watch, mask, cookie, name);
      at += EVENT_BYTES + padded;
    }
    return length;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      Wakeup.closeFd(fd);
      fd = -1; // its number may be another file's by now
    }
  }
}
