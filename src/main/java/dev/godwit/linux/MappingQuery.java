package dev.godwit.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process's mappings of one kind, asked for one by one: PROCMAP_QUERY, an ioctl(2) on
 * /proc/PID/maps (Linux 6.11, linux/fs.h). The kernel passes over all others without a word, where
 * the text has a line with a path for each of the hundreds that a process may have.
 */
final class MappingQuery {
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long IOCTL = Syscall.number(16, 29);

  private static final long PROCMAP_QUERY = 0xC068_6611L;
  private static final long WRITABLE = 0x02;
  private static final long SHARED = 0x08;
  private static final long COVERING_OR_NEXT = 0x10;
  private static final long FILE_BACKED = 0x20;

  // struct procmap_query
  private static final int BYTES = 104;
  private static final int FLAGS = 8;
  private static final int ADDRESS = 16;
  private static final int END = 32;
  private static final int NAME_SIZE = 80;
  private static final int NAME_ADDRESS = 88;

  /** Behind the structure; as long as a path can be, with what the kernel writes behind it. */
  private static final int NAME = 128;

  private static final int NAME_BYTES = Scratch.PATH_BYTES + 32;

  /** False once this kernel has turned out not to have it. */
  static volatile boolean isThere = true;

  private MappingQuery() {}

  /**
   * The paths of the files that a process has mapped shared and writable.
   *
   * @return null when the kernel does not answer such a question, or not this one
   * @throws LinuxException the process has ended, or is another user's
   */
  static @Nullable List<String> sharedWritable(String pid) throws LinuxException {
    if (!isThere) {
      return null; // each process would be opened once more for nothing
    }
    int fd = KernelFiles.open("/proc/" + pid + "/maps");
    try {
      return sharedWritable(fd, Scratch.get().data());
    } finally {
      Syscall.call(CLOSE, fd);
    }
  }

  private static @Nullable List<String> sharedWritable(long fd, MemorySegment memory) {
    List<String> paths = new ArrayList<>();
    for (long from = 0; ; from = memory.get(ValueLayout.JAVA_LONG, END)) {
      memory.asSlice(0, BYTES).fill((byte) 0);
      memory.set(ValueLayout.JAVA_LONG, 0, BYTES);
      memory.set(ValueLayout.JAVA_LONG, FLAGS, WRITABLE | SHARED | FILE_BACKED | COVERING_OR_NEXT);
      memory.set(ValueLayout.JAVA_LONG, ADDRESS, from);
      memory.set(ValueLayout.JAVA_INT, NAME_SIZE, NAME_BYTES);
      memory.set(ValueLayout.JAVA_LONG, NAME_ADDRESS, memory.address() + NAME);
      long result = Syscall.restarting(IOCTL, fd, PROCMAP_QUERY, memory.address());
      if (result == -Errno.ENOENT || result == -Errno.ESRCH) {
        return paths; // no other one, or no memory at all, as the kernel's own threads
      }
      if (result < 0) {
        isThere = result != -Errno.ENOTTY;
        return null;
      }
      int length = memory.get(ValueLayout.JAVA_INT, NAME_SIZE) - 1; // with its NUL
      if (length > 0 && memory.get(ValueLayout.JAVA_BYTE, NAME) == '/') {
        byte[] name = memory.asSlice(NAME, length).toArray(ValueLayout.JAVA_BYTE);
        paths.add(new String(name, ISO_8859_1));
      }
    }
  }
}
