package dev.godwit.wire;

import dev.godwit.TestingPatience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Threads of a test: started with a result, ended with the test. */
final class TestingThreads implements AutoCloseable {
  record Running(Thread thread, FutureTask<Object> task) {
    Object get() throws Exception {
      return TestingPatience.get(task);
    }
  }

  interface Check {
    void run() throws Exception;
  }

  private final List<Running> started = new ArrayList<>();

  Running start(Callable<Object> body) {
    FutureTask<Object> task = new FutureTask<>(body);
    Thread thread = Thread.ofPlatform().daemon().name("test " + started.size()).start(task);
    Running running = new Running(thread, task);
    started.add(running);
    return running;
  }

  /** Until the thread has waited in one place for 100 ms. */
  void awaitWaiting(Running running) throws InterruptedException {
    int seen = 0;
    while (seen < 20 && !running.task().isDone()) {
      Thread.sleep(5);
      Thread.State state = running.thread().getState();
      seen = state == Thread.State.WAITING ? seen + 1 : 0;
    }
  }

  /** Repeats a check until it holds. */
  void eventually(Check check) throws Exception {
    long end = System.nanoTime() + TestingPatience.LIMIT.toNanos();
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(5);
      }
    }
  }

  @Override
  public void close() throws Exception {
    for (Running running : started) {
      running.thread().interrupt();
      running.thread().join(2_000);
    }
  }
}
