package dev.godwit.linux;

/** Namespaces of other processes: setns(2), namespaces(7). */
public final class Namespaces {
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long SETNS = Syscall.number(308, 268);
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
    int fd = KernelFiles.open(path);
    try {
      LinuxException.check(Syscall.call(SETNS, fd, CLONE_NEWNET), "setns", path);
    } finally {
      Syscall.call(CLOSE, fd);
    }
  }
}
