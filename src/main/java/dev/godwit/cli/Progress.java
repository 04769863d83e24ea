package dev.godwit.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.DoubleFunction;
import java.util.function.LongSupplier;

/**
 * How far something is, its rate and the time left: a line that rewrites itself on a terminal, a
 * line now and then elsewhere. The rate is that of the last seconds, because a mean over the whole
 * run hides that it has just stopped.
 *
 * <p>Threads: for one thread.
 */
final class Progress implements AutoCloseable {
  private static final Duration REWRITE_EVERY = Duration.ofMillis(100);
  private static final Duration LINE_EVERY = Duration.ofSeconds(10);

  /** Long enough to smooth bursts, short enough to see a stop. */
  private static final Duration RATE_OVER = Duration.ofSeconds(5);

  /** What a shorter look says of the time left is a guess: a copy begins with its scan. */
  private static final Duration LEFT_AFTER = Duration.ofSeconds(2);

  private record Sample(long nanos, long done) {}

  private final Terminal terminal;
  private final String what;
  private final DoubleFunction<String> amount;
  private final LongSupplier nanoClock;
  private final long interval;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private long shownNanos;

  /** What had been done before anybody looked is no rate. */
  private boolean hasLooked;

  /** There is something to do, or was; a log has no use for lines of nothing but zeros. */
  private boolean hasBegun;

  private String line = "";

  /**
   * @param what begins the line: {@code copying /var/www}
   * @param amount how a number of the work is written, such as {@link Amounts#bytes}
   * @param nanoClock as System::nanoTime
   */
  Progress(Terminal terminal, String what, DoubleFunction<String> amount, LongSupplier nanoClock) {
    this.terminal = terminal;
    this.what = what;
    this.amount = amount;
    this.nanoClock = nanoClock;
    this.interval = (terminal.isLive() ? REWRITE_EVERY : LINE_EVERY).toNanos();
    long now = nanoClock.getAsLong();
    // On a terminal the first line comes at once.
    shownNanos = terminal.isLive() ? now - interval : now;
  }

  /**
   * @param total of the work as far as it is known; less than {@code done} when it is not
   */
  void update(long done, long total) {
    long now = nanoClock.getAsLong();
    if (!hasLooked) {
      hasLooked = true;
      samples.clear();
    }
    samples.addLast(new Sample(now, done));
    while (samples.size() > 2 && now - samples.getFirst().nanos() > RATE_OVER.toNanos()) {
      samples.removeFirst();
    }
    line = line(done, total, rate());
    hasBegun = hasBegun || done > 0 || total > 0;
    if (now - shownNanos >= interval) {
      shownNanos = now;
      show();
    }
  }

  /** Leaves the last state as a line of its own. */
  @Override
  public void close() {
    if (!line.isEmpty()) {
      show();
      if (terminal.isLive()) {
        terminal.note("");
      }
    }
  }

  private void show() {
    if (terminal.isLive()) {
      terminal.rewrite(line);
    } else if (hasBegun) {
      terminal.note(line);
    }
  }

  private long sampledNanos() {
    return samples.getLast().nanos() - samples.getFirst().nanos();
  }

  private double rate() {
    double seconds = sampledNanos() / 1e9;
    return seconds <= 0
        ? 0
        : (double) Math.max(0, samples.getLast().done() - samples.getFirst().done()) / seconds;
  }

  private String line(long done, long total, double rate) {
    StringBuilder text = new StringBuilder(what).append(": ").append(amount.apply((double) done));
    if (total >= done && total > 0) {
      text.append(" of ").append(amount.apply((double) total));
      text.append(" (").append(100 * done / total).append(" %)");
    }
    text.append(", ").append(amount.apply(rate)).append("/s");
    if (total > done && rate > 0 && sampledNanos() >= LEFT_AFTER.toNanos()) {
      long seconds = (long) Math.ceil((double) (total - done) / rate);
      text.append(", ").append(Amounts.duration(Duration.ofSeconds(seconds))).append(" left");
    }
    return text.toString();
  }
}
