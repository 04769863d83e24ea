package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Namespaces of other processes: setns(2), namespaces(7). */
public final class Namespaces {
  private static final long OPENAT = Syscall.number(257, 56);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long SETNS = Syscall.number(308, 268);
  private static final long AT_FDCWD = -100;
  private static final long O_RDONLY_CLOEXEC = 0x80000;
  private static final long CLONE_NEWNET = 0x40000000;

  private Namespaces() {}

  /**
   * Moves the calling thread, and no other, into the network namespace of a process. Sockets which
   * the thread makes from then on belong there; those it has stay where they were made.
   *
   * <p>The thread must be a platform thread which ends with its work: a virtual thread would take
   * its carrier along.
   *
   * @param pid the process, as this process sees it
   * @throws LinuxException the process is gone (ENOENT), or this one may not enter (EPERM)
   */
  public static void enterNetwork(long pid) throws LinuxException {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread cannot have a network namespace");
    }
    String path = "/proc/" + pid + "/ns/net";
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      long fd =
          LinuxException.check(
              Syscall.call(OPENAT, AT_FDCWD, name.address(), O_RDONLY_CLOEXEC, 0), "openat", path);
      try {
        LinuxException.check(Syscall.call(SETNS, fd, CLONE_NEWNET), "setns", path);
      } finally {
        Syscall.call(CLOSE, fd);
      }
    }
  }
}
