package dev.godwit.linux;

/** Children of this process that were not started by Java: wait4(2). */
public final class Children {
  private static final long WAIT4 = Syscall.number(61, 260);
  private static final long WNOHANG = 1;

  private Children() {}

  /** Takes note of the end of one; nothing happens when it has not ended, or is no child. */
  public static void reap(int pid) {
    Syscall.call(WAIT4, pid, 0, WNOHANG, 0);
  }
}
