package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that take the newest task first, so that what waits is the siblings of one path and not a
 * whole level of the tree. A task may add tasks. Those that have a place in the tree are taken in
 * its order, after all that have none: these belong to something that was begun.
 */
final class WorkPool {
  /**
   * A task with a place.
   *
   * @param path of the directory that it is about
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared as a record
  record Placed(byte[] path, Runnable body) {}

  private static final Duration TICK = Duration.ofMillis(200);

  /** How often is looked whether there is room again, which nobody tells. */
  private static final long HELD_MILLIS = 10;

  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Placed> ordered =
      new PriorityQueue<>((one, other) -> Paths.compareInTree(one.path, other.path));

  private BooleanSupplier isFull = () -> false;

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

  synchronized void addInOrder(List<Placed> some) {
    ordered.addAll(some);
    notifyAll();
  }

  /**
   * Nothing is begun while there is no room for what comes of it, unless nothing is under way that
   * could make room.
   */
  synchronized void holdWhile(BooleanSupplier full) {
    isFull = full;
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
    if (depth.tick(System.nanoTime(), work.getAsLong(), cpu, isEmpty()) != before) {
      notifyAll();
      startWorkers();
    }
  }

  /** No task is begun any more. */
  synchronized void stop() {
    stopped = true;
    tasks.clear();
    ordered.clear();
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

  private boolean isEmpty() {
    return tasks.isEmpty() && ordered.isEmpty();
  }

  private synchronized @Nullable Runnable next() {
    while (working > 0 && !stopped) {
      boolean hasTurn = !isEmpty() && working < depth.threads();
      if (hasTurn && !isFull.getAsBoolean()) {
        break;
      }
      try {
        wait(hasTurn ? HELD_MILLIS : 0);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stop();
      }
    }
    Runnable task = tasks.poll();
    if (task == null && !ordered.isEmpty()) {
      task = ordered.remove().body;
    }
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
