package dev.godwit.linux;

/** Who this process acts as (geteuid(2)). */
public final class Identity {
  private static final long GETEUID = Syscall.number(107, 175);

  private Identity() {}

  public static boolean isRoot() {
    return Syscall.call(GETEUID, 0) == 0;
  }
}
