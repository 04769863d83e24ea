package dev.godwit.sync.copy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads for tasks that come from outside, each with its place in an order: the lowest is taken
 * first. What has no place goes before all others: it belongs to something that was begun. A thread
 * begins when there is something for it to do that {@link Helper} does not take.
 */
final class OrderedPool {
  private record Task(long order, Runnable body) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      return Long.compare(order, other.order);
    }
  }

  /** A thread that would wait otherwise. */
  interface Helper {
    Helper NONE = work -> false;

    /**
     * Has it do something. Does not wait, and calls nothing here.
     *
     * @return false when it is busy: then it is for somebody else
     */
    boolean takes(Runnable work);
  }

  private static final long HELD_MILLIS = 10;

  private final Deque<Runnable> first = new ArrayDeque<>();
  private final PriorityQueue<Task> ordered = new PriorityQueue<>();
  private final List<Crew.Duty> threads = new ArrayList<>();
  private final Crew crew;
  private final String name;
  private final int size;
  private final Runnable afterTask;
  private final Consumer<Throwable> onFault;
  private final Helper helper;

  /** Who does something at this moment; few. */
  private final List<Thread> working = new ArrayList<>();

  /** The helper is one of those who work, or is about to be. */
  private boolean isHelped;

  /** Threads that wait for something to do, and the helper when it is about to begin. */
  private int idle;

  private boolean ending;
  private BooleanSupplier isFull = () -> false;
  private BooleanSupplier isElsewhere = () -> false;

  /**
   * @param afterTask run after each task by the same thread
   * @param onFault told what a task threw; tasks are not meant to throw
   * @param helper does what there is in the place of a thread of the pool
   */
  OrderedPool(
      Crew crew,
      String name,
      int size,
      Runnable afterTask,
      Consumer<Throwable> onFault,
      Helper helper) {
    this.helper = helper;
    this.crew = crew;
    this.afterTask = afterTask;
    this.onFault = onFault;
    this.name = name;
    this.size = size;
  }

  /**
   * Nothing is begun while there is no room for what comes of it, unless nothing is under way that
   * could make room. Both are looked at now and then: nobody tells.
   *
   * @param full whether there is no room
   * @param elsewhere whether something is under way, apart from the tasks of this pool
   */
  synchronized void holdWhile(BooleanSupplier full, BooleanSupplier elsewhere) {
    isFull = full;
    isElsewhere = elsewhere;
  }

  private boolean isHeld() {
    return isFull.getAsBoolean() && (!working.isEmpty() || isElsewhere.getAsBoolean());
  }

  /** Begins, perhaps again after {@link #finish}. */
  synchronized void start() {
    ending = false;
    idle = 0;
    isHelped = false;
    threads.clear();
    startThreads(0);
  }

  synchronized void add(long order, Runnable body) {
    ordered.add(new Task(order, body));
    notify();
    // A task adds directories when it has done all else, and is followed by one of them.
    startThreads(working.contains(Thread.currentThread()) ? 1 : 0);
  }

  synchronized void addFirst(List<? extends Runnable> bodies) {
    first.addAll(bodies);
    notifyAll();
    startThreads(0);
  }

  /**
   * @param taken how many tasks are as good as taken
   */
  private void startThreads(int taken) {
    if (ending) {
      return;
    }
    int more = first.size() + ordered.size() - idle - taken;
    if (more > 0 && !isHelped && threads.size() < size && helper.takes(this::help)) {
      isHelped = true;
      idle++;
      more--;
    }
    for (; more > 0 && threads.size() + (isHelped ? 1 : 0) < size; more--) {
      threads.add(crew.start(name + "-" + threads.size(), () -> work(true)));
    }
  }

  /** Does what there is, and does not wait for more. */
  private void help() {
    synchronized (this) {
      idle--;
    }
    work(false);
  }

  /** Lets what was added be done, and ends the threads. */
  void finish() throws InterruptedException {
    List<Crew.Duty> all;
    synchronized (this) {
      ending = true;
      notifyAll();
      all = List.copyOf(threads);
    }
    for (Crew.Duty thread : all) {
      thread.join();
    }
  }

  /** What was not begun is never done. */
  synchronized void clear() {
    first.clear();
    ordered.clear();
    ending = true;
    notifyAll();
  }

  /**
   * @param waits until nothing more comes
   */
  private void work(boolean waits) {
    for (Runnable task = next(waits); task != null; task = next(waits)) {
      try {
        task.run();
        afterTask.run();
      } catch (RuntimeException | Error e) {
        onFault.accept(e);
      } finally {
        done();
      }
    }
  }

  private synchronized void done() {
    working.remove(Thread.currentThread());
  }

  /** Whether nothing is to be done at this moment. */
  synchronized boolean isIdle() {
    return working.isEmpty() && first.isEmpty() && ordered.isEmpty();
  }

  private synchronized @Nullable Runnable next(boolean waits) {
    while (true) {
      boolean isEmpty = first.isEmpty() && ordered.isEmpty();
      if (!isEmpty && !isHeld()) {
        working.add(Thread.currentThread());
        Runnable urgent = first.poll();
        return urgent == null ? ordered.remove().body : urgent;
      }
      if (isEmpty && (ending || !waits)) {
        isHelped &= waits; // with the lock: what comes now is for somebody else
        return null;
      }
      idle++;
      try {
        wait(isEmpty ? 0 : HELD_MILLIS);
      } catch (InterruptedException e) {
        isHelped &= waits;
        return null;
      } finally {
        idle--;
      }
    }
  }
}
