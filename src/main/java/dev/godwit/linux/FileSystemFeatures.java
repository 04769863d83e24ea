package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the file system of an open directory can keep, asked without changing anything.
 *
 * @param userXattrs attributes of the user namespace (xattr(7))
 * @param acls POSIX access control lists (acl(5))
 * @param foldsCase the directory itself takes names that differ by case for one (ext4(5), casefold)
 */
public record FileSystemFeatures(boolean userXattrs, boolean acls, boolean foldsCase) {
  private static final long FGETXATTR = Syscall.number(193, 10);
  private static final long IOCTL = Syscall.number(16, 29);

  /** FS_IOC_GETFLAGS and FS_CASEFOLD_FL of linux/fs.h, for 64 bits. */
  private static final long GET_FLAGS = 0x80086601L;

  private static final long CASEFOLD = 0x4000_0000L;

  /** Asks; a question that the file system does not understand is answered with no. */
  public static FileSystemFeatures of(DirectoryHandle directory) {
    try (Arena arena = Arena.ofConfined()) {
      return new FileSystemFeatures(
          knows(arena, directory, "user.godwit"),
          knows(arena, directory, "system.posix_acl_access"),
          foldsCase(directory));
    }
  }

  /** The last of them alone. */
  public static boolean foldsCase(DirectoryHandle directory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment flags = arena.allocate(8, 8);
      boolean known =
          Syscall.restarting(IOCTL, directory.descriptor(), GET_FLAGS, flags.address(), 0) >= 0;
      return known && (flags.get(ValueLayout.JAVA_INT, 0) & CASEFOLD) != 0;
    }
  }

  /** "Not there" is said by who could have it; who cannot says that it is not supported. */
  private static boolean knows(Arena arena, DirectoryHandle directory, String attribute) {
    long result =
        Syscall.restarting(
            FGETXATTR, directory.descriptor(), arena.allocateFrom(attribute).address(), 0, 0);
    return result >= 0 || result == -Errno.ENODATA;
  }
}
