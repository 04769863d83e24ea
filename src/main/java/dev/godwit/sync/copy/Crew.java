package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the threads of a copy come from. A single copy starts its own; in a series of copies the
 * same threads serve one after the other, because starting a dozen takes longer than copying a
 * small file.
 */
interface Crew {
  /** Something that a thread of its own does. */
  interface Duty {
    /** Waits until it is over. */
    void join() throws InterruptedException;
  }

  /** A thread for each duty. */
  Crew FRESH =
      (name, body) -> {
        Thread thread = new CallThread(name, body);
        thread.start();
        return thread::join;
      };

  /** Begins at once. */
  Duty start(String name, Runnable body);

  /** Threads that go from duty to duty. */
  final class Kept implements Crew, AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final ExecutorService threads =
        Executors.newCachedThreadPool(
            body -> new CallThread("copies-" + NUMBER.incrementAndGet(), body));

    @Override
    public Duty start(String name, Runnable body) {
      Future<?> done = threads.submit(body);
      return () -> {
        try {
          var unused = done.get();
        } catch (ExecutionException e) {
          throw new IllegalStateException(name, e.getCause());
        }
      };
    }

    /** What is under way comes to its end; nothing new is begun. */
    @Override
    public void close() {
      threads.shutdown();
    }
  }
}
