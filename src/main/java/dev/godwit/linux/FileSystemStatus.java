package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What statfs(2) says about the file system of a path.
 *
 * @param type its magic number, as in statfs(2)
 * @param blockBytes size of a block in bytes
 * @param freeBlocks blocks that an ordinary user may still take
 * @param inodes how many there can be; 0 where the file system has no such limit
 * @param freeInodes how many are left
 * @param id of the file system, or the number of its device (f_fsid, its first word lowest)
 */
public record FileSystemStatus(
    long type, long blockBytes, long freeBlocks, long inodes, long freeInodes, long id) {

  private static final long STATFS = Syscall.number(137, 43);
  private static final long FSTATFS = Syscall.number(138, 44);

  private static final int EXT = 0xEF53;
  private static final int XFS = 0x58465342;
  private static final int BTRFS = 0x9123683E;
  private static final int TMPFS = 0x01021994;
  private static final int F2FS = 0xF2F52010;
  private static final int ZFS = 0x2FC12FC1;
  private static final int NFS = 0x6969;
  private static final int FUSE = 0x65735546;
  private static final int CIFS = 0xFF534D42;
  private static final int SMB2 = 0xFE534D42;

  /** Asks about the file system that holds {@code path}; the last component may be a symlink. */
  public static FileSystemStatus of(String path) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(120, 8);
      LinuxException.check(
          Syscall.call(STATFS, arena.allocateFrom(path).address(), status.address()),
          "statfs",
          path);
      return read(status);
    }
  }

  /** Asks about the file system that an open inode is in. */
  public static FileSystemStatus of(Handle handle) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(120, 8);
      handle.checked(Syscall.restarting(FSTATFS, handle.descriptor(), status.address()), "fstatfs");
      return read(status);
    }
  }

  /** The same by a descriptor that is no {@link Handle}. */
  public static FileSystemStatus of(int fd) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(120, 8);
      LinuxException.check(Syscall.call(FSTATFS, fd, status.address()), "fstatfs", "");
      return read(status);
    }
  }

  private static FileSystemStatus read(MemorySegment status) {
    return new FileSystemStatus(
        status.get(ValueLayout.JAVA_LONG, 0),
        status.get(ValueLayout.JAVA_LONG, 8),
        status.get(ValueLayout.JAVA_LONG, 32),
        status.get(ValueLayout.JAVA_LONG, 40),
        status.get(ValueLayout.JAVA_LONG, 48),
        status.get(ValueLayout.JAVA_LONG, 56));
  }

  /**
   * Whether each directory says by itself whether it takes names that differ by case for one
   * (FS_CASEFOLD_FL), and there is nothing else that could.
   */
  public boolean foldsByDirectory() {
    int known = (int) type;
    return known == EXT || known == TMPFS || known == F2FS;
  }

  /**
   * Whether no two changes of an inode have the same stamp when somebody asked for its times in
   * between: multigrain timestamps, of Linux 6.13 and later
   * (Documentation/filesystems/multigrain-ts.rst). Not where the inodes of an ext4 keep whole
   * seconds only, which its stamps show.
   */
  public boolean tellsChangesApart() {
    return switch ((int) type) {
      case EXT, XFS, BTRFS, TMPFS -> Kernel.isAtLeast(6, 13);
      default -> false;
    };
  }

  /**
   * Whether two names of one file may have numbers of their own, because whoever serves the file
   * system tells none: FUSE (sshfs), CIFS with noserverino.
   */
  public boolean mayNumberNames() {
    return switch ((int) type) {
      case FUSE, CIFS, SMB2 -> true;
      default -> false;
    };
  }

  /**
   * Whether the time of an inode's last change is kept by the kernel alone and nobody can set it:
   * not where it is the time of modification (vfat, sshfs), nor where nobody knows.
   */
  public boolean hasTimesOfChange() {
    return switch ((int) type) {
      case EXT, XFS, BTRFS, TMPFS, F2FS, ZFS, NFS -> true;
      default -> false;
    };
  }

  /**
   * Whether what is stored through a mapping (mmap) changes the time of the inode's last change
   * with the first store into each page after that was written back, which the kernel does within
   * some {@code vm.dirty_expire_centisecs}. Pages of a tmpfs are never written back.
   */
  public boolean marksStores() {
    return switch ((int) type) {
      case EXT, XFS, BTRFS, F2FS -> true;
      default -> false;
    };
  }

  /**
   * Whether what lseek(2) says of holes is to be believed. ZFS before 2.1.14 and 2.2.2, whose
   * versions an old host may have, calls content that was written just now a hole
   * (github.com/openzfs/zfs/issues/15526), and of a network file system nobody knows what its
   * server has.
   */
  public boolean tellsHoles() {
    return switch ((int) type) {
      case EXT, XFS, BTRFS, TMPFS, F2FS -> true;
      default -> false;
    };
  }

  public long freeBytes() {
    return Math.multiplyExact(freeBlocks, blockBytes);
  }

  /** The name that mount(8) has for the common ones, the number in hexadecimal for others. */
  public String typeName() {
    return typeName(type);
  }

  static String typeName(long type) {
    return switch ((int) type) {
      case EXT -> "ext4";
      case XFS -> "xfs";
      case BTRFS -> "btrfs";
      case TMPFS -> "tmpfs";
      case 0x794c7630 -> "overlay";
      case NFS -> "nfs";
      case FUSE -> "fuse";
      default -> "0x" + Long.toHexString(type & 0xffffffffL);
    };
  }
}
