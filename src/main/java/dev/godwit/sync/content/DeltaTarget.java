package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ContentPass.Stretch;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The end of a delta that has an old file and makes the new one. The other end is a {@link
 * DeltaSource}, with the same {@link DeltaShape}, {@link ContentKey} and {@link Verification}.
 *
 * <p>At once and without waiting it tells the hashes of its groups of blocks. Of those that the
 * source has otherwise, it is asked for the hashes of the blocks; of stretches without any equal
 * block, where content may have moved, for blocks to be looked for everywhere. Meanwhile it does
 * what records say, and at the end it verifies the whole: hashes of groups that nothing was done to
 * are known from the beginning, all others are read again. What records say of a new file is done
 * beside it, while the rest of the old one is read ({@link WriteBehind}); in place one after the
 * other, so that nothing is read after it was overwritten.
 *
 * <p>The source may lie: what it says can make this end stop with an error or make a wrong file,
 * never take more memory than for {@link DeltaShape}'s groups, write behind the size that it
 * announced, or work on for ever. One thread at a time.
 */
public final class DeltaTarget {
  /** How it ended. */
  public enum Outcome {
    /** The file is the source's. */
    VERIFIED,

    /** It is not: the whole file must come (H48). */
    DIFFERENT,

    /** The source changed meanwhile. */
    SOURCE_CHANGED,

    /** The basis changed meanwhile. */
    BASIS_CHANGED
  }

  /** Ranges that are asked for and were not begun yet. */
  private static final int RANGES_MAX = 1024;

  /** What is read of a range for one message, about; less when its blocks are small. */
  private static final int RANGE_READ_BYTES = 4 << 20;

  private static final int RANGE_READ_AT_ONCE = 128 << 10;

  /** All ranges together, in files' lengths: they may overlap at their ends. */
  private static final long RANGES_TIMES_MAX = 8;

  private static final long RANGES_BYTES_MIN = 64 << 20;

  /** What was asked for and not told yet. */
  private record Range(long from, long to, int blockSize) {}

  private final DeltaShape shape;
  private final ContentPass.Setting setting;
  private final RandomReader basis;
  private final RangeReader groups;
  private final DeltaResult result;
  private final WriteBehind writes;
  private final long sizeMax;

  private final ContentPass pass;
  private final byte[] leaves;
  private int groupsTold;
  private boolean isPassDone;
  private final IntQueue needed = new IntQueue();
  private int neededLast = -1;
  private final Deque<Range> ranges = new ArrayDeque<>();
  private long rangesBytes;
  private byte[] rangeBytes = {};
  private final byte[] hash = new byte[RangeHash.BYTES];
  private final RangeHash sums;
  private final Anchor anchor;
  private boolean isBasisChanged;

  private boolean isStarted;
  private long size;
  private long position;
  private final BitSet changed = new BitSet();
  private final RangeHash leafHash;
  private int hashedAgainTo;
  private final Overwritten overwritten;
  private long literal;
  private long matched;

  private byte @Nullable [] whole; // as the source has it; then all records have come
  private @Nullable ContentPass verifying;
  private @Nullable WholeHash found;
  private @Nullable Outcome outcome;

  /**
   * Begins; nothing is read or written yet.
   *
   * @param basis what stands; not closed here
   * @param isSparse it has holes, which need not be read
   * @param result what is made
   * @param sizeMax how large the new file may be at most, in bytes
   * @param beside does what a new file needs; one thread is enough, and none is as good
   */
  public DeltaTarget(
      DeltaShape shape,
      ContentKey key,
      Verification verification,
      RandomReader basis,
      boolean isSparse,
      DeltaResult result,
      long sizeMax,
      Executor beside) {
    this.shape = shape;
    sums = key.sums();
    anchor = key.anchor();
    setting = new ContentPass.Setting(shape, key, verification);
    this.basis = basis;
    groups = new RangeReader(basis);
    this.result = result;
    this.sizeMax = sizeMax;
    writes = new WriteBehind(beside);
    leafHash = key.leaves(verification);
    leaves = new byte[shape.groups() * RangeHash.BYTES];
    overwritten = new Overwritten(shape.blockSize());
    pass = new ContentPass(setting, basis, isSparse, shape.basisSize(), null);
  }

