package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
      new Crew() {
        @Override
        public Duty start(String name, Runnable body) {
          Thread thread = new CallThread(name, body);
          thread.start();
          return thread::join;
        }

        @Override
        public Repeated repeat(Runnable body) {
          Clock clock = new Clock("copy-progress");
          return clock.repeat(body, clock::close);
        }
      };

  /** Begins at once. */
  Duty start(String name, Runnable body);

  /**
   * Does something several times a second, until that is closed.
   *
   * @param body throws nothing
   */
  Repeated repeat(Runnable body);

  /** What is done several times a second. */
  final class Repeated implements AutoCloseable {
    private final Runnable body;
    private final Consumer<Repeated> atEnd;
    private boolean isOver;

    private Repeated(Runnable body, Consumer<Repeated> atEnd) {
      this.body = body;
      this.atEnd = atEnd;
    }

    private synchronized void once() {
      if (!isOver) {
        body.run();
      }
    }

    /** Afterwards it is not under way any more. */
    @Override
    public void close() {
      synchronized (this) {
        isOver = true;
      }
      atEnd.accept(this);
    }
  }

  /** Does what is repeated, on a thread that begins with the first. */
  final class Clock implements AutoCloseable {
    private static final long PAUSE_MILLIS = 200;

    private final Set<Repeated> all = ConcurrentHashMap.newKeySet();
    private final String name;
    private @Nullable ScheduledExecutorService thread;

    private Clock(String name) {
      this.name = name;
    }

    private Repeated repeat(Runnable body, Runnable atEnd) {
      Repeated one =
          new Repeated(
              body,
              ended -> {
                all.remove(ended);
                atEnd.run();
              });
      all.add(one);
      start();
      return one;
    }

    private synchronized void start() {
      if (thread == null) {
        thread = Executors.newSingleThreadScheduledExecutor(body -> new CallThread(name, body));
        var unused =
            thread.scheduleWithFixedDelay(
                () -> all.forEach(Repeated::once),
                PAUSE_MILLIS,
                PAUSE_MILLIS,
                TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public synchronized void close() {
      if (thread != null) {
        thread.shutdown();
      }
    }
  }

  /** Threads that go from duty to duty. */
  final class Kept implements Crew, AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final ExecutorService threads =
        Executors.newCachedThreadPool(
            body -> new CallThread("copies-" + NUMBER.incrementAndGet(), body));

    private final Clock clock = new Clock("copies-progress");

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

    @Override
    public Repeated repeat(Runnable body) {
      return clock.repeat(body, () -> {}); // no thread is woken for each of many short copies
    }

    /** What is under way comes to its end; nothing new is begun. */
    @Override
    public void close() {
      threads.shutdown();
      clock.close();
    }
  }
}
