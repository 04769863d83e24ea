package dev.godwit.forward.ladder;

/**
 * Renews rules of a packet filter that are void soon after nobody does: so that what a process put
 * up goes with it, however it ends. A thread of its own, which takes on the network namespace of
 * the one that begins.
 */
final class Renewal implements AutoCloseable {
  private static final long EVERY_MILLIS = 2000;

  private final Runnable renew;
  private final Thread thread;

  /**
   * Begins.
   *
   * @param renew called now and then; may be called once more while {@link #close} returns
   */
  Renewal(String name, Runnable renew) {
    this.renew = renew;
    thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(EVERY_MILLIS);
        renew.run();
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  /** Does not wait for a renewal that is under way. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