  /** How it ended; null while it has not. */
  public @Nullable Outcome outcome() {
    return outcome;
  }

  /** How much of the new file came over the line, in bytes. */
  public long literal() {
    return literal;
  }

  /** How much of it was there, in bytes. */
  public long matched() {
    return matched;
  }

  /**
   * Does a piece of work.
   *
   * @param out gets at most one message, appended; nothing when there is none to send
   */
  public DeltaStep step(MessageWriter out) throws LinuxException {
    if (outcome != null) {
      return DeltaStep.DONE;
    }
    if (isBasisChanged) {
      basisChanged(out);
    } else if (whole != null) {
      verify(whole);
    } else if (!needed.isEmpty()) {
      tellBlocks(out);
    } else if (!ranges.isEmpty()) {
      tellRange(out, ranges.remove());
    } else if (!isPassDone) {
      tellSums(out);
    } else if (!hashAgain()) {
      return DeltaStep.WAITING;
    }
    return outcome == null ? DeltaStep.AGAIN : DeltaStep.DONE;
  }

  /** Nothing more is done to the file, by no thread. */
  public void close() {
    writes.drop();
  }

  private void tellSums(MessageWriter out) throws LinuxException {
    Stretch stretch = pass.take();
    if (stretch == null) {
      isPassDone = true;
      return;
    }
    if (stretch.isShort()) {
      basisChanged(out);
      return;
    }
    int at = stretch.firstGroup() * RangeHash.BYTES;
    System.arraycopy(stretch.leaves(), 0, leaves, at, stretch.leaves().length);
    groupsTold = stretch.firstGroup() + stretch.groups();
    out.u8(DeltaMessages.SUMS).raw(stretch.sums(), 0, stretch.sums().length);
  }

  private void basisChanged(MessageWriter out) {
    out.u8(DeltaMessages.BASIS_CHANGED);
    outcome = Outcome.BASIS_CHANGED;
  }

  private void tellBlocks(MessageWriter out) throws LinuxException {
    int begin = out.length();
    out.u8(DeltaMessages.BLOCKS);
    while (!needed.isEmpty() && out.length() - begin < DeltaMessages.MESSAGE_BYTES) {
      int group = needed.remove();
      int length = shape.groupLength(group, shape.basisSize());
      MemorySegment content = groups.read((long) group * shape.groupSize(), length);
      if (content == null) {
        isBasisChanged = true; // what was told until here stands
        return;
      }
      for (int at = 0; at < length; at += shape.blockSize()) {
        sums.hash(content, at, Math.min(shape.blockSize(), length - at), hash, 0);
        out.raw(hash, 0, hash.length);
      }
    }
  }

  private void tellRange(MessageWriter out, Range range) throws LinuxException {
    int size = range.blockSize;
    int count =
        Math.clamp(RANGE_READ_BYTES / size, 1, DeltaMessages.MESSAGE_BYTES / BlockIndex.BYTES);
    long end = Math.min(range.to, range.from + (long) count * size);
    if (rangeBytes.length < Math.max(size, RANGE_READ_AT_ONCE)) {
      rangeBytes = new byte[Math.max(size, RANGE_READ_AT_ONCE)];
    }
    int unit = rangeBytes.length / size * size;
    MessageWriter told = new MessageWriter(count * BlockIndex.BYTES);
    for (long from = range.from; from < end; from += unit) {
      int length = (int) Math.min(unit, end - from);
      if (basis.readFully(from, rangeBytes, 0, length) < length) {
        basisChanged(out);
        return;
      }
      for (int at = 0; at < length; at += size) {
        int blockLength = Math.min(size, length - at);
        told.u32(blockLength < Anchor.WINDOW ? 0 : Anchor.of(anchor.hash(rangeBytes, at)));
        sums.hash(rangeBytes, at, blockLength, hash, 0);
        told.raw(hash, 0, hash.length);
      }
    }
    boolean isLast = end == range.to;
    out.u8(DeltaMessages.RANGE).bool(isLast).raw(told.array(), 0, told.length());
    if (!isLast) {
      ranges.addFirst(new Range(end, range.to, size));
    }
  }

