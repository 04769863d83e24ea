package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/**
 * What a directory is known by after a restart, a reboot and another mount: a text that the same
 * directory has again, and another one has not (H27, H30). It is made of the type of its file
 * system, of that one's own id, and of the directory's file handle; of each only where it lasts.
 */
public final class DirectoryIdentity {
  private static final long IOCTL = Syscall.number(16, 29);

  /** FS_IOC_GETFSUUID: _IOR(0x15, 0, struct fsuuid2), of Linux 6.9 (linux/fs.h). */
  private static final long GET_UUID = 0x8011_1500L;

  private static final int UUID_BYTES = 16;

  private static final long TMPFS = 0x0102_1994;
  private static final long RAMFS = 0x8584_58f6L;

  private DirectoryIdentity() {}

  public static String of(DirectoryHandle directory) throws LinuxException {
    return of(directory.descriptor());
  }

  /**
   * @param fd of a directory that is open for reading
   */
  public static String of(int fd) throws LinuxException {
    FileSystemStatus system = FileSystemStatus.of(fd);
    LinuxException.check(Handle.statx(fd), "statx", "");
    FileStatus status = FileStatus.read(Scratch.get().statusWords());
    String id = isDevice(system.id(), status.device()) ? uuid(fd) : Long.toHexString(system.id());
    long type = system.type() & 0xffff_ffffL;
    return Long.toHexString(type) + "-" + id + "-" + inode(fd, system, status);
  }

  /**
   * Whether the id of the file system is only the number of its device (xfs, f2fs, vfat), which it
   * may lose to another one at the next boot: huge_encode_dev() of linux/kdev_t.h.
   */
  private static boolean isDevice(long id, long device) {
    int major = (int) (device >>> Integer.SIZE);
    int minor = (int) device;
    return id == ((minor & 0xff | major << 8 | (minor & ~0xff) << 12) & 0xffff_ffffL);
  }

  /** That which mkfs gave it; "0" where the kernel does not tell. */
  private static String uuid(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment uuid = arena.allocate(1 + UUID_BYTES);
      if (Syscall.call(IOCTL, fd, GET_UUID, uuid.address()) < 0) {
        return "0";
      }
      int length = Math.clamp(uuid.get(ValueLayout.JAVA_BYTE, 0), 0, UUID_BYTES);
      return HexFormat.of().formatHex(uuid.asSlice(1, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /**
   * Where whoever serves the file system tells no inodes, their numbers last as long as a mount.
   */
  private static String inode(int fd, FileSystemStatus system, FileStatus status)
      throws LinuxException {
    if (system.mayNumberNames()) {
      return "-";
    }
    InodeHandle handle = InodeHandle.of(fd);
    return handle == null
        ? "i" + status.inode()
        : "h" + handle.type() + "-" + HexFormat.of().formatHex(handle.bytes());
  }

  /**
   * Whether a directory may be filled in the place of another one: it is the same, or both are in
   * memory, where none outlives its mount.
   */
  public static boolean mayReplace(String known, String found) {
    long type = type(found);
    return known.equals(found)
        || (type == TMPFS || type == RAMFS)
            && type(known) == type
            && (isWithoutId(found) || !fileSystem(known).equals(fileSystem(found)));
  }

  /** The name of its file system's type, for people. */
  public static String typeName(String identity) {
    return FileSystemStatus.typeName(type(identity));
  }

  private static long type(String identity) {
    String type = identity.substring(0, Math.max(0, identity.indexOf('-')));
    return type.matches("[0-9a-f]{1,8}") ? Long.parseLong(type, 16) : 0;
  }

  /** The type and the id. */
  private static String fileSystem(String identity) {
    return identity.substring(0, Math.max(0, identity.indexOf('-', identity.indexOf('-') + 1)));
  }

  private static boolean isWithoutId(String identity) {
    return fileSystem(identity).endsWith("-0");
  }
}
