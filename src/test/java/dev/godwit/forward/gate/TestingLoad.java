package dev.godwit.forward.gate;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that come at a steady rate, each with one request, whatever happens to the others, and
 * never try again. Runs in the namespace of the thread that starts it. Bounded in time.
 */
public final class TestingLoad implements AutoCloseable {
  private static final int THREADS = 48;

  /** Longer than any hold, also on a slow disk; who waits longer counts as one who gave up. */
  private static final int CLIENT_MILLIS_MAX = 35_000;

  /** Longer than any test runs: one whose clients have ended shows nothing. */
  private static final long RUN_NANOS_MAX = 900_000_000_000L;

  private final InetSocketAddress target;
  private final String request;
  private final String proof;
  private final long intervalNanos;
  private final long start = System.nanoTime();
  private final AtomicLong next = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;
  private final AtomicLong lastCameNanos = new AtomicLong(start);

  /** Who has come, also those who wait or have failed. */
  final AtomicInteger came = new AtomicInteger();

  /** A client whom nobody listened for, at some time between the two. */
  record Refusal(long beganNanos, long endedNanos) {}

  /** When each failure began and ended, in ms since the load began, for people. */
  final Queue<String> failureTimes = new ConcurrentLinkedQueue<>();

  final Queue<Refusal> refusals = new ConcurrentLinkedQueue<>();
  final AtomicInteger answered = new AtomicInteger();
  public final AtomicLong worstMillis = new AtomicLong();
  public final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
  final Map<String, AtomicInteger> answeredBy = new ConcurrentHashMap<>();

  /**
   * @param request sent with a number in the place of {@code %d}
   */
  public TestingLoad(InetSocketAddress target, int perSecond, String request) {
    this(target, perSecond, request, "");
  }

  /**
   * @param proof what only the answer has: a service that speaks first has greeted also whom it
   *     cuts off in order before it has read anything
   */
  TestingLoad(InetSocketAddress target, int perSecond, String request, String proof) {
    this.target = target;
    this.request = request;
    this.proof = proof;
    intervalNanos = 1_000_000_000L / perSecond;
    for (int i = 0; i < THREADS; i++) {
      threads.add(Thread.ofPlatform().daemon().name("client " + i).start(this::clients));
    }
  }

  private void clients() {
    while (!stopped && System.nanoTime() - start < RUN_NANOS_MAX) {
      long mine = next.getAndIncrement();
      long due = start + mine * intervalNanos;
      while (due - System.nanoTime() > 0) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      if (!stopped) {
        client(mine);
      }
    }
  }

  private void client(long number) {
    long begin = System.nanoTime();
    came.incrementAndGet();
    lastCameNanos.accumulateAndGet(begin, Math::max);
    try (Socket socket = new Socket()) {
      socket.connect(target, CLIENT_MILLIS_MAX);
      socket.setSoTimeout(CLIENT_MILLIS_MAX);
      socket
          .getOutputStream()
          .write(request.replace("%d", Long.toString(number)).getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      if (answer.isEmpty()) {
        throw new IOException("closed without an answer");
      }
      if (!answer.contains(proof)) {
        throw new IOException("closed after a greeting, without an answer: " + answer.strip());
      }
      answered.incrementAndGet();
      answeredBy.computeIfAbsent(answer.split(" ")[0], n -> new AtomicInteger()).incrementAndGet();
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("refused")) {
        refusals.add(new Refusal(begin, System.nanoTime()));
      }
      failureTimes.add(at(begin) + " to " + at(System.nanoTime()) + ": " + e.getMessage());
      failures.computeIfAbsent(e.toString(), m -> new AtomicInteger()).incrementAndGet();
    }
    worstMillis.accumulateAndGet((System.nanoTime() - begin) / 1_000_000, Math::max);
  }

  /** A time of System.nanoTime() in ms since the load began. */
  long at(long nanos) {
    return (nanos - start) / 1_000_000;
  }

  /** What lies for certain between the first refusal and the last one of a time, in ms. */
  double refusedMillis(long fromNanos, long untilNanos) {
    return refusedMillis(
        refusals.stream()
            .filter(r -> r.beganNanos() - fromNanos >= 0 && r.endedNanos() - untilNanos < 0)
            .toList());
  }

  /** The same of all of these. */
  static double refusedMillis(Collection<Refusal> refusals) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (Refusal refusal : refusals) {
      first = Math.min(first, refusal.endedNanos());
      last = Math.max(last, refusal.beganNanos());
    }
    return last > first ? (last - first) / 1e6 : 0;
  }

  /** Waits for the answer of one that comes from now on: a load that has ended shows nothing. */
  void assertStillComing() throws Exception {
    int before = answered.get() + THREADS;
    TestingPatience.await(() -> "clients who still come: " + this, () -> answered.get() > before);
  }

  /** Lets the clients that are there end. */
  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread t : threads) {
      t.join(CLIENT_MILLIS_MAX + 5000);
    }
  }

  @Override
  public String toString() {
    return came
        + " came, "
        + came.get() * 1_000_000_000L / Math.max(1, lastCameNanos.get() - start)
        + " a second, "
        + answered
        + " answered "
        + answeredBy
        + ", failed "
        + failures
        + ", worst "
        + worstMillis
        + " ms";
  }
}
