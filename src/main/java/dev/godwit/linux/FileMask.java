package dev.godwit.linux;

import java.io.IOException;

/**
 * The file mode mask (umask(2)), which belongs to the whole process and which a program that is
 * started gets. What another thread makes at the same moment may get it too.
 */
public final class FileMask {
  private static final long UMASK = Syscall.number(95, 166);

  private FileMask() {}

  /** What is done with a mask. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  /** Does it with this mask, and puts back the one before; one thread at a time. */
  public static synchronized <T> T during(int mask, Work<T> work) throws IOException {
    long before = Syscall.call(UMASK, mask);
    try {
      return work.run();
    } finally {
      Syscall.call(UMASK, before);
    }
  }
}
