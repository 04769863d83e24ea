package dev.godwit.outside;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks every target several times a second from its start to its end. A new request does not wait
 * for the one before: while one is held, the next one could be refused, and that must be seen.
 *
 * <p>Who is asked may be slower than that, such as a mail server that starts a process for each
 * login on a machine that is busy: its queue would grow for as long as it is watched, and every
 * client of it would wait behind the watch. So the more requests wait, the rarer are new ones; and
 * once one has waited in vain, for longer than anybody is held, one waits at a time until one is
 * answered.
 *
 * <p>Threads: its own, and none of those that make the switch; each method may be called by any.
 */
public final class Watch {
  /** Four a second: enough to see what clients see, too few for a server to notice. */
  private static final Duration EVERY = Duration.ofMillis(250);

  /** As many as come together in a hold of the usual limit of 5 s. */
  private static final int WAITING_USUAL = 20;

  /** So many more that wait double the time until the next one. */
  private static final int WAITING_MORE = 5;

  /** Of the doublings: a request every four minutes. */
  private static final int DOUBLED_MAX = 10;

  /** More than there can be; a bound, not a wish. */
  private static final int WAITING_MAX = 2_000;

  private static final Duration LEARN_LIMIT = Duration.ofSeconds(5);

  /**
   * When it ends, nobody is held any more: what has no answer by then waits for a slow server, and
   * is told as that.
   */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);

  /** Then those that are left close, whatever their servers still had to say. */
  private static final Duration LEAVING = Duration.ofMillis(500);

  private final List<Asked> asked;
  private final Duration limit;
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private Watch(List<Target> targets, Duration limit) {
    this.limit = limit;
    this.asked = targets.stream().map(Asked::new).toList();
  }

  /**
   * Begins; returns at once.
   *
   * @param limit how long a client waits for an answer; longer than it may be held
   */
  public static Watch start(List<Target> targets, Duration limit) {
    Watch watch = new Watch(targets, limit);
    for (Asked each : watch.asked) {
      Thread thread =
          Thread.ofPlatform()
              .daemon()
              .name("godwit asks " + each.target.address())
              .start(() -> watch.ask(each));
      watch.threads.add(thread);
    }
    return watch;
  }

  /** Ends; waits some seconds for the answers that are still due. Once. */
  public List<Seen> end() throws InterruptedException {
    long ended = System.nanoTime();
    end.countDown();
    long until = ended + LAST_ANSWERS.plusSeconds(1).toNanos();
    for (Thread thread : threads) {
      boolean unused = thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
    }
    return asked.stream().map(each -> each.seen(ended)).toList();
  }

  private void ask(Asked each) {
    Semaphore waiting = new Semaphore(WAITING_MAX);
    Semaphore connected = new Semaphore(WAITING_MAX);
    try {
      Asker.Learned learned = each.learn();
      if (learned == null) {
        return;
      }
      long last = System.nanoTime() - EVERY.toNanos();
      do {
        long now = System.nanoTime();
        Duration pause = pause(WAITING_MAX - waiting.availablePermits());
        if (now - last >= pause.toNanos() && each.mayBeAsked() && connected.tryAcquire()) {
          waiting.acquire(); // who is connected no more does not wait either
          last = now;
          each.begun();
          Thread.ofVirtual()
              .name("godwit asks " + each.target.address())
              .start(
                  () -> {
                    try {
                      long started = System.nanoTime();
                      Asker.ask(
                          learned.target(),
                          learned.how(),
                          limit,
                          wrong -> {
                            each.ended(started, wrong, limit);
                            waiting.release();
                          });
                    } finally {
                      connected.release();
                    }
                  });
        }
      } while (!end.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
      boolean unused =
          waiting.tryAcquire(WAITING_MAX, LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS);
      unused = connected.tryAcquire(WAITING_MAX, LEAVING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // what was seen so far counts
    }
  }

  /**
   * From one request to the next.
   *
   * @param waiting requests without an answer so far
   */
  static Duration pause(int waiting) {
    int doubled = Math.max(0, waiting - WAITING_USUAL) / WAITING_MORE;
    return EVERY.multipliedBy(1L << Math.min(doubled, DOUBLED_MAX));
  }

  /** One target, and what was seen of it. */
  private static final class Asked {
    private final Target target;
    private Seen.How how = Seen.How.CONNECTION;
    private long due;
    private boolean isTooSlow;
    private long requests;
    private long failures;
    private long lastGood = System.nanoTime();
    private long longestGap;
    private Instant gapEnded = Instant.now();
    private long slowest;
    private @Nullable String reason;

    Asked(Target target) {
      this.target = target;
      this.how = target.url() == null ? Seen.How.CONNECTION : Seen.How.PAGE;
    }

    /** Null when nothing answers before anything was done: such a port would prove nothing. */
    Asker.@Nullable Learned learn() {
      try {
        Asker.Learned learned = Asker.learn(target, LEARN_LIMIT);
        synchronized (this) {
          how = learned.how();
          lastGood = learned.asked();
          note(System.nanoTime());
          return learned;
        }
      } catch (Asker.NotAskedException e) {
        synchronized (this) {
          reason = "not asked: " + e.getMessage();
          return null;
        }
      } catch (IOException e) {
        synchronized (this) {
          reason = "not asked, since it did not answer at the beginning: " + e.getMessage();
          return null;
        }
      }
    }

    synchronized boolean mayBeAsked() {
      return !isTooSlow || due == 0;
    }

    synchronized void begun() {
      due++;
    }

    synchronized void ended(long started, @Nullable String wrong, Duration limit) {
      long now = System.nanoTime();
      due--;
      requests++;
      isTooSlow = wrong != null && (isTooSlow || now - started >= limit.toNanos());
      if (wrong != null) {
        failures++;
        reason = reason == null ? wrong : reason;
        return;
      }
      slowest = Math.max(slowest, now - started);
      note(now);
    }

    private void note(long now) {
      if (now - lastGood > longestGap) {
        longestGap = now - lastGood;
        gapEnded = Instant.now();
      }
      lastGood = now;
    }

    private static String display(InetSocketAddress address) {
      String host = address.getAddress().getHostAddress();
      boolean isSix = address.getAddress() instanceof Inet6Address;
      return (isSix ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    synchronized Seen seen(long ended) {
      // A gap that has no end is one too.
      long gap = requests + due == 0 ? 0 : Math.max(longestGap, ended - lastGood);
      boolean open = gap > longestGap;
      return new Seen(
          target.service(),
          display(target.address()),
          how,
          requests + due,
          failures,
          due,
          Duration.ofNanos(gap),
          open ? Instant.now() : gapEnded,
          Duration.ofNanos(slowest),
          reason == null ? "" : reason,
          "");
    }
  }
}
