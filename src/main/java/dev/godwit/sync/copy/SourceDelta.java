package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.sync.content.DeltaShape;
import dev.godwit.sync.content.DeltaSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One file of which the target has an older content: the source's end. It belongs to the reader
 * that began it, so that its messages stay in one lane; the receiving thread leaves messages here.
 */
final class SourceDelta {
  final SentListing listing;
  final int index;
  final DeltaShape shape;
  final boolean isInPlace;

  // Of the reader, once it has begun:
  @Nullable FileHandle file;
  @Nullable DeltaSource delta;
  FileStatus before = FileStatus.NONE;

  // Guarded by this:
  private final Deque<byte[]> waiting = new ArrayDeque<>();

  /** Which reader it belongs to; -1: none yet. */
  private int lane = -1;

  private boolean isQueued;
  private boolean isStopped;

  SourceDelta(SentListing listing, int index, DeltaShape shape, boolean isInPlace) {
    this.listing = listing;
    this.index = index;
    this.shape = shape;
    this.isInPlace = isInPlace;
  }

  /** It belongs to this reader from now on, and is worked on by it. */
  synchronized void begin(int reader) {
    lane = reader;
    isQueued = true;
  }

  /**
   * Leaves a message.
   *
   * @return the reader that is to be woken; -1 when none is
   */
  synchronized int post(byte[] message) {
    waiting.add(message);
    return queue();
  }

  /** The target wants no more of it. Returns as {@link #post}. */
  synchronized int stop() {
    isStopped = true;
    return queue();
  }

  private int queue() {
    if (isQueued || lane < 0) {
      return -1;
    }
    isQueued = true;
    return lane;
  }

  synchronized byte @Nullable [] next() {
    return waiting.poll();
  }

  synchronized boolean isStopped() {
    return isStopped;
  }

  /** The reader has nothing to do for it now; false when something has come meanwhile. */
  synchronized boolean rest() {
    if (!waiting.isEmpty() || isStopped) {
      return false;
    }
    isQueued = false;
    return true;
  }

  /** The reader goes on with it later by itself. */
  void close() {
    FileHandle content = file;
    if (content != null) {
      content.close();
    }
  }
}
