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
 * begins when there is something for it to do, so that a look at one name needs one.
 */
final class OrderedPool {
  private record Task(long order, Runnable body) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      return Long.compare(order, other.order);
    }
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
  private int running;
  private int idle;
  private boolean ending;
  private BooleanSupplier isFull = () -> false;
  private BooleanSupplier isElsewhere = () -> false;

  /**
   * @param afterTask run after each task by the same thread
   * @param onFault told what a task threw; tasks are not meant to throw
   */
  OrderedPool(Crew crew, String name, int size, Runnable afterTask, Consumer<Throwable> onFault) {
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
    return isFull.getAsBoolean() && (running > 0 || isElsewhere.getAsBoolean());
  }

  /** Begins, perhaps again after {@link #finish}. */
  synchronized void start() {
    ending = false;
    threads.clear();
    startThreads();
  }

  synchronized void add(long order, Runnable body) {
    ordered.add(new Task(order, body));
    notify();
    startThreads();
  }

  synchronized void addFirst(List<? extends Runnable> bodies) {
    first.addAll(bodies);
    notifyAll();
    startThreads();
  }

  private void startThreads() {
    int waiting = first.size() + ordered.size();
    for (int more = waiting - idle; more > 0 && threads.size() < size && !ending; more--) {
      threads.add(crew.start(name + "-" + threads.size(), this::work));
    }
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

  private void work() {
    for (Runnable task = next(); task != null; task = next()) {
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
    running--;
  }

  /** Whether nothing is to be done at this moment. */
  synchronized boolean isIdle() {
    return running == 0 && first.isEmpty() && ordered.isEmpty();
  }

  private synchronized @Nullable Runnable next() {
    while (true) {
      boolean isEmpty = first.isEmpty() && ordered.isEmpty();
      if (!isEmpty && !isHeld()) {
        running++;
        Runnable urgent = first.poll();
        return urgent == null ? ordered.remove().body : urgent;
      }
      if (isEmpty && ending) {
        return null;
      }
      idle++;
      try {
        wait(isEmpty ? 0 : HELD_MILLIS);
      } catch (InterruptedException e) {
        return null;
      } finally {
        idle--;
      }
    }
  }
}
