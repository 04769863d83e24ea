package dev.godwit.forward.loop;

import dev.godwit.linux.Epoll;
import dev.godwit.linux.EventFd;
import dev.godwit.linux.LinuxException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread that waits for many descriptors (epoll, edge-triggered where asked).
 *
 * <p>Everything registered here runs on that thread alone; {@link #execute} and {@link #ask} are
 * the only ways in from others. A descriptor's number is reused by the kernel at once, so each
 * event carries the generation in which the number was registered, and an event of an earlier one
 * is dropped.
 */
public final class EventLoop implements AutoCloseable {
  /** What a descriptor's events go to. */
  public interface Handler {
    /**
     * @param events of {@link Epoll}'s constants
     */
    void ready(int events);
  }

  /** Something to do later, unless cancelled. */
  public static final class Timer {
    private final long due;
    private @Nullable Runnable action;

    private Timer(long due, Runnable action) {
      this.due = due;
      this.action = action;
    }

    /** It is not done any more. Loop thread. */
    public void cancel() {
      action = null;
    }
  }

  /** The loop turns at least this often, so that a watchdog can see that it does. */
  private static final int TURN_MILLIS_MAX = 200;

  private static final String FAULT = "a connection's handler failed";
  private static final System.Logger LOG = System.getLogger(EventLoop.class.getName());

  private final Epoll epoll;
  private final EventFd wake;
  private final Thread thread;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong((Timer t) -> t.due));

  /** By their length; each is in order of time by itself. */
  private final Map<Long, ArrayDeque<Timer>> limits = new HashMap<>();

  private final List<ArrayDeque<Timer>> limitQueues = new ArrayList<>();

  private ArrayDeque<Runnable> again = new ArrayDeque<>();
  private List<Runnable> afterBatch = new ArrayList<>();
  private @Nullable Handler[] handlers = new @Nullable Handler[1024];
  private int[] generations = new int[1024];

  /** Grows with every turn. Loop thread. */
  private long turns;

  /** Whether who has a task must wake it; else it looks for tasks before it waits. */
  private final AtomicBoolean asleep = new AtomicBoolean();

  private volatile long progress;
  private volatile boolean closed;

  /** Guarded by {@link #wake}, which is closed then. */
  private boolean unwakeable;

  private EventLoop(String name, Epoll epoll, EventFd wake) {
    this.epoll = epoll;
    this.wake = wake;
    thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /** Begins to turn, on a thread of that name. */
  public static EventLoop start(String name) throws LinuxException {
    Epoll epoll = Epoll.open();
    EventFd wake = EventFd.open();
    EventLoop loop = new EventLoop(name, epoll, wake);
    epoll.add(wake.fd(), Epoll.IN, -1);
    loop.thread.start();
    return loop;
  }

  /** What sockets are registered for, from their first moment on: one epoll_ctl a socket. */
  public static int interest() {
    return Epoll.IN | Epoll.PRI | Epoll.OUT | Epoll.RDHUP | Epoll.EDGE;
  }

  /**
   * Grows with everything that is done, and with every turn in which there is nothing to do; of a
   * loop that hangs it stays. A turn may be long when there is much to do. Any thread.
   */
  public long progress() {
    return progress;
  }

  /** The turn's number. Loop thread. */
  public long turnNumber() {
    return turns;
  }

  boolean isLoopThread() {
    return Thread.currentThread() == thread;
  }

  /** Runs {@code task} on the loop's thread, soon. Any thread. */
  public void execute(Runnable task) {
    tasks.add(task);
    if (asleep.getAndSet(false)) {
      wake(); // the first of many: a signal is a system call
    }
  }

  /** After its end, its descriptor may be somebody else's. */
  private void wake() {
    synchronized (wake) {
      if (!unwakeable) {
        wake.signal();
      }
    }
  }

  /**
   * Runs {@code question} on the loop's thread and waits for what it says. Any thread but the
   * loop's.
   */
  public <T> T ask(Supplier<T> question) throws InterruptedException {
    return begin(question).await();
  }

  /** As {@link #ask}, with something else to do before the answer is waited for. */
  public <T> Asked<T> begin(Supplier<T> question) {
    if (closed) {
      throw new IllegalStateException(thread.getName() + " has ended");
    }
    Asked<T> asked = new Asked<>();
    execute(
        () -> {
          try {
            asked.answer.complete(question.get());
          } catch (RuntimeException e) {
            asked.answer.completeExceptionally(e);
          }
        });
    return asked;
  }

  /** What the loop was asked, and answers in a moment. */
  public final class Asked<T> {
    private final CompletableFuture<T> answer = new CompletableFuture<>();

    private Asked() {}

    /** Returns with the answer. */
    public T await() throws InterruptedException {
      while (true) {
        try {
          return answer.get(1, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
          throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
          if (!thread.isAlive() && !answer.isDone()) {
            throw new IllegalStateException(thread.getName() + " has ended", e);
          }
        }
      }
    }
  }

  /** Registers a descriptor. Loop thread. */
  public void add(int fd, int interest, Handler handler) throws LinuxException {
    if (fd >= handlers.length) {
      int size = Math.max(fd + 1, handlers.length * 2);
      handlers = Arrays.copyOf(handlers, size);
      generations = Arrays.copyOf(generations, size);
    }
    handlers[fd] = handler;
    epoll.add(fd, interest, (long) generations[fd] << 32 | fd);
  }

  /** Gives a registered descriptor's events to another handler. Loop thread. */
  public void hand(int fd, Handler handler) {
    handlers[fd] = handler;
  }

  /** Forgets a descriptor that is closed next, by this process's last copy of it. Loop thread. */
  public void forget(int fd) {
    if (fd < handlers.length) {
      handlers[fd] = null;
      generations[fd]++;
    }
  }

  /** Forgets a descriptor whose open file lives on. Loop thread. */
  public void remove(int fd) {
    forget(fd);
    epoll.remove(fd);
  }

  /** Runs {@code action} after a time, in nanoseconds. Loop thread. */
  public Timer after(long nanos, Runnable action) {
    Timer timer = new Timer(System.nanoTime() + nanos, action);
    timers.add(timer);
    return timer;
  }

  /**
   * As {@link #after}, for limits: one of a few lengths, set by each connection and hardly ever
   * reached. A cancelled one costs nothing more. Loop thread.
   */
  public Timer within(long nanos, Runnable action) {
    ArrayDeque<Timer> queue = limits.get(nanos);
    if (queue == null) {
      queue = new ArrayDeque<>();
      limits.put(nanos, queue);
      limitQueues.add(queue);
    }
    forgetCancelled(queue);
    Timer timer = new Timer(System.nanoTime() + nanos, action);
    queue.add(timer);
    return timer;
  }

  /** The first of a queue that is not cancelled; null when there is none. */
  private static @Nullable Timer forgetCancelled(ArrayDeque<Timer> queue) {
    Timer first = queue.peek();
    while (first != null && first.action == null) {
      queue.poll();
      first = queue.peek();
    }
    return first;
  }

  /** Runs {@code action} in the next turn, after others had theirs. Loop thread. */
  public void again(Runnable action) {
    again.add(action);
  }

  /** Runs {@code action} when the events at hand are through. Loop thread. */
  public void afterBatch(Runnable action) {
    afterBatch.add(action);
  }

  private void run() {
    try {
      while (!closed) {
        turn();
      }
    } catch (LinuxException e) {
      LOG.log(System.Logger.Level.ERROR, thread.getName() + " ends", e);
    } finally {
      closed = true;
      epoll.close();
      synchronized (wake) {
        unwakeable = true;
        wake.close();
      }
    }
  }

  private void turn() throws LinuxException {
    asleep.set(true); // before it is looked whether there are tasks
    int count = epoll.await(waitMillis());
    asleep.set(false);
    turns++;
    progressed();
    for (int i = 0; i < count; i++) {
      long data = epoll.data(i);
      int fd = (int) data;
      if (fd < 0) {
        wake.clear();
        continue;
      }
      Handler handler = handlers[fd];
      if (handler != null && generations[fd] == (int) (data >>> 32)) {
        try {
          handler.ready(epoll.events(i));
        } catch (RuntimeException e) {
          LOG.log(System.Logger.Level.ERROR, FAULT, e);
        }
        progressed();
      }
    }
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      safely(task);
    }
    runTimers();
    if (!again.isEmpty()) { // a turn that only passes bytes on makes no garbage
      ArrayDeque<Runnable> now = again;
      again = new ArrayDeque<>();
      now.forEach(this::safely);
    }
    while (!afterBatch.isEmpty()) {
      List<Runnable> batch = afterBatch;
      afterBatch = new ArrayList<>();
      batch.forEach(this::safely);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void progressed() {
    progress++;
  }

  private int waitMillis() {
    if (!again.isEmpty() || !tasks.isEmpty()) {
      return 0;
    }
    Timer next = timers.peek();
    for (ArrayDeque<Timer> queue : limitQueues) {
      Timer first = forgetCancelled(queue);
      if (first != null && (next == null || first.due - next.due < 0)) {
        next = first;
      }
    }
    if (next == null) {
      return TURN_MILLIS_MAX;
    }
    long millis = (next.due - System.nanoTime() + 999_999) / 1_000_000;
    return (int) Math.clamp(millis, 0, TURN_MILLIS_MAX);
  }

  private void runTimers() {
    long now = System.nanoTime();
    for (Timer t = timers.peek(); t != null && t.due - now <= 0; t = timers.peek()) {
      timers.poll();
      run(t);
    }
    // By number: what runs may set a limit of a new length.
    for (int i = 0; i < limitQueues.size(); i++) {
      ArrayDeque<Timer> queue = limitQueues.get(i);
      for (Timer t = forgetCancelled(queue);
          t != null && t.due - now <= 0;
          t = forgetCancelled(queue)) {
        queue.poll();
        run(t);
      }
    }
  }

  private void run(Timer timer) {
    Runnable action = timer.action;
    if (action != null) {
      safely(action);
    }
  }

  /** One connection's fault must not end the others. */
  private void safely(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, FAULT, e);
    }
    progressed();
  }

  /** Ends the thread; descriptors that are still registered are their owners' to close. */
  @Override
  public void close() {
    closed = true;
    if (!isLoopThread()) {
      wake();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
