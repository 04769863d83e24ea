package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of a file once and hashes it, by groups, by chunks, or both: several stretches of
 * it at once, handed out in order. One thread asks for them; threads of the executor do the work.
 */
final class ContentPass implements AutoCloseable {
  /** Of a stretch without chunks. */
  private static final int STRETCH_BYTES = 4 << 20;

  /**
   * Of one with chunks, at least and at most. Each stretch is cut by itself, which spoils a chunk
   * at either end: there are no more of them than it takes to keep the threads at work.
   */
  private static final int CHUNKS_STRETCH_BYTES_MIN = 16 << 20;

  private static final int CHUNKS_STRETCH_BYTES_MAX = 256 << 20;
  private static final int CHUNKS_STRETCHES_A_THREAD = 4;

  /** What is read at once. */
  private static final int READ_BYTES = 128 << 10;

  /**
   * What is wanted of a range.
   *
   * @param sums hashes of groups to compare; then the range begins with a group
   * @param leaves hashes of groups to verify; then the range begins with a group
   * @param only of these groups, by their numbers in the file; null: of all
   * @param average length of chunks; 0: no chunks
   */
  record Wanted(boolean sums, boolean leaves, @Nullable BitSet only, int average) {
    static Wanted toCompare() {
      return new Wanted(true, true, null, 0);
    }

    static Wanted toVerify(BitSet only) {
      return new Wanted(false, true, only, 0);
    }

    static Wanted toCut(int average) {
      return new Wanted(false, false, null, average);
    }

    static Wanted toCutAndVerify(int average) {
      return new Wanted(false, true, null, average);
    }
  }

  /** What both files and all passes over them have in common. */
  record Setting(
      DeltaShape shape,
      ContentKey key,
      Verification verification,
      @Nullable Executor executor,
      int threads) {}

  /**
   * Part of the range.
   *
   * @param firstGroup number of the group that it begins with, where groups are wanted
   * @param groups how many it has, the last one perhaps not whole
   * @param sums {@link RangeHash#BYTES} for each group, or empty
   * @param leaves the same
   * @param chunks in order, in lists that fit into a message each
   * @param isShort the file ends before it should
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Stretch(
      int firstGroup,
      int groups,
      byte[] sums,
      byte[] leaves,
      List<ChunkList> chunks,
      boolean isShort) {}

  private final Setting setting;
  private final RandomReader file;
  private final boolean isSparse;
  private long to;
  private final Wanted wanted;
  private final long stretchBytes;
  private final Deque<FutureTask<Stretch>> ahead = new ArrayDeque<>();
  private long next;
  private volatile boolean isClosed;

  /**
   * Begins; nothing is read yet.
   *
   * @param isSparse there may be holes, which need not be read
   */
  ContentPass(
      Setting setting, RandomReader file, boolean isSparse, long from, long to, Wanted wanted) {
    this.setting = setting;
    this.file = file;
    this.isSparse = isSparse;
    this.to = to;
    this.wanted = wanted;
    next = from;
    int stretches = setting.threads > 1 ? CHUNKS_STRETCHES_A_THREAD * setting.threads : 1;
    long share = (to - from) / stretches;
    long least =
        wanted.average == 0
            ? STRETCH_BYTES
            : Math.clamp(share, CHUNKS_STRETCH_BYTES_MIN, CHUNKS_STRETCH_BYTES_MAX);
    int groupSize = setting.shape.groupSize();
    stretchBytes = Math.max(1, least / groupSize) * groupSize;
  }

  /** Begins nothing more; what was begun is still handed out. Returns where that ends. */
  long stop() {
    to = next;
    return to;
  }

