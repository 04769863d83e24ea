package dev.godwit.sync.content;

import dev.godwit.sync.content.CopyOrder.Move;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the source without any block that the basis has at the same place. Both sides cut
 * what they have there into chunks, and those of the source are looked for among those of the
 * target. That goes on while they come: what is not found is given up when the target is far enough
 * ahead, so that neither has to wait for the end of the other's file. One thread at a time.
 */
final class Region {
  /** So far content is looked for ahead of where it was. */
  private static final long AHEAD_BYTES = 64 << 20;

  final long from;
  final long to;
  final long basisFrom;
  final long basisTo;

  private final Deque<ChunkList> chunks = new ArrayDeque<>();
  private boolean isCut;
  private long toldTo;
  private boolean isTold;

  // The chunk of the source that is looked for next.
  private final ChunkList.Cursor cursor = new ChunkList.Cursor();
  private boolean hasChunk;
  private long at;

  /**
   * Begins without any chunk.
   *
   * @param from where it begins in the source
   * @param basisFrom where in the basis its content may be
   */
  Region(long from, long to, long basisFrom, long basisTo) {
    this.from = from;
    this.to = to;
    this.basisFrom = basisFrom;
    this.basisTo = basisTo;
    toldTo = basisFrom;
    at = from;
  }

  /** Takes the next chunks of the source. */
  void have(List<ChunkList> more) {
    chunks.addAll(more);
  }

  /** All chunks of the source are here. */
  void haveAll() {
    isCut = true;
  }

  /**
   * Takes the next chunks of the target.
   *
   * @param told as {@link ChunkList} writes them
   * @param isLast they are all now
   */
  void told(byte[] told, boolean isLast, ChunkIndex index) throws WireException {
    ChunkList.Cursor theirs = new ChunkList.Cursor();
    theirs.over(told, told.length);
    while (theirs.next(basisTo - toldTo)) {
      index.add(told, theirs.hashAt(), theirs.length(), toldTo);
      toldTo += theirs.length();
    }
    if (isLast) {
      if (toldTo != basisTo) {
        throw new WireException("malformed delta: chunks end at " + toldTo);
      }
      isTold = true;
    }
  }

  /** Whether all of it was decided. */
  boolean isDone() {
    return at == to;
  }

  /** Whether everything that there is to know is known. */
  boolean isKnown() {
    return isCut && isTold;
  }

  /**
   * The next piece that is decided: where the basis has it; from -1 when it has not. Null when none
   * is.
   */
  @Nullable Move next(ChunkIndex index) {
    if (!hasChunk && !advance()) {
      return null;
    }
    int length = cursor.length();
    long there = index.find(cursor.bytes(), cursor.hashAt(), length);
    if (there < 0 && !isTold && toldTo - basisFrom < at - from + AHEAD_BYTES) {
      return null;
    }
    Move piece = new Move(there, at, length);
    at += length;
    hasChunk = false;
    return piece;
  }

  private boolean advance() {
    try {
      while (!cursor.next(Long.MAX_VALUE)) {
        ChunkList list = chunks.poll();
        if (list == null) {
          return false;
        }
        cursor.over(list.array(), list.length());
      }
    } catch (WireException e) {
      throw new AssertionError("this side wrote it", e);
    }
    hasChunk = true;
    return true;
  }
}
