package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that take the newest task first, so that what waits is the siblings of one path and not a
 * whole level of the tree. A task may add tasks.
 */
final class WorkPool {
  private static final Duration TICK = Duration.ofMillis(200);

  private final Deque<Runnable> tasks = new ArrayDeque<>();

  /** Guarded by this. */
  private final Depth depth;

  private final List<Thread> workers = new ArrayList<>();
  private int working;
  private @Nullable Throwable failure;
  private volatile boolean stopped;

  WorkPool(Depth depth) {
    this.depth = depth;
  }

  /** Adds tasks so that the first of them is taken first. */
  synchronized void add(List<? extends Runnable> some) {
    for (int i = some.size() - 1; i >= 0; i--) {
      tasks.push(some.get(i));
    }
    notifyAll();
  }

  void add(Runnable task) {
    add(List.of(task));
  }

  /**
   * Ends when nothing is left to do, or what is under way has ended after {@link #stop}.
   *
   * @param work how much was done so far, in whatever measure
   * @param tick called several times a second, by the calling thread
   * @throws InterruptedException when the calling thread was interrupted; everything has stopped
   *     then
   */
  void run(LongSupplier work, Runnable tick) throws InterruptedException {
    workers.clear();
    startWorkers();
    InterruptedException interrupted = null;
    for (int i = 0; i < workers.size(); i++) { // more may come meanwhile
      Thread worker = workers.get(i);
      while (worker.isAlive()) {
        try {
          worker.join(TICK);
          tick.run();
          adapt(work);
        } catch (InterruptedException e) {
          interrupted = e;
          stop();
        }
      }
    }
    if (interrupted != null) {
      throw interrupted;
    }
    Throwable failed = failure;
    if (failed instanceof RuntimeException e) {
      throw e;
    }
    if (failed instanceof Error e) {
      throw e;
    }
    if (failed != null) {
      throw new IllegalStateException(failed);
    }
  }

  private synchronized void startWorkers() {
    while (workers.size() < depth.threads()) {
      Thread worker = new CallThread("copy-" + workers.size(), this::work);
      workers.add(worker);
      worker.start();
    }
  }

  private synchronized void adapt(LongSupplier work) {
    if (depth.isFixed() || stopped) {
      return;
    }
    Duration cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    int before = depth.threads();
    if (depth.tick(System.nanoTime(), work.getAsLong(), cpu, tasks.isEmpty()) != before) {
      notifyAll();
      startWorkers();
    }
  }

  /** No task is begun any more. */
  synchronized void stop() {
    stopped = true;
    tasks.clear();
    notifyAll();
  }

  /** Whether what is under way shall end at the next file, and a large one within it. */
  boolean isStopped() {
    return stopped;
  }

  private void work() {
    for (Runnable task = next(); task != null; task = next()) {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        fail(e);
      } finally {
        done();
      }
    }
  }

  private synchronized void fail(Throwable e) {
    if (failure == null) {
      failure = e;
    }
    stop();
  }

  private synchronized @Nullable Runnable next() {
    while ((tasks.isEmpty() || working >= depth.threads()) && working > 0 && !stopped) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stop();
      }
    }
    Runnable task = tasks.poll();
    if (task != null) {
      working++;
    }
    return task;
  }

  private synchronized void done() {
    working--;
    if (working == 0) {
      notifyAll();
    }
  }
}
