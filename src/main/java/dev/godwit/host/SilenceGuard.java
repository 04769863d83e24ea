package dev.godwit.host;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Does something that blocks on a thread of its own (a read from a pipe can be given no time limit,
 * and is not interrupted), and ends it when nothing was heard for too long, or when who waits for
 * it is interrupted.
 */
final class SilenceGuard {
  /** In which what was ended comes to its end, mostly. */
  private static final Duration END_MAX = Duration.ofSeconds(2);

  private final Duration limit;
  private final Runnable end;
  private final String what;
  private volatile long heardAt = System.nanoTime();
  private volatile boolean isOver;

  /**
   * @param end called once by who waits, when the silence was too long or he was interrupted
   */
  SilenceGuard(Duration limit, Runnable end, String what) {
    this.limit = limit;
    this.end = end;
    this.what = what;
  }

  void heard() {
    heardAt = System.nanoTime();
  }

  /** Whether the silence was too long. */
  boolean isOver() {
    return isOver;
  }

  /**
   * To be called once.
   *
   * @throws IOException what the work has thrown, also because it was ended
   * @throws InterruptedIOException when the caller was interrupted, which he stays
   */
  <T> T during(Callable<T> work) throws IOException {
    heard();
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("godwit connects to " + what)
        .start(
            () -> {
              try {
                done.complete(work.call());
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            });
    try {
      return await(done);
    } catch (InterruptedException e) {
      end.run();
      Thread.currentThread().interrupt(); // after the end, for which it would have no time
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  private <T> T await(CompletableFuture<T> done)
      throws IOException, InterruptedException, ExecutionException {
    while (true) {
      long left = limit.toNanos() - (System.nanoTime() - heardAt);
      boolean isLast = left <= 0;
      if (isLast) {
        isOver = true;
        end.run();
      }
      try {
        return done.get(isLast ? END_MAX.toNanos() : left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (isLast) {
          throw new IOException("it does not let itself be ended", e);
        }
      }
    }
  }
}
