package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.DeltaStep;
import dev.godwit.sync.content.DeltaTarget;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One file that is made of what stands and of what the source sends: the target's end. Messages are
 * left here by the thread of a lane; a thread of {@link TargetDeltas} does what they say.
 */
final class TargetDelta implements Runnable {
  /** So many steps, then others have their turn. */
  private static final int STEPS = 32;

  private static final int WAITING_MAX = 4;

  private static final long TOLD_EVERY_NANOS = 200_000_000;

  /** The last message of the source: how it ended there. */
  private sealed interface Message {}

  private record Inode(InodeRecord inode) implements Message {}

  private record Data(MessageReader content) implements Message {}

  private record End(boolean isSent, int reason, int errno) implements Message {}

  final FileWork work;
  private final TargetDeltas deltas;
  private final FileHandle basis;
  private final FileStatus begun;
  private final DeltaTarget delta;
  private final MessageWriter out = new MessageWriter(4096);
  private @Nullable LinuxException failure;
  private boolean isRefused;
  private long toldNanos = System.nanoTime();

  // Guarded by this:
  private final Deque<Message> waiting = new ArrayDeque<>();
  private boolean isQueued;
  private boolean isOver;

  /**
   * @param begun what the basis was before anything of it was read
   */
  TargetDelta(
      TargetDeltas deltas, FileWork work, FileHandle basis, FileStatus begun, DeltaTarget delta) {
    this.deltas = deltas;
    this.work = work;
    this.basis = basis;
    this.begun = begun;
    this.delta = delta;
  }

  /** What the file is by now, where that is not what was listed. */
  void inode(InodeRecord inode) throws InterruptedException {
    post(new Inode(inode));
  }

  void data(byte[] content) throws InterruptedException {
    post(new Data(new MessageReader(content)));
  }

  /**
   * Nothing more comes.
   *
   * @param isSent whether all was sent and the file did not change meanwhile
   * @param reason as in {@link ContentRecords#NONE}, when it could not be read; otherwise -1
   */
  void end(boolean isSent, int reason, int errno) throws InterruptedException {
    post(new End(isSent, reason, errno));
  }

  private void post(Message message) throws InterruptedException {
    synchronized (this) {
      while (waiting.size() >= WAITING_MAX && !isOver) {
        wait();
      }
      if (isOver) {
        return;
      }
      waiting.add(message);
    }
    wake();
  }

  /** Goes on soon. */
  void wake() {
    synchronized (this) {
      if (isQueued || isOver) {
        return;
      }
      isQueued = true;
    }
    deltas.run(this);
  }

  /** Nothing more is done: the connection is over. */
  void close() {
    synchronized (this) {
      isOver = true;
      waiting.clear();
      notifyAll();
    }
  }

  private synchronized @Nullable Message next() {
    Message message = waiting.poll();
    notifyAll();
    return message;
  }

  /** Whether to go on later. */
  private synchronized boolean isToGoOn(boolean hasMore) {
    isQueued = hasMore || !waiting.isEmpty();
    return isQueued;
  }

  @Override
  public void run() {
    boolean hasMore = true;
    try {
      for (int i = 0; i < STEPS && hasMore; i++) {
        Message message = next();
        if (message instanceof End end) {
          ended(end);
          return;
        }
        hasMore = message == null ? step() : taken(message);
      }
    } catch (WireException e) {
      deltas.broken(e);
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    tell();
    if (isToGoOn(hasMore)) {
      deltas.run(this);
    }
  }

  private void tell() {
    long now = System.nanoTime();
    boolean isUnderWay = failure == null && !isRefused; // otherwise it may be over already
    if (isUnderWay && now - toldNanos >= TOLD_EVERY_NANOS) {
      toldNanos = now;
      deltas.isUnderWay(work, delta.literal() + delta.matched());
    }
  }

  /** Returns whether there may be more to do. */
  private boolean step() throws WireException, InterruptedException {
    if (failure != null || isRefused) {
      return false;
    }
    out.reset();
    try {
      DeltaStep step = delta.step(out);
      if (out.length() > 0) {
        deltas.send(work, out);
      }
      return step == DeltaStep.AGAIN;
    } catch (LinuxException e) {
      give(e);
      return false;
    }
  }

  private boolean taken(Message message) throws WireException {
    switch (message) {
      case Inode inode -> isRefused = !deltas.takes(inode.inode, work);
      case Data data -> {
        if (failure == null && !isRefused) {
          try {
            delta.receive(data.content);
          } catch (LinuxException e) {
            give(e);
          }
        }
      }
      case End end -> throw new IllegalStateException();
    }
    if (isRefused) {
      deltas.stop(work);
    }
    return true;
  }

  /** It cannot be written here: the source is to stop. */
  private void give(LinuxException e) throws WireException {
    failure = e;
    deltas.stop(work);
  }

  private void ended(End end) throws WireException, InterruptedException {
    while (failure == null && !isRefused && end.isSent && delta.outcome() == null) {
      if (!step()) {
        break;
      }
    }
    synchronized (this) {
      isOver = true;
      waiting.clear();
      notifyAll();
    }
    delta.close();
    boolean isBasisSame = isBasisSame();
    basis.close();
    work.literal = delta.literal();
    work.matched = delta.matched();
    deltas.ended(
        this,
        failure,
        isRefused,
        end.isSent && isBasisSame && delta.outcome() == DeltaTarget.Outcome.VERIFIED,
        end.reason,
        end.errno);
  }

  /**
   * Whether nobody has written to the basis meanwhile. What was kept of it is verified by what was
   * read of it before, and taken from it later (H48).
   */
  private boolean isBasisSame() {
    if (work.isInPlace) {
      return true; // this is who writes to it
    }
    try {
      return Freshness.isUnchanged(begun, basis.status());
    } catch (LinuxException e) {
      return false;
    }
  }

  /** What is held is let go without a word; by the last thread that uses it. */
  void abandon() {
    delta.close();
    basis.close();
  }
}
