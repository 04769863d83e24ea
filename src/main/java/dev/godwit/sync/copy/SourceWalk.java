package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a tree, each directory before those in it. The next few are listed ahead by other
 * threads, so that the disk and all processors have work while one waits for the line.
 */
final class SourceWalk implements AutoCloseable {
  private static final int THREADS_MAX = 3;

  /** How many directories are listed ahead at most. */
  private static final int AHEAD = 16;

  /**
   * A thread that waits is woken when so many may be listed ahead: for each one by itself that
   * would take longer than listing it.
   */
  private static final int WORTH_WAKING = AHEAD / 2;

  /** A tree with fewer directories than this waiting is not worth another thread. */
  private static final int WORTH_THREADS = 4;

  /**
   * A directory that is next.
   *
   * @param number as both sides call it
   */
  record Step(int number, PreparedListing prepared) {}

  private static final class Node {
    private final int number;
    private final SourceDirectory directory;

    /**
     * Not before it is begun, and not after it was given: nodes wait for long, and what an old
     * object refers to is kept until all of the heap is collected, also when that object is dead.
     */
    private @Nullable FutureTask<PreparedListing> task;

    Node(int number, SourceDirectory directory) {
      this.number = number;
      this.directory = directory;
    }
  }

  private final Function<SourceDirectory, PreparedListing> lister;
  private final int threadsMax;
  private final List<Thread> threads = new ArrayList<>();

  /** What is still to come; the next one is the last. */
  private final List<Node> stack = new ArrayList<>();

  /** Threads that have nothing to list. */
  private int waiting;

  private boolean closed;

  /**
   * @param number of the first directory
   * @param threads that may work beside the caller
   */
  SourceWalk(
      SourceDirectory top,
      int number,
      int threads,
      Function<SourceDirectory, PreparedListing> lister) {
    this.lister = lister;
    this.threadsMax = Math.min(threads, THREADS_MAX);
    stack.add(new Node(number, top));
  }

  private FutureTask<PreparedListing> task(SourceDirectory directory) {
    return new FutureTask<>(() -> lister.apply(directory));
  }

  /** The next directory; null when all were given. */
  @Nullable Step next() throws InterruptedException {
    Node node;
    FutureTask<PreparedListing> task;
    synchronized (this) {
      if (stack.isEmpty()) {
        return null;
      }
      node = stack.removeLast();
      task = node.task == null ? task(node.directory) : node.task;
      node.task = null;
      wake();
    }
    task.run();
    try {
      return new Step(node.number, task.get());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error fault) {
        throw fault;
      }
      throw e.getCause() instanceof RuntimeException fault ? fault : new IllegalStateException(e);
    }
  }

  /**
   * Those in the directory that was given last are to come next.
   *
   * @param first number; the others follow
   */
  void enter(List<SourceDirectory> below, int first) {
    if (below.isEmpty()) {
      return;
    }
    List<Node> nodes = new ArrayList<>(below.size());
    for (int i = below.size() - 1; i >= 0; i--) {
      nodes.add(new Node(first + i, below.get(i)));
    }
    synchronized (this) {
      stack.addAll(nodes);
      wake();
      if (stack.size() > WORTH_THREADS && threads.size() < threadsMax) {
        Thread thread = new CallThread("copy-list", this::listAhead);
        threads.add(thread);
        thread.start();
      }
    }
  }

  private void listAhead() {
    try {
      for (Runnable task = ahead(); task != null; task = ahead()) {
        task.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One of the next few that nobody has begun; null at the end. */
  private synchronized @Nullable Runnable ahead() throws InterruptedException {
    while (!closed) {
      for (int i = stack.size() - 1; i >= endAhead(); i--) {
        Node node = stack.get(i);
        if (node.task == null) {
          node.task = task(node.directory);
          return node.task;
        }
      }
      waiting++;
      try {
        wait();
      } finally {
        waiting--;
      }
    }
    return null;
  }

  /** Where on the stack those end that may be listed ahead. */
  private int endAhead() {
    return Math.max(0, stack.size() - AHEAD);
  }

  /** Wakes one who lists ahead, if it is worth that. With the lock held. */
  private void wake() {
    if (waiting == 0) {
      return;
    }
    int left = 0;
    for (int i = stack.size() - 1; i >= endAhead(); i--) {
      left += stack.get(i).task == null ? 1 : 0;
    }
    if (left >= WORTH_WAKING) {
      notify();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      stack.clear();
      notifyAll();
    }
    boolean wasInterrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          wasInterrupted = true;
        }
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
