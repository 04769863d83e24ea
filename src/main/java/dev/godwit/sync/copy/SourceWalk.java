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
    private final FutureTask<PreparedListing> task;

    /** By a thread that lists ahead. */
    private boolean isBegun;

    Node(int number, FutureTask<PreparedListing> task) {
      this.number = number;
      this.task = task;
    }
  }

  private final Function<SourceDirectory, PreparedListing> lister;
  private final int threadsMax;
  private final List<Thread> threads = new ArrayList<>();

  /** What is still to come; the next one is the last. */
  private final List<Node> stack = new ArrayList<>();

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
    stack.add(node(number, top));
  }

  private Node node(int number, SourceDirectory directory) {
    return new Node(number, new FutureTask<>(() -> lister.apply(directory)));
  }

  /** The next directory; null when all were given. */
  @Nullable Step next() throws InterruptedException {
    Node node;
    synchronized (this) {
      if (stack.isEmpty()) {
        return null;
      }
      node = stack.removeLast();
      notify(); // one more may be listed ahead
    }
    node.task.run();
    try {
      return new Step(node.number, node.task.get());
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
    List<Node> nodes = new ArrayList<>(below.size());
    for (int i = below.size() - 1; i >= 0; i--) {
      nodes.add(node(first + i, below.get(i)));
    }
    synchronized (this) {
      stack.addAll(nodes);
      notifyAll();
      if (stack.size() > WORTH_THREADS && threads.size() < threadsMax) {
        Thread thread = new CallThread("copy-list", this::listAhead);
        threads.add(thread);
        thread.start();
      }
    }
  }

  private void listAhead() {
    try {
      for (Node node = ahead(); node != null; node = ahead()) {
        node.task.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One of the next few that nobody has begun; null at the end. */
  private synchronized @Nullable Node ahead() throws InterruptedException {
    while (!closed) {
      int end = Math.max(0, stack.size() - AHEAD);
      for (int i = stack.size() - 1; i >= end; i--) {
        Node node = stack.get(i);
        if (!node.isBegun) {
          node.isBegun = true;
          return node;
        }
      }
      wait();
    }
    return null;
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
