package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.CopyOrder.Move;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the source without any block that the basis has at the same place. The target tells
 * blocks of a range of the basis, and they are looked for in the source at whatever positions: the
 * block behind the one found last where that one ends, and where it is not there, any block at any
 * position (Tridgell, Efficient Algorithms for Sorting and Synchronization, 1999, with other
 * hashes). The first costs one fast hash of the content, the second is needed only from where
 * something was put in or taken out to the next block that is whole. That goes on while blocks are
 * told: what is not found is given up when the target is far enough ahead, so that neither has to
 * wait for the end of the other's file. One thread at a time.
 */
final class Region {
  /** So far content is looked for ahead of where it was. */
  private static final long AHEAD_BYTES = 64 << 20;

  /** So much is searched at once. */
  private static final int SEARCH_BYTES = 1 << 20;

  /**
   * So much may be hashed for blocks that begin alike and turn out to be others: at once, and for
   * each byte of the source. Content that consists of such blocks, or a target that tells them,
   * cannot make a search take longer (H42).
   */
  private static final long CREDIT_BYTES = 16 << 20;

  private static final int CREDIT_TIMES = 4;

  /** What it is searched with. */
  record Search(Anchor anchor, RangeHash sums, BlockIndex index, SourceWindow window) {}

  /** How a search went. */
  enum Progress {
    /** There is more to do. */
    MORE,

    /** The target has to tell more first. */
    WAITING,

    /** All is decided. */
    DONE,

    /** The source's file is shorter than it was. */
    SHORT
  }

  final long from;
  final long to;
  final long basisFrom;
  final long basisTo;
  private final int blockSize;

  private long toldTo;
  private boolean isTold;

  private final Deque<Move> found = new ArrayDeque<>();
  private long at; // so far it was searched
  private int last = -1; // the block that ends there
  private long credit = CREDIT_BYTES;
  private final byte[] hash = new byte[RangeHash.BYTES];

  /**
   * Begins without any block.
   *
   * @param from where it begins in the source
   * @param basisFrom where in the basis its content may be
   * @param blockSize in which the target tells that
   */
  Region(long from, long to, long basisFrom, long basisTo, int blockSize) {
    this.from = from;
    this.to = to;
    this.basisFrom = basisFrom;
    this.basisTo = basisTo;
    this.blockSize = blockSize;
    toldTo = basisFrom;
    at = from;
  }

  /**
   * Takes the next blocks of the target.
   *
   * @param told {@link BlockIndex#BYTES} for each
   * @param isLast they are all now
   */
  void told(byte[] told, boolean isLast, BlockIndex index) throws WireException {
    for (int block = 0; block < told.length; block += BlockIndex.BYTES) {
      int length = (int) Math.min(blockSize, basisTo - toldTo);
      if (length == 0 || told.length - block < BlockIndex.BYTES) {
        throw new WireException("malformed delta: " + told.length + " bytes of blocks");
      }
      index.add(told, block, length, toldTo);
      toldTo += length;
    }
    if (isLast && toldTo != basisTo) {
      throw new WireException("malformed delta: blocks end at " + toldTo);
    }
    isTold = isLast;
  }

  /** Whether all of it was decided. */
  boolean isSearched() {
    return at == to;
  }

  /**
   * The next piece that is decided: where the basis has it; from -1 when it has not. Null when none
   * is.
   */
  @Nullable Move next() {
    return found.poll();
  }

  /** Decides some of it. */
  Progress search(Search by) throws LinuxException {
    long until = at + Math.min(SEARCH_BYTES, to - at);
    while (at < until) {
      if (last >= 0) {
        int next = by.index.following(last);
        if (next < 0 && !isTold && by.index.end(last) == toldTo) {
          return Progress.WAITING;
        }
        if (next >= 0 && by.index.length(next) <= to - at) {
          if (!by.window.has(at, by.index.length(next))) {
            return Progress.SHORT;
          }
          if (isHere(next, by)) {
            take(next, by.index);
            continue;
          }
        }
        last = -1;
      }
      Progress progress = seek(until, by);
      if (progress != Progress.MORE) {
        return progress;
      }
    }
    return at == to ? Progress.DONE : Progress.MORE;
  }

  /** Goes on to a block, wherever the basis has it, or a good deal further. */
  private Progress seek(long until, Search by) throws LinuxException {
    long end = Math.min(until, to - Anchor.WINDOW);
    if (!isTold) {
      end = Math.min(end, from + (toldTo - basisFrom) - AHEAD_BYTES);
      if (at >= end && at < to - Anchor.WINDOW) {
        return Progress.WAITING;
      }
    }
    int need = (int) Math.min(to - at, Math.max(blockSize, Anchor.WINDOW + 1));
    if (!by.window.has(at, need)) {
      return Progress.SHORT;
    }
    if (at >= end) {
      skip(to - at); // shorter than a window
      return Progress.MORE;
    }
    byte[] bytes = by.window.bytes();
    int here = by.window.at(at);
    int inMemory = by.window.lengthFrom(at) - Anchor.WINDOW;
    int behind = here + (int) Math.min(end - at, inMemory);
    int candidate = by.anchor.seek(bytes, here, behind, by.index.filter());
    skip(candidate - here);
    if (candidate < behind) {
      int block = by.index.first(Anchor.of(by.anchor.hash(bytes, candidate)));
      if (block < 0) {
        skip(1);
        return Progress.MORE;
      }
      return compare(block, by);
    }
    return Progress.MORE;
  }

  /** Takes the block, or another that begins alike, if one of them is here; else goes on. */
  private Progress compare(int first, Search by) throws LinuxException {
    int hashed = -1;
    for (int block = first; block >= 0; block = by.index.other(block)) {
      int length = by.index.length(block);
      if (length > to - at || (hashed != length && credit < length)) {
        continue;
      }
      if (hashed != length) {
        if (!by.window.has(at, length)) {
          return Progress.SHORT;
        }
        by.sums.hash(by.window.bytes(), by.window.at(at), length, hash, 0);
        credit -= length;
        hashed = length;
      }
      if (by.index.hasHash(block, hash)) {
        credit += length;
        take(block, by.index);
        return Progress.MORE;
      }
    }
    skip(1);
    return Progress.MORE;
  }

  private boolean isHere(int block, Search by) {
    by.sums.hash(by.window.bytes(), by.window.at(at), by.index.length(block), hash, 0);
    return by.index.hasHash(block, hash);
  }

  private void take(int block, BlockIndex index) {
    add(index.offset(block), index.length(block));
    last = block;
  }

  /** The basis does not have it. */
  private void skip(long length) {
    if (length > 0) {
      add(-1, length);
    }
  }

  /** Pieces that follow each other in both files are one. */
  private void add(long there, long length) {
    Move before = found.peekLast();
    if (before != null
        && (there < 0 ? before.from() < 0 : before.fromEnd() == there && before.from() >= 0)) {
      found.removeLast();
      found.add(new Move(before.from(), before.to(), before.length() + length));
    } else {
      found.add(new Move(there, at, length));
    }
    at += length;
    credit = Math.min(CREDIT_BYTES, credit + CREDIT_TIMES * length);
  }
}
