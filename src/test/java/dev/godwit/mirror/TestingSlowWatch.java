package dev.godwit.mirror;

import dev.godwit.linux.InodeHandle;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Change;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A watch whose reader can be held up, so that the kernel's queue becomes full, and that can tell
 * bit by bit what it has read.
 */
final class TestingSlowWatch implements Watch {
  private static final Duration BETWEEN_BITS = Duration.ofMillis(100);

  private final Watch watch;
  private final AtomicBoolean blind;
  private final AtomicBoolean isHeldUp;
  private final AtomicInteger most;
  private final AtomicReference<UnaryOperator<WatchState>> shown;

  /** What was read and is not told. */
  private final Deque<Change> left = new ArrayDeque<>();

  private long flushed;

  /** Of what was told to its end. */
  private long told;

  /**
   * @param isHeldUp whether the reader waits because of {@code blind}
   * @param most how much is told at a time; 0 for all
   * @param shown what it says of its state
   */
  TestingSlowWatch(
      Watch watch,
      AtomicBoolean blind,
      AtomicBoolean isHeldUp,
      AtomicInteger most,
      AtomicReference<UnaryOperator<WatchState>> shown) {
    this.watch = watch;
    this.blind = blind;
    this.isHeldUp = isHeldUp;
    this.most = most;
    this.shown = shown;
  }

  @Override
  public Batch take(Duration max) throws IOException {
    while (blind.get()) {
      isHeldUp.set(true);
      LockSupport.parkNanos(1_000_000);
    }
    isHeldUp.set(false);
    if (left.isEmpty()) {
      Batch read = watch.take(Duration.ofMillis(20));
      if (most.get() == 0) {
        told = read.flushed();
        return read;
      }
      left.addAll(read.changes());
      flushed = read.flushed();
    } else {
      LockSupport.parkNanos(BETWEEN_BITS.toNanos());
    }
    List<Change> some = new ArrayList<>();
    // A rename is told with its names, as by every watch.
    while (!left.isEmpty() && (some.size() < most.get() || left.peek() instanceof Change.Renamed)) {
      some.add(left.remove());
    }
    if (left.isEmpty()) {
      told = flushed;
    }
    return new Batch(some, told);
  }

  @Override
  public long flush() {
    return watch.flush();
  }

  @Override
  public long drain() {
    return watch.drain();
  }

  @Override
  public boolean follow(Predicate<InodeHandle> directories) {
    return watch.follow(directories);
  }

  @Override
  public void scans(String why) {
    watch.scans(why);
  }

  @Override
  public WatchState state() {
    return Objects.requireNonNull(shown.get()).apply(watch.state());
  }

  @Override
  public Root root() {
    return watch.root();
  }

  @Override
  public void close() {
    watch.close();
  }
}
