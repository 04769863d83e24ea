package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What statx(2) says of one inode.
 *
 * @param mode type and permissions, as st_mode
 * @param uid unsigned
 * @param gid unsigned
 * @param size in bytes; for a symbolic link the length of its text
 * @param mtimeNanos 0 to 999,999,999
 * @param device major number in the upper, minor in the lower 32 bits
 * @param blocks how many 512 bytes it takes on disk
 * @param birthNanos when the inode was made, in nanoseconds since 1970: tells a reused inode number
 *     from the one before; 0 when the file system does not keep it
 * @param mount the mount's id; 0 when the kernel does not tell (before 5.8)
 */
public record FileStatus(
    int mode,
    int uid,
    int gid,
    long size,
    long mtimeSeconds,
    int mtimeNanos,
    long ctimeSeconds,
    int ctimeNanos,
    long inode,
    long device,
    int links,
    long blocks,
    long birthNanos,
    long mount) {

  /** The request: the basic fields, the time of birth and the mount's id. */
  static final long MASK = 0x7ff | 0x800 | 0x1000;

  private static final int MASK_BIRTH = 0x800;
  private static final int MASK_MOUNT = 0x1000;
  private static final int TYPE = 0170000;

  static FileStatus read(MemorySegment s) {
    ValueLayout.OfInt i = ValueLayout.JAVA_INT;
    ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
    return new FileStatus(
        s.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
        s.get(i, 20),
        s.get(i, 24),
        s.get(l, 40),
        s.get(l, 112),
        s.get(i, 120),
        s.get(l, 96),
        s.get(i, 104),
        s.get(l, 32),
        (long) s.get(i, 136) << 32 | s.get(i, 140) & 0xffffffffL,
        s.get(i, 16),
        s.get(l, 48),
        (s.get(i, 0) & MASK_BIRTH) != 0 ? s.get(l, 80) * 1_000_000_000 + s.get(i, 88) : 0,
        (s.get(i, 0) & MASK_MOUNT) != 0 ? s.get(l, 144) : 0);
  }

  /** The permissions with setuid, setgid and sticky: the lower 12 bits of the mode. */
  public int permissions() {
    return mode & 07777;
  }

  public boolean isRegular() {
    return (mode & TYPE) == 0100000;
  }

  public boolean isDirectory() {
    return (mode & TYPE) == 0040000;
  }

  public boolean isSymbolicLink() {
    return (mode & TYPE) == 0120000;
  }

  public boolean isFifo() {
    return (mode & TYPE) == 0010000;
  }

  public boolean isSocket() {
    return (mode & TYPE) == 0140000;
  }

  public boolean isDevice() {
    return (mode & TYPE) == 0020000 || (mode & TYPE) == 0060000;
  }

  /** Whether it takes less room on disk than its size: there are holes in it. */
  public boolean isSparse() {
    return blocks < size / 512;
  }

  public boolean isSameInode(FileStatus other) {
    return inode == other.inode && device == other.device;
  }

  /** When content or metadata last changed, in nanoseconds since 1970; nobody can set it. */
  public long ctimeTotalNanos() {
    return ctimeSeconds * 1_000_000_000 + ctimeNanos;
  }

  /** When content last changed, in nanoseconds since 1970; or whatever its owner has set. */
  public long mtimeTotalNanos() {
    return mtimeSeconds * 1_000_000_000 + mtimeNanos;
  }

  public boolean hasSameTime(FileStatus other) {
    return mtimeSeconds == other.mtimeSeconds && mtimeNanos == other.mtimeNanos;
  }
}
