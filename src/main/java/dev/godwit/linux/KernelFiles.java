package dev.godwit.linux;

import java.lang.foreign.Arena;

/**
 * Files that the kernel makes, such as those of proc(5): their paths lead through nobody's links.
 */
final class KernelFiles {
  private KernelFiles() {}

  /**
   * Opens one for reading.
   *
   * @return a descriptor that the caller closes
   */
  static int open(String path) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          LinuxException.check(
              Syscall.call(
                  FileHandle.OPENAT,
                  OpenFlags.AT_FDCWD,
                  arena.allocateFrom(path).address(),
                  OpenFlags.O_CLOEXEC,
                  0),
              "openat",
              path);
    }
  }
}