  /** Takes a message of the source and does what it says. */
  public void receive(MessageReader message) throws WireException, LinuxException {
    if (outcome != null) {
      return; // on its way when it ended
    }
    int kind = message.u8();
    if (whole != null || isStarted == (kind == DeltaMessages.START)) {
      throw new WireException("malformed delta: message " + kind + " out of turn");
    }
    switch (kind) {
      case DeltaMessages.START -> start(message.u64());
      case DeltaMessages.NEED -> need(message);
      case DeltaMessages.NEED_RANGE -> needRange(message.u64(), message.u64(), message.u32());
      case DeltaMessages.ENOUGH -> enough();
      case DeltaMessages.RECORDS -> records(message);
      default -> throw new WireException("malformed delta: message " + kind);
    }
    if (kind != DeltaMessages.RECORDS) {
      message.end();
    }
  }

  private void start(long announced) throws WireException, LinuxException {
    if (announced > sizeMax || !shape.fits(announced)) {
      throw new WireException("malformed delta: a file of " + announced + " bytes");
    }
    isStarted = true;
    size = announced;
    result.begin(shape.basisSize());
  }

  private void need(MessageReader message) throws WireException {
    while (message.remaining() > 0) {
      int group = message.u32();
      if (group <= neededLast || group >= groupsTold) {
        throw new WireException("malformed delta: group " + group + " is needed");
      }
      neededLast = group;
      needed.add(group);
    }
  }

  private void needRange(long from, long to, int blockSize) throws WireException {
    if (from < 0 || from >= to || to > shape.basisSize() || !DeltaShape.isBlockSize(blockSize)) {
      throw new WireException(
          "malformed delta: blocks of " + blockSize + " bytes from " + from + " to " + to);
    }
    rangesBytes += to - from;
    if (ranges.size() >= RANGES_MAX
        || rangesBytes > RANGES_BYTES_MIN + RANGES_TIMES_MAX * shape.basisSize()) {
      throw new WireException("malformed delta: too many blocks are needed");
    }
    ranges.add(new Range(from, to, blockSize));
  }

  private void enough() {
    isPassDone = true;
    while (!needed.isEmpty()) {
      needed.remove();
    }
  }

  private void records(MessageReader message) throws WireException, LinuxException {
    while (message.remaining() > 0) {
      int kind = message.u8();
      switch (kind) {
        case DeltaMessages.KEEP -> keep(message.u64());
        case DeltaMessages.COPY -> copy(message.u64(), message.u64());
        case DeltaMessages.LITERAL -> literal(message.bytes(DeltaMessages.LITERAL_BYTES_MAX));
        case DeltaMessages.ZEROS -> zeros(message.u64());
        case DeltaMessages.AT -> at(message.u64());
        case DeltaMessages.END -> {
          end(message);
          return;
        }
        case DeltaMessages.SOURCE_CHANGED -> {
          message.end();
          outcome = Outcome.SOURCE_CHANGED;
          return;
        }
        default -> throw new WireException("malformed delta: record " + kind);
      }
    }
  }

  /** Checks that a range of the new file may come now, and goes behind it. */
  private long advance(long length) throws WireException {
    if (length <= 0 || length > size - position) {
      throw new WireException(
          "malformed delta: " + length + " bytes at " + position + " of " + size);
    }
    long at = position;
    position += length;
    return at;
  }

  private void needBasis(long from, long length) throws WireException {
    if (from < 0 || length > shape.basisSize() - from) {
      throw new WireException(
          "malformed delta: " + length + " bytes at " + from + " of the old " + shape.basisSize());
    }
  }

  private void keep(long length) throws WireException, LinuxException {
    long at = advance(length);
    needBasis(at, length);
    matched += length;
    change(0, () -> result.copy(at, at, length));
  }

