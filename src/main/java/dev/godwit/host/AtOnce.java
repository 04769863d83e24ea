package dev.godwit.host;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does the same with many things at the same time, each on a thread of its own. */
public final class AtOnce {
  /** What is done with one of them. */
  @FunctionalInterface
  public interface Task<T, R> {
    R with(T thing) throws IOException, InterruptedException;
  }

  private AtOnce() {}

  /**
   * Returns when all have ended.
   *
   * @return the results in the order of the things
   * @throws IOException the first failure in that order
   */
  public static <T, R> List<R> all(List<T> things, Task<T, R> task)
      throws IOException, InterruptedException {
    List<R> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<R>> calls = new ArrayList<>();
      things.forEach(thing -> calls.add(() -> task.with(thing)));
      for (Future<R> future : threads.invokeAll(calls)) {
        results.add(future.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return results;
  }
}
