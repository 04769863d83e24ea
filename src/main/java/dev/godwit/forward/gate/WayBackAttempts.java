package dev.godwit.forward.gate;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Starts old's services, more than once if need be and time is left, with growing pauses. */
public final class WayBackAttempts {
  private static final int ATTEMPTS = 5;
  private static final long FIRST_PAUSE_MILLIS = 500;

  /** No attempt begins later: those who wait have waited for the hold too. */
  private static final long LAST_BEGIN_NANOS = Duration.ofSeconds(30).toNanos();

  /** Between two looks whether anybody can be served while an attempt takes long. */
  private static final long LOOK_MILLIS = 500;

  private WayBackAttempts() {}

  /**
   * What has not come back although clients are served again.
   *
   * @param attempt the one that failed, or is still under way
   */
  record Rest(Future<?> attempt) {}

  /**
   * Returns when the services answer, or when some listen at least and all attempts have failed, or
   * one of them takes too long: they may answer badly then, and others not at all, but clients that
   * wait without an end would be worse (H50).
   *
   * @param failed told of each attempt that failed, for people
   * @return empty when all have come back
   */
  static Optional<Rest> run(WayBack wayBack, Capture capture, Consumer<String> failed)
      throws IOException, InterruptedException {
    return run(
        wayBack,
        () -> {
          wayBack.startServices();
          capture.awaitServices();
        },
        capture::makeMoreRoom,
        failed,
        () -> wayBack.mayServe() && capture.isSomeServiceListening());
  }

  /** The same without a gate; returns when they answer. */
  public static void run(WayBack wayBack) throws IOException, InterruptedException {
    Optional<Rest> unused =
        run(wayBack, wayBack::startServices, () -> {}, problem -> {}, () -> false);
  }

  /** A single one, without an end of its own. */
  static Future<?> begin(Step start) {
    FutureTask<Boolean> attempt =
        new FutureTask<>(
            () -> {
              start.run();
              return true;
            });
    Thread.ofPlatform().daemon().name("gate start").start(attempt);
    return attempt;
  }

  /** Returns when it has succeeded. */
  static void await(Future<?> attempt) throws IOException, InterruptedException {
    try {
      Object unused = attempt.get();
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  private static IOException failure(ExecutionException e) throws InterruptedException {
    switch (e.getCause()) {
      case IOException failed -> {
        return failed;
      }
      case InterruptedException interrupted -> throw interrupted;
      case RuntimeException bug -> throw bug;
      case Error bug -> throw bug;
      case null, default -> throw new IllegalStateException(e);
    }
  }

  private interface Look {
    boolean isEnough() throws IOException, InterruptedException;
  }

  private static Optional<Rest> run(
      WayBack wayBack, Step start, Step beforeNext, Consumer<String> failed, Look last)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    for (int number = 1; ; number++) {
      Future<?> attempt = begin(start);
      try {
        return isOver(attempt, begun + wayBack.patience().toNanos(), last)
            ? Optional.empty()
            : Optional.of(new Rest(attempt));
      } catch (IOException e) {
        failed.accept("attempt " + number + " of " + ATTEMPTS + " failed: " + e.getMessage());
        if (number == ATTEMPTS || System.nanoTime() - begun > LAST_BEGIN_NANOS) {
          if (last.isEnough()) {
            return Optional.of(new Rest(attempt));
          }
          throw e;
        }
        Thread.sleep(FIRST_PAUSE_MILLIS << (number - 1));
        // Not before the pause: clients may find nothing from here on.
        Step.tryTo(beforeNext, "a service may find its port or its socket's name taken");
      }
    }
  }

  /**
   * Returns true when an attempt has succeeded, and false when it takes longer than who has a
   * service that listens should wait for the others.
   *
   * @param patient until when they all wait, of the monotonic clock
   */
  private static boolean isOver(Future<?> attempt, long patient, Look look)
      throws IOException, InterruptedException {
    while (true) {
      try {
        long nanos = Math.max(patient - System.nanoTime(), 0);
        Object unused = attempt.get(nanos + LOOK_MILLIS * 1_000_000, TimeUnit.NANOSECONDS);
        return true;
      } catch (TimeoutException e) {
        if (isEnough(look)) {
          return false;
        }
      } catch (ExecutionException e) {
        throw failure(e);
      }
    }
  }

  /** Where that cannot be told in the middle of a start, it is not. */
  private static boolean isEnough(Look look) throws InterruptedException {
    try {
      return look.isEnough();
    } catch (IOException e) {
      return false;
    }
  }
}