  private void copy(long from, long length) throws WireException, LinuxException {
    long at = advance(length);
    needBasis(from, length);
    if (result.isInPlace() && overwritten.touches(from, from + length)) {
      // Never read what is gone (H9).
      throw new WireException(
          "malformed delta: " + length + " bytes at " + from + " are overwritten already");
    }
    matched += length;
    change(0, () -> result.copy(from, at, length));
    written(at, length);
  }

  private void literal(byte[] bytes) throws WireException, LinuxException {
    long at = advance(bytes.length);
    literal += bytes.length;
    change(bytes.length, () -> result.write(at, bytes, 0, bytes.length));
    written(at, bytes.length);
  }

  private void zeros(long length) throws WireException, LinuxException {
    long at = advance(length);
    change(0, () -> result.zeros(at, length));
    written(at, length);
  }

  private void change(long held, WriteBehind.Order order) throws LinuxException {
    if (result.isInPlace()) {
      order.run();
    } else {
      writes.add(held, order);
    }
  }

  private void written(long at, long length) {
    if (result.isInPlace()) {
      overwritten.add(at, at + length);
    }
    int groupSize = shape.groupSize();
    changed.set((int) (at / groupSize), (int) ((at + length - 1) / groupSize) + 1);
  }

  private void at(long to) throws WireException {
    if (!result.isInPlace() || to < 0 || to > size) {
      throw new WireException("malformed delta: position " + to + " of " + size);
    }
    position = to;
  }

  private void end(MessageReader message) throws WireException, LinuxException {
    byte[] announced = message.rest();
    if (announced.length != DeltaMessages.WHOLE_BYTES) {
      throw new WireException("malformed delta: a hash of " + announced.length + " bytes");
    }
    // In place the end may stay as it is without a word; the hash of the whole tells (H47).
    if (!result.isInPlace() && position != size) {
      throw new WireException("malformed delta: it ends at " + position + " of " + size);
    }
    writes.finish();
    result.finish(size);
    // What the hashes of the beginning do not tell: the end of a file that is longer or shorter.
    int firstOther = (int) (Math.min(size, shape.basisSize()) / shape.groupSize());
    if (size != shape.basisSize()) {
      changed.set(firstOther, Math.max(firstOther, shape.groupsOf(size)));
    }
    if (groupsTold < shape.groupsOf(size)) { // it ended before all was told
      changed.set(groupsTold, shape.groupsOf(size));
    }
    whole = announced;
  }

  /**
   * Hashes a group again of which all has been written, while there is nothing else to do: then
   * less is left for the end. Each of them once at most; what is written to it later counts as any
   * change.
   *
   * @return false when there is none
   */
  private boolean hashAgain() throws LinuxException {
    if (!result.isInPlace() || !result.writer.isSettled()) {
      return false;
    }
    int end = Math.min(groupsTold, (int) (position / shape.groupSize()));
    int group = changed.nextSetBit(hashedAgainTo);
    if (group < 0 || group >= end) {
      return false;
    }
    hashedAgainTo = group + 1;
    MemorySegment content = groups.read((long) group * shape.groupSize(), shape.groupSize());
    if (content != null) {
      leafHash.hash(content, 0, shape.groupSize(), leaves, group * RangeHash.BYTES);
      changed.clear(group);
    }
    return true;
  }

  private void verify(byte[] announced) throws LinuxException {
    ContentPass current = verifying;
    WholeHash hash = found;
    if (current == null || hash == null) {
      hash = new WholeHash(size);
      found = hash;
      current = new ContentPass(setting, result.file, false, size, changed);
      verifying = current;
    }
    Stretch stretch = current.take();
    if (stretch == null) {
      outcome =
          MessageDigest.isEqual(hash.finish(), announced) ? Outcome.VERIFIED : Outcome.DIFFERENT;
      return;
    }
    if (stretch.isShort()) {
      outcome = Outcome.DIFFERENT;
      return;
    }
    for (int i = 0; i < stretch.groups(); i++) {
      int group = stretch.firstGroup() + i;
      if (changed.get(group)) {
        hash.add(stretch.leaves(), i * RangeHash.BYTES, RangeHash.BYTES);
      } else {
        hash.add(leaves, group * RangeHash.BYTES, RangeHash.BYTES);
      }
    }
  }
}
