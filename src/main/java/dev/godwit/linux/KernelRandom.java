package dev.godwit.linux;

/**
 * Random bits as the kernel has them (getrandom(2)), for what nobody shall guess. {@link
 * java.security.SecureRandom} asks the same source, after some milliseconds in which it looks for
 * providers.
 */
public final class KernelRandom {
  private static final long GETRANDOM = Syscall.number(318, 278);

  private KernelRandom() {}

  /** 64 random bits. Waits, once after the start of the machine, until the kernel has any. */
  public static long bits() {
    Scratch scratch = Scratch.get();
    // As few bytes as this come whole or not at all.
    if (Syscall.restarting(GETRANDOM, scratch.structureAddress(), Long.BYTES, 0) != Long.BYTES) {
      throw new AssertionError("getrandom(2) gives no random bits");
    }
    return scratch.structureWord(0);
  }
}
