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
 */
public record FileSystemStatus(
    long type, long blockBytes, long freeBlocks, long inodes, long freeInodes) {

  /** Asks about the file system that holds {@code path}; the last component may be a symlink. */
  public static FileSystemStatus of(String path) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(120, 8);
      long result =
          Syscall.call(
              Syscall.number(137, 43), arena.allocateFrom(path).address(), status.address());
      LinuxException.check(result, "statfs", path);
      return new FileSystemStatus(
          status.get(ValueLayout.JAVA_LONG, 0),
          status.get(ValueLayout.JAVA_LONG, 8),
          status.get(ValueLayout.JAVA_LONG, 32),
          status.get(ValueLayout.JAVA_LONG, 40),
          status.get(ValueLayout.JAVA_LONG, 48));
    }
  }

  public long freeBytes() {
    return Math.multiplyExact(freeBlocks, blockBytes);
  }

  /** The name that mount(8) has for the common ones, the number in hexadecimal for others. */
  public String typeName() {
    return switch ((int) type) {
      case 0xEF53 -> "ext4";
      case 0x58465342 -> "xfs";
      case 0x9123683E -> "btrfs";
      case 0x01021994 -> "tmpfs";
      case 0x794c7630 -> "overlay";
      case 0x6969 -> "nfs";
      case 0x65735546 -> "fuse";
      default -> "0x" + Long.toHexString(type & 0xffffffffL);
    };
  }
}
