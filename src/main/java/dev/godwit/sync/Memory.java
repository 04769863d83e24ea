package dev.godwit.sync;

import java.time.Duration;

/**
 * Gives back the memory that a look at whole trees has taken, whose lists are garbage when it ends.
 * The collector by itself lets its heap grow to the limit before it looks at what is old, and a
 * mirror is to be small for the weeks that follow.
 */
public final class Memory {
  /** Less than this is not worth the pause: some 20 to 100 ms. In bytes. */
  private static final long WORTH = 32L << 20;

  /** Until those who took part in the look have come to their end. */
  private static final Duration SOON = Duration.ofSeconds(2);

  // Guarded by the class.
  private static boolean isUnderWay;

  /** What stayed the last time, in bytes. */
  private static long stayed;

  private Memory() {}

  /** A look at a whole tree has ended. Any thread; returns at once. */
  public static synchronized void giveBackSoon() {
    if (!isUnderWay) {
      isUnderWay = true;
      var unused = Thread.ofPlatform().daemon().name("godwit memory").start(Memory::giveBack);
    }
  }

  private static void giveBack() {
    try {
      Thread.sleep(SOON);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // sooner, then
    }
    synchronized (Memory.class) {
      isUnderWay = false;
      if (used() - stayed > WORTH) {
        System.gc();
        stayed = used();
      }
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
