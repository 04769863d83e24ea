package dev.godwit.forward.gate;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/** Starts old's services, more than once if need be and time is left, with growing pauses. */
public final class WayBackAttempts {
  private static final int ATTEMPTS = 5;
  private static final long FIRST_PAUSE_MILLIS = 500;

  /** No attempt begins later: those who wait have waited for the hold too. */
  private static final long LAST_BEGIN_NANOS = Duration.ofSeconds(30).toNanos();

  private WayBackAttempts() {}

  /**
   * Returns when the services answer, or at least listen after the last attempt: they may answer
   * badly then, but clients that wait without an end would be worse (H50).
   *
   * @param failed told of each attempt that failed, for people
   */
  static void run(WayBack wayBack, Capture capture, Consumer<String> failed)
      throws IOException, InterruptedException {
    run(
        () -> {
          wayBack.startServices();
          capture.awaitServices();
        },
        capture::makeMoreRoom,
        failed,
        () -> wayBack.mayServe() && capture.areServicesListening());
  }

  /** The same without a gate; returns when they answer. */
  public static void run(WayBack wayBack) throws IOException, InterruptedException {
    run(wayBack, () -> {}, problem -> {}, () -> false);
  }

  private interface Look {
    boolean isEnough() throws IOException, InterruptedException;
  }

  private static void run(WayBack wayBack, Step beforeNext, Consumer<String> failed, Look last)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      try {
        wayBack.startServices();
        return;
      } catch (IOException e) {
        failed.accept("attempt " + attempt + " of " + ATTEMPTS + " failed: " + e.getMessage());
        if (attempt == ATTEMPTS || System.nanoTime() - begun > LAST_BEGIN_NANOS) {
          if (last.isEnough()) {
            return;
          }
          throw e;
        }
        Thread.sleep(FIRST_PAUSE_MILLIS << (attempt - 1));
        // Not before the pause: clients may find nothing from here on.
        Step.tryTo(beforeNext, "a service may find its port or its socket's name taken");
      }
    }
  }
}
