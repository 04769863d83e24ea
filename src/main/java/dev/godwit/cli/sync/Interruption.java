package dev.godwit.cli.sync;

import dev.godwit.linux.Signals;
import dev.godwit.sync.copy.CopyStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Ends a run on SIGINT, SIGTERM and SIGHUP with rsync's exit value for it, after the copy was given
 * a moment to clear away its temporary files.
 */
final class Interruption {
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** From a signal until the thread that runs the command hears of it, on a busy machine. */
  private static final Duration NOTICE = Duration.ofMillis(200);

  private Interruption() {}

  /**
   * Runs the command in this thread.
   *
   * @return its exit status
   */
  static int guard(Supplier<CopyStatus> command) {
    Thread runner = Thread.currentThread();
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              runner.interrupt();
              try {
                var unused = ended.await(GRACE.toMillis(), TimeUnit.MILLISECONDS);
              } catch (InterruptedException e) {
                // The process ends in any case.
              }
              // The JVM would end with 128 + the signal's number.
              Runtime.getRuntime().halt(CopyStatus.SIGNAL.exitValue());
            },
            "godwit interruption");
    Runtime.getRuntime().addShutdownHook(hook);
    // As rsync, also in the background of a script.
    Signals.handleAnyway("INT", number -> Runtime.getRuntime().exit(128 + number));
    int exit = CopyStatus.SIGNAL.exitValue();
    try {
      exit = command.get().exitValue();
    } finally {
      ended.countDown();
      if (!isRemoved(hook)) {
        exit = CopyStatus.SIGNAL.exitValue();
      }
    }
    return exit;
  }

  /**
   * Whether a signal ends the command that this thread runs. Ctrl-C reaches ssh too, which may end
   * first: then its end is all that is known for a moment.
   */
  static boolean isUnderWay() {
    try {
      Thread.sleep(NOTICE);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** False when a signal came: the hook ends the process. */
  private static boolean isRemoved(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }
}
