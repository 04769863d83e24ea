package dev.godwit.watch;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Wakeup;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What both kernel interfaces share: waiting, flush tickets, overflow and its spacing, and looking
 * again at what has no watch.
 *
 * <p>A flush measures the queue once, after it was asked for, and is done when that much was read:
 * so it ends also while other programs fill the queue for ever.
 */
abstract class KernelWatch implements Watch {
  /** What happened elsewhere on the file system comes together for so long. */
  private static final Duration PASSING = Duration.ofMillis(1);

  /** So much in one read(2), in its unit, does not wait for more. */
  private static final long MUCH = 256;

  private final Root root;
  private final Wakeup wakeup;
  private final OverflowSpacing spacing = new OverflowSpacing();
  private final AtomicLong asked = new AtomicLong();

  /** Whether one of the tickets that were not taken up yet is for what has no watch, too. */
  private final AtomicBoolean isWholeAsked = new AtomicBoolean();

  /** Held by the thread that takes; close waits for it, so that no descriptor is reused early. */
  private final ReentrantLock taking = new ReentrantLock();

  private volatile boolean closed;
  private boolean released;
  private volatile WatchState state = WatchState.NONE;
  private long flushing;
  private boolean isWhole;
  private long flushed;
  private long toRead;
  private long nextRescan = System.nanoTime() + RESCAN.toNanos();

  /** When the queue was found empty last: nothing was lost before. */
  private long lastEmpty = System.nanoTime();

  /** When changes may have been lost first since everything was looked at. */
  private long lostSince;

  KernelWatch(Root root) throws LinuxException {
    this.root = root;
    this.wakeup = new Wakeup();
  }

  /** In the place of a descriptor. */
  static final int NO_QUEUE = -1;

  /** The descriptor to wait on; {@link #NO_QUEUE} when there is nothing that could tell. */
  abstract int fd();

  /** How much is in the queue, in the unit of {@link #read}. */
  abstract long queued() throws LinuxException;

  /** Reads once; returns how much, 0 when the queue is empty. */
  abstract long read(Changes into) throws LinuxException;

  /** Puts the watch in order after changes were lost; {@link Change.Everything} follows. */
  abstract void lookAgain() throws LinuxException;

  /** Adds the subtrees without a watch. */
  abstract void unwatched(Changes into) throws LinuxException;

  abstract String rung();

  abstract String reason();

  abstract int unwatchedCount();

  abstract void closeQueue();

  final void overflow() {
    if (!spacing.isPending()) {
      lostSince = lastEmpty;
    }
    spacing.overflow(System.nanoTime());
  }

  final void publishState() {
    state =
        new WatchState(
            rung(), reason(), unwatchedCount(), spacing.isPending(), spacing.count(), toldUntil());
  }

  private long toldUntil() {
    boolean isSeen = unwatchedCount() == 0 && !rung().equals(WatchState.SCAN);
    long scanned = nextRescan - RESCAN.toNanos();
    if (!spacing.isPending()) {
      return isSeen ? WatchState.ALL : scanned;
    }
    return isSeen ? lostSince : Math.min(lostSince, scanned);
  }

  @Override
  public Batch take(Duration max) throws IOException {
    taking.lock();
    try {
      return takeLocked(max);
    } finally {
      publishState();
      taking.unlock();
    }
  }

  private Batch takeLocked(Duration max) throws IOException {
    long start = System.nanoTime();
    Changes changes = new Changes();
    while (true) {
      if (closed) {
        throw new IOException("the watch is closed");
      }
      long ticket = asked.get();
      if (ticket > flushing) {
        flushing = ticket;
        isWhole |= isWholeAsked.getAndSet(false);
        toRead = queued();
      }
      long read;
      do {
        read = read(changes);
        lastEmpty = read == 0 ? System.nanoTime() : lastEmpty;
        toRead -= read;
      } while (read > 0 && flushing > flushed && toRead > 0 && !changes.isFull());

      // At this point we know: when a flush is going on and the queue as it was then is read, all
      // that is left of it are the changes that the kernel lost and the parts it does not watch.
      boolean flushDone = flushing > flushed && (toRead <= 0 || read == 0);
      long now = System.nanoTime();
      if (flushDone && isWhole || now - nextRescan >= 0) {
        unwatched(changes);
        isWhole &= !flushDone;
        nextRescan = now + RESCAN.toNanos();
      }
      if (spacing.isDue(now) || flushDone && spacing.isPending()) {
        lookAgain();
        changes.everything();
        spacing.emitted(now);
      }
      if (flushDone) {
        flushed = flushing;
      }
      long left = max.toNanos() - (now - start);
      if (flushDone || !changes.isEmpty() || left <= 0) {
        return new Batch(changes.toList(), flushed);
      }
      if (read > 0 && read < MUCH) {
        wakeup.await(PASSING); // a wake for each event would cost more than all else
      } else if (read == 0) {
        long wait = Math.min(left, nextRescan - now);
        if (spacing.isPending()) {
          wait = Math.min(wait, spacing.waitNanos(now));
        }
        publishState();
        wakeup.await(fd(), Duration.ofNanos(wait));
      }
    }
  }

  @Override
  public long flush() {
    isWholeAsked.set(true); // before the ticket is there to be taken up
    return drain();
  }

  @Override
  public long drain() {
    long ticket = asked.incrementAndGet();
    wakeup.signal();
    return ticket;
  }

  @Override
  public WatchState state() {
    return state;
  }

  @Override
  public Root root() {
    return root;
  }

  @Override
  public void close() {
    closed = true;
    wakeup.signal();
    taking.lock();
    try {
      if (released) {
        return; // the numbers may be other files' by now
      }
      released = true;
      closeQueue();
      wakeup.close();
      root.close();
    } finally {
      taking.unlock();
    }
  }
}
