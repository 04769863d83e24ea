package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A fanotify group that names what changed by directory handle and file name (fanotify(7),
 * fanotify_init(2), fanotify_mark(2); kernel 5.9 on). Reading never blocks; wait with {@link
 * Wakeup}. One thread reads; {@link #queued} may be called by the same thread only.
 */
public final class Fanotify implements AutoCloseable {
  public static final long MODIFY = 0x2;
  public static final long ATTRIB = 0x4;
  public static final long CLOSE_WRITE = 0x8;
  public static final long MOVED_FROM = 0x40;
  public static final long MOVED_TO = 0x80;
  public static final long CREATE = 0x100;
  public static final long DELETE = 0x200;
  public static final long Q_OVERFLOW = 0x4000;

  /** Both names of a rename in one event; kernel 5.17 on. */
  public static final long RENAME = 0x1000_0000;

  /** Asks for events of directories too; without it mkdir and rmdir are not reported. */
  public static final long ONDIR = 0x4000_0000;

  private static final int FAN_CLOEXEC = 0x1;
  private static final int FAN_NONBLOCK = 0x2;
  private static final int FAN_UNLIMITED_QUEUE = 0x10;
  private static final int FAN_UNLIMITED_MARKS = 0x20;
  private static final int FAN_REPORT_FID = 0x200;
  private static final int FAN_REPORT_DFID_NAME = 0xC00;
  private static final int FAN_MARK_ADD = 0x1;
  private static final int FAN_MARK_FILESYSTEM = 0x100;
  private static final int AT_FDCWD = -100;

  private static final int INFO_FID = 1;
  private static final int INFO_DFID_NAME = 2;
  private static final int INFO_DFID = 3;
  private static final int INFO_OLD_DFID_NAME = 10;
  private static final int INFO_NEW_DFID_NAME = 12;

  /** In a struct fanotify_event_info_fid, behind the header and the file system's id. */
  private static final int HANDLE_OFFSET = 12;

  private static final int METADATA_BYTES = 24;
  private static final int METADATA_VERSION = 3;

  private static final long FANOTIFY_INIT = Syscall.number(300, 262);
  private static final long FANOTIFY_MARK = Syscall.number(301, 263);

  // Large enough for hundreds of events a call; small enough to stay in the processor's cache.
  private static final int BUFFER_BYTES = 64 * 1024;

  /** A name in a directory. {@code .} is the directory itself. */
  public record Entry(InodeHandle directory, byte[] name) {}

  /**
   * @param mask what happened since the last read, merged: the order is unknown
   * @param entry the name; for a rename the old one; null for an overflow, and where a file lost or
   *     got a name, which is told with that name, too
   * @param newEntry the new name of a rename
   * @param file that was written or whose attributes changed by the name; null for what happens in
   *     a directory, and for directories
   */
  public record Event(
      long mask, @Nullable Entry entry, @Nullable Entry newEntry, @Nullable InodeHandle file) {
    public boolean is(long bits) {
      return (mask & bits) != 0;
    }
  }

  /** Takes events one by one. */
  @FunctionalInterface
  public interface Sink {
    void event(Event event);
  }

  private final int fd;
  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, 8);

  private Fanotify(int fd) {
    this.fd = fd;
  }

  /**
   * @param unlimitedQueue false limits the queue to fs.fanotify.max_queued_events, after which an
   *     event with {@link #Q_OVERFLOW} stands for the lost ones
   * @throws LinuxException EPERM without CAP_SYS_ADMIN, EINVAL or ENOSYS on an older kernel
   */
  public static Fanotify open(boolean unlimitedQueue) throws LinuxException {
    int flags =
        FAN_CLOEXEC
            | FAN_NONBLOCK
            | FAN_UNLIMITED_MARKS
            | FAN_REPORT_FID
            | FAN_REPORT_DFID_NAME
            | (unlimitedQueue ? FAN_UNLIMITED_QUEUE : 0);
    return new Fanotify(
        (int) LinuxException.check(Syscall.call(FANOTIFY_INIT, flags, 0), "fanotify_init", ""));
  }

  /**
   * Asks for changes on the whole filesystem that {@code path} lies on.
   *
   * @param path without a NUL
   * @throws LinuxException EXDEV in a btrfs subvolume, EOPNOTSUPP and ENODEV on a filesystem
   *     without file handles, EINVAL for an event that the kernel does not know
   */
  public void markFilesystem(byte[] path, long mask) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(path.length + 1L);
      MemorySegment.copy(path, 0, text, ValueLayout.JAVA_BYTE, 0, path.length);
      LinuxException.check(
          Syscall.call(
              FANOTIFY_MARK,
              fd,
              FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
              mask,
              AT_FDCWD,
              text.address(),
              0),
          "fanotify_mark",
          "");
    }
  }

  public int fd() {
    return fd;
  }

  /** How many events wait in the queue now; an upper limit where the kernel counts bytes. */
  public long queued() throws LinuxException {
    return Wakeup.readable(fd) / METADATA_BYTES;
  }

  /**
   * Takes what one read(2) gives.
   *
   * @return the number of events, 0 when the queue is empty
   */
  public int read(Sink sink) throws LinuxException {
    int length = Wakeup.read(fd, buffer, "fanotify");
    int events = 0;
    for (int at = 0; at + METADATA_BYTES <= length; ) {
      int size = buffer.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      if (buffer.get(ValueLayout.JAVA_BYTE, at + 4) != METADATA_VERSION || size < METADATA_BYTES) {
        // Never seen; a layout that is not understood may hide anything, which is what an overflow
        // says too.
        sink.event(new Event(Q_OVERFLOW, null, null, null));
        return events + 1;
      }
      sink.event(event(at, Math.min(at + size, length)));
      events++;
      at += size;
    }
    return events;
  }

  /** Events are only 4-byte aligned. */
  private Event event(int at, int end) {
    long mask = buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8);
    int info = at + (buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 6) & 0xffff);
    Entry entry = null;
    Entry newEntry = null;
    InodeHandle file = null;
    while (info + 4 <= end) {
      int type = buffer.get(ValueLayout.JAVA_BYTE, info) & 0xff;
      int length = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, info + 2) & 0xffff;
      if (length < 4) {
        break;
      }
      switch (type) {
        case INFO_DFID_NAME, INFO_DFID, INFO_OLD_DFID_NAME -> entry = entry(info, info + length);
        case INFO_FID -> file = InodeHandle.read(buffer, info + HANDLE_OFFSET);
        case INFO_NEW_DFID_NAME -> newEntry = entry(info, info + length);
        default -> {}
      }
      info += length;
    }
    return new Event(mask, entry, newEntry, file);
  }

  /** struct fanotify_event_info_fid: header 4, fsid 8, file_handle, name with a NUL. */
  private Entry entry(int info, int end) {
    int handleAt = info + HANDLE_OFFSET;
    InodeHandle handle = InodeHandle.read(buffer, handleAt);
    int nameAt =
        handleAt + InodeHandle.HEADER_BYTES + buffer.get(ValueLayout.JAVA_INT_UNALIGNED, handleAt);
    int nameEnd = nameAt;
    while (nameEnd < end && buffer.get(ValueLayout.JAVA_BYTE, nameEnd) != 0) {
      nameEnd++;
    }
    byte[] name = new byte[nameEnd - nameAt];
    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, nameAt, name, 0, name.length);
    return new Entry(handle, name.length == 0 ? new byte[] {'.'} : name);
  }

  @Override
  public void close() {
    Wakeup.closeFd(fd);
  }
}