  /** The next stretch; null when there is none. Waits for it. */
  @Nullable Stretch take() throws LinuxException, InterruptedException {
    Executor executor = setting.executor;
    int aheadMax = executor == null ? 1 : setting.threads + 1;
    while (next < to && ahead.size() < aheadMax) {
      long begin = next;
      long end = Math.min(to, begin + stretchBytes);
      next = end;
      FutureTask<Stretch> task = new FutureTask<>(() -> read(begin, end));
      ahead.add(task);
      if (executor == null) {
        task.run();
      } else {
        executor.execute(task);
      }
    }
    FutureTask<Stretch> task = ahead.poll();
    if (task == null) {
      return null;
    }
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case LinuxException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new AssertionError("reading throws nothing else", e);
      }
    }
  }

  /** Returns when no thread reads the file any more. */
  @Override
  public void close() {
    isClosed = true;
    next = to;
    boolean isInterrupted = false;
    for (FutureTask<Stretch> task = ahead.peek(); task != null; task = ahead.peek()) {
      try {
        task.get();
        ahead.remove();
      } catch (ExecutionException e) {
        ahead.remove(); // whoever closes does not want to know
      } catch (InterruptedException e) {
        isInterrupted = true; // the file must stay open until then
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Stretch read(long begin, long end) throws LinuxException {
    return new Reading(begin, end).run();
  }

  /** One stretch, on whatever thread. */
  private final class Reading {
    private final long begin;
    private final long end;
    private final int groupSize = setting.shape.groupSize();
    private final int firstGroup;
    private final int groups;
    private final byte[] sums;
    private final byte[] leaves;
    private final List<ChunkList> chunks = new ArrayList<>();
    private final @Nullable Chunker chunker;
    private final RangeHash sumHash = setting.key.sums();
    private final RangeHash leafHash = setting.key.leaves(setting.verification);

    // What is read and not cut yet is at the start.
    private final byte[] buffer;
    private int uncut;
    private long contentFrom = -1;

    Reading(long begin, long end) {
      this.begin = begin;
      this.end = end;
      boolean byGroups = wanted.sums || wanted.leaves;
      firstGroup = byGroups ? Math.toIntExact(begin / groupSize) : 0;
      groups = byGroups ? Math.toIntExact(Math.ceilDiv(end - begin, (long) groupSize)) : 0;
      sums = new byte[wanted.sums ? groups * RangeHash.BYTES : 0];
      leaves = new byte[wanted.leaves ? groups * RangeHash.BYTES : 0];
      chunker = wanted.average == 0 ? null : new Chunker(wanted.average);
      int unit =
          wanted.only != null ? groupSize : Math.max(groupSize, READ_BYTES / groupSize * groupSize);
      unit = (int) Math.min(end - begin, unit);
      buffer = new byte[(chunker == null ? 0 : chunker.max()) + unit];
    }

    Stretch run() throws LinuxException {
      long position = begin;
      while (position < end && !isClosed) {
        int length = (int) Math.min(buffer.length - uncut, end - position);
        if (position + length < end) {
          length -= length % groupSize;
        }
        if (isWanted(position)) {
          if (!fill(position, length)) {
            return new Stretch(firstGroup, groups, sums, leaves, chunks, true);
          }
          hashGroups(position, length);
          cut(length, position + length == end);
        }
        position += length;
      }
      return new Stretch(firstGroup, groups, sums, leaves, chunks, false);
    }

    /** Whether anything is wanted of what is read next: where only some groups are, one is read. */
    private boolean isWanted(long position) {
      return wanted.only == null || wanted.only.get((int) (position / groupSize));
    }

    /** Reads, or knows without reading that all is zeros; false when the file ends too early. */
    private boolean fill(long position, int length) throws LinuxException {
      if (isSparse) {
        if (contentFrom < position) {
          long found = file.nextData(position);
          contentFrom = found < 0 ? Long.MAX_VALUE : found;
        }
        if (contentFrom >= position + length) {
          Arrays.fill(buffer, uncut, uncut + length, (byte) 0);
          return true;
        }
      }
      return file.readFully(position, buffer, uncut, length) == length;
    }

    private void hashGroups(long position, int length) {
      if (!wanted.sums && !wanted.leaves) {
        return;
      }
      for (int at = 0; at < length; at += groupSize) {
        int group = (int) ((position + at) / groupSize) - firstGroup;
        int groupLength = Math.min(groupSize, length - at);
        if (wanted.sums) {
          sumHash.hash(buffer, uncut + at, groupLength, sums, group * RangeHash.BYTES);
        }
        if (wanted.leaves) {
          leafHash.hash(buffer, uncut + at, groupLength, leaves, group * RangeHash.BYTES);
        }
      }
    }

    private void cut(int length, boolean isLast) {
      if (chunker == null) {
        return;
      }
      int filled = uncut + length;
      int at = 0;
      while (filled - at >= chunker.max() || (isLast && at < filled)) {
        int chunk = chunker.cut(buffer, at, filled - at);
        if (chunks.isEmpty() || chunks.getLast().length() >= DeltaMessages.MESSAGE_BYTES) {
          chunks.add(new ChunkList());
        }
        chunks.getLast().add(buffer, at, chunk, sumHash);
        at += chunk;
      }
      uncut = filled - at;
      System.arraycopy(buffer, at, buffer, 0, uncut);
    }
  }
}
