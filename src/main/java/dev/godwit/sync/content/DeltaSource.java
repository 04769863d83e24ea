package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ContentPass.Stretch;
import dev.godwit.sync.content.CopyOrder.Move;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of a delta that has the new file. The other end is a {@link DeltaTarget}, which says how
 * the two work together.
 *
 * <p>It hashes its own groups while the target hashes those of the basis. Unequal ones are asked
 * for by block ({@link BlockMap}); long runs of unequal blocks become a {@link Region}, whose
 * content is looked for at other places. What is decided goes out in order, as far as it is
 * decided. In place, regions come last: they are moved in an order in which nothing is read after
 * it was overwritten ({@link CopyOrder}).
 *
 * <p>The target may lie: it can make this end send more than it would have to, or stop with an
 * error. One thread at a time.
 */
public final class DeltaSource {
  /** What is decided and did not go out yet; then nothing more is decided. */
  private static final int PARTS_MAX = 1 << 16;

  /** So many groups are asked for at once while this end reads on: a message wakes the target. */
  private static final int ASKED_AHEAD_MIN = 64;

  /** Of regions that the target was asked for. */
  private static final int REGIONS_MAX = 256;

  /** A run of unequal blocks that is shorter is sent: its content was changed, not moved. */
  private static final int RUN_BLOCKS_MIN = 16;

  /** The same for a run that goes on to the end of the file, as all do behind an insertion. */
  private static final int LAST_RUN_BLOCKS_MIN = 4;

  /** The same in blocks of the size that is looked for. */
  private static final int RUN_RANGE_BLOCKS_MIN = 4;

  /** After so much without an equal block the rest of the file is looked at as a region alone. */
  private static final long SHIFTED_BYTES_MIN = 16 << 20;

  /** So far beside a run its content is looked for. */
  private static final long MARGIN_BYTES_MAX = 4 << 20;

  /** A part of the new file that is decided. */
  private static final class Part {
    final @Nullable Region region;
    final long from; // in the basis; -1: not there
    long to;
    long length;

    Part(@Nullable Region region, long from, long to, long length) {
      this.region = region;
      this.from = from;
      this.to = to;
      this.length = length;
    }

    static Part literal(long from, long to) {
      return new Part(null, -1, from, to - from);
    }

    static Part of(Move move) {
      return new Part(null, move.from(), move.to(), move.length());
    }
  }

  private final DeltaShape shape;
  private final ContentKey key;
  private final RandomReader file;
  private final long size;
  private final boolean isInPlace;
  private final int rangeBlockSize;

  private final RangeHash sums;
  private final ContentPass pass;
  private final BlockMap map;
  private final WholeHash wholeHash;
  private boolean isPassDone;
  private final byte[] literal;
  private final RangeReader groups;

  private boolean isStarted;
  private boolean isChanged;
  private boolean isDone;
  private boolean isBasisChanged;

  private long runFrom = -1;
  private long scanned; // so far all is in parts, or in the run
  private boolean isScanned;
  private final Deque<Part> parts = new ArrayDeque<>();
  private final Deque<Region> toAsk = new ArrayDeque<>();
  private final Deque<Region> untold = new ArrayDeque<>();
  private final Deque<Region> unsearched = new ArrayDeque<>();
  private boolean hasAskedAhead;
  private boolean isEnough; // no more hashes of groups and blocks are wanted
  private boolean hasToSayEnough;
  private @Nullable Region tail; // the region that goes on to the end, once it is enough
  private boolean isTailBegun;
  private final BlockIndex index;
  private final RangeHash leafHash;
  private Region.@Nullable Search search;
  private final List<Region> putOff = new ArrayList<>();
  private boolean isPlanned;
  private final Overwritten overwritten;
  private final RecordWriter records = new RecordWriter();

  /**
   * Begins; nothing is read yet.
   *
   * @param shape as the target has it
   * @param file the new content; not closed here
   * @param size as it is now, in bytes
   * @param isSparse it has holes, which need not be read
   * @param isInPlace the target overwrites the basis
   */
  public DeltaSource(
      DeltaShape shape,
      ContentKey key,
      Verification verification,
      RandomReader file,
      long size,
      boolean isSparse,
      boolean isInPlace) {
    this.shape = shape;
    this.file = file;
    this.size = size;
    this.isInPlace = isInPlace;
    isChanged = !shape.fits(size);
    rangeBlockSize = shape.rangeBlockSize(size);
    sums = key.sums();
    long passSize = isChanged ? 0 : size;
    pass =
        new ContentPass(
            new ContentPass.Setting(shape, key, verification), file, isSparse, passSize, null);
    map = new BlockMap(shape, passSize);
    wholeHash = new WholeHash(size);
    literal = new byte[DeltaMessages.LITERAL_BYTES_MAX];
    groups = new RangeReader(file);
    index = new BlockIndex(key.salt());
    leafHash = key.leaves(verification);
    this.key = key;
    overwritten = new Overwritten(shape.blockSize());
  }

  /** How much went over the line as bytes. */
  public long literal() {
    return records.literal();
  }

  /** How much the target had. */
  public long matched() {
    return records.matched();
  }

  /** Whether the file was sent to its end; else it changed meanwhile, here or there. */
  public boolean isComplete() {
    return isDone && !isChanged && !isBasisChanged;
  }

  /**
   * Does a piece of work.
   *
   * @param out gets at most one message, appended; nothing when there is none to send
   */
  public DeltaStep step(MessageWriter out) throws LinuxException {
    if (isDone) {
      return DeltaStep.DONE;
    }
    hasAskedAhead = false;
    records.into(out);
    if (!isStarted) {
      isStarted = true;
      if (!isChanged) {
        out.u8(DeltaMessages.START).u64(size);
        return DeltaStep.AGAIN;
      }
      out.u8(DeltaMessages.START).u64(0); // what it is does not matter
      return DeltaStep.AGAIN;
    }
    boolean hasWorked = ask(out) || emit() || hash() || search();
    if (isChanged) {
      return giveUp(out);
    }
    scan();
    if (hasWorked) {
      return DeltaStep.AGAIN;
    }
    if (isInPlace && isScanned && parts.isEmpty() && !isPlanned && areAllKnown()) {
      plan();
      return DeltaStep.AGAIN;
    }
    if (isScanned && isPassDone && tail == null && parts.isEmpty() && putOff.isEmpty()) {
      records.end(wholeHash.finish());
      isDone = true;
      return DeltaStep.DONE;
    }
    Part first = parts.peek();
    boolean hasPart = first != null && (first.region == null || isInPlace);
    boolean hasMore =
        hasToSayEnough || (!isEnough && map.toAsk() > 0) || !toAsk.isEmpty() || hasPart;
    return hasMore ? DeltaStep.AGAIN : DeltaStep.WAITING;
  }

  /**
   * Whether the last step's message should go out at once: the target answers it, or stops reading,
   * while this end goes on without waiting.
   */
  public boolean hasAskedAhead() {
    return hasAskedAhead;
  }

  private DeltaStep giveUp(MessageWriter out) {
    isDone = true;
    if (!records.isEmpty()) {
      records.sourceChanged();
    } else {
      out.u8(DeltaMessages.RECORDS).u8(DeltaMessages.SOURCE_CHANGED);
    }
    return DeltaStep.DONE;
  }

  // Asking.

  private boolean ask(MessageWriter out) {
    if (hasToSayEnough) {
      hasToSayEnough = false;
      hasAskedAhead = true;
      out.u8(DeltaMessages.ENOUGH);
      return true;
    }
    if (!isEnough && map.toAsk() >= (isPassDone ? 1 : ASKED_AHEAD_MIN)) {
      hasAskedAhead = !isPassDone;
      map.ask(out.u8(DeltaMessages.NEED));
      return true;
    }
    Region region = toAsk.poll();
    if (region != null) {
      out.u8(DeltaMessages.NEED_RANGE)
          .u64(region.basisFrom)
          .u64(region.basisTo)
          .u32(rangeBlockSize);
      return true;
    }
    return false;
  }

  /** Takes a message of the target. */
  public void receive(MessageReader message) throws WireException, LinuxException {
    if (isDone) {
      return; // on its way when it ended
    }
    int kind = message.u8();
    if (isEnough && (kind == DeltaMessages.SUMS || kind == DeltaMessages.BLOCKS)) {
      return; // on its way when it was enough
    }
    switch (kind) {
      case DeltaMessages.SUMS -> map.told(message.rest());
      case DeltaMessages.BLOCKS -> blocks(message);
      case DeltaMessages.RANGE -> range(message);
      case DeltaMessages.BASIS_CHANGED -> {
        message.end();
        isBasisChanged = true;
        isDone = true;
      }
      default -> throw new WireException("malformed delta: message " + kind);
    }
  }

  private void blocks(MessageReader message) throws WireException, LinuxException {
    byte[] theirs = message.rest();
    int at = 0;
    while (at < theirs.length) {
      int number = map.firstAsked();
      int theirBlocks = shape.blocks(shape.groupLength(number, shape.basisSize()));
      if (theirs.length - at < theirBlocks * RangeHash.BYTES) {
        throw new WireException("malformed delta: hashes of a part of a group");
      }
      int length = shape.groupLength(number, size);
      MemorySegment group = groups.read((long) number * shape.groupSize(), length);
      if (group == null) {
        isChanged = true;
        return;
      }
      map.answered(group, length, sums, theirs, at);
      at += theirBlocks * RangeHash.BYTES;
    }
  }

  private void range(MessageReader message) throws WireException {
    boolean isLast = message.bool();
    Region region = untold.peek();
    if (region == null || region == toAsk.peek()) {
      throw new WireException("malformed delta: a range that nobody asked for");
    }
    region.told(message.rest(), isLast, index);
    if (isLast) {
      untold.remove();
    }
  }

  // Hashing and searching.

  private boolean hash() throws LinuxException {
    if (isPassDone) {
      return !isEnough && map.compare();
    }
    Stretch stretch = pass.take();
    if (stretch == null) {
      isPassDone = true;
    } else if (stretch.isShort()) {
      isChanged = true;
    } else {
      wholeHash.add(stretch.leaves(), 0, stretch.leaves().length);
      if (!isEnough) {
        map.have(stretch.sums());
        map.compare();
      }
    }
    return true;
  }

  private boolean search() throws LinuxException {
    Region region = unsearched.peek();
    if (region == null) {
      return false;
    }
    Region.Search by = search;
    if (by == null) {
      int unit = Math.max(rangeBlockSize, Anchor.WINDOW + 1);
      SourceWindow window = new SourceWindow(file, size, shape.groupSize(), unit, leafHash);
      by = new Region.Search(key.anchor(), sums, index, window);
      search = by;
    }
    if (region == tail && !isTailBegun) {
      isTailBegun = true;
      by.window().hashFrom(pass.stop(), wholeHash);
    }
    switch (region.search(by)) {
      case MORE -> {}
      case WAITING -> {
        return false;
      }
      case SHORT -> isChanged = true;
      case DONE -> {
        unsearched.remove();
        if (region == tail) {
          tail = null;
        }
      }
    }
    return true;
  }

  // Deciding.

  /** Makes parts of what is known, as far as there is room for them. */
  private void scan() {
    while (!isScanned && parts.size() < PARTS_MAX && untold.size() < REGIONS_MAX) {
      long end = map.knownTo();
      if (scanned < end) {
        long next = map.endOfEqual(scanned, end);
        if (next > scanned) {
          endRun(scanned, false);
          add(new Part(null, scanned, scanned, next - scanned));
        } else {
          next = map.endOfDifferent(scanned, end);
          if (runFrom < 0) {
            runFrom = scanned;
          }
        }
        scanned = next;
      } else if (isShifted()) {
        isEnough = true;
        hasToSayEnough = true;
        pass.stop();
        endRun(size, true);
        tail = unsearched.peekLast();
        scanned = size;
        isScanned = true;
      } else if (map.isAllKnown()) {
        if (scanned < size && runFrom < 0) {
          runFrom = scanned;
        }
        endRun(size, true);
        scanned = size;
        isScanned = true;
      } else {
        return;
      }
    }
  }

  /** Whether content has moved from the run on, and stays so: nothing is put in by whole blocks. */
  private boolean isShifted() {
    return runFrom >= 0
        && scanned - runFrom >= SHIFTED_BYTES_MIN
        && shape.basisSize() - runFrom >= (long) LAST_RUN_BLOCKS_MIN * shape.blockSize()
        && (size - shape.basisSize()) % shape.blockSize() != 0;
  }

  private void endRun(long end, boolean isLast) {
    if (runFrom < 0) {
      return;
    }
    long from = runFrom;
    runFrom = -1;
    long length = end - from;
    long runMin = (long) RUN_BLOCKS_MIN * shape.blockSize();
    boolean canHaveMoved =
        isLast
            ? Math.min(length, shape.basisSize() - from)
                >= (long) LAST_RUN_BLOCKS_MIN * shape.blockSize()
            : length >= Math.max(runMin, (long) RUN_RANGE_BLOCKS_MIN * rangeBlockSize);
    if (!canHaveMoved) {
      add(Part.literal(from, end));
      return;
    }
    long margin = Math.clamp(length, runMin, MARGIN_BYTES_MAX);
    long basisTo = isLast ? shape.basisSize() : Math.min(shape.basisSize(), end + margin);
    Region region = new Region(from, end, Math.max(0, from - margin), basisTo, rangeBlockSize);
    toAsk.add(region);
    untold.add(region);
    unsearched.add(region);
    add(new Part(region, -1, from, length));
  }

  private void add(Part part) {
    Part last = parts.peekLast();
    if (last != null
        && last.region == null
        && part.region == null
        && last.to + last.length == part.to
        && (last.from < 0 ? part.from < 0 : last.from + last.length == part.from)) {
      last.length += part.length;
    } else {
      parts.add(part);
    }
  }

  // Sending.

  private boolean emit() throws LinuxException {
    boolean hasWorked = false;
    while (records.hasRoom() && !isChanged) {
      Part part = parts.peek();
      if (part == null) {
        break;
      }
      Region region = part.region;
      if (region != null && !isInPlace) {
        if (!decide(region)) {
          break;
        }
      } else if (region != null) {
        parts.remove();
        putOff.add(region);
      } else if (part.from >= 0) {
        parts.remove();
        records.copy(part.from, part.to, part.length);
      } else {
        emitLiteral(part);
      }
      hasWorked = true;
    }
    if (!records.isEmpty()) {
      records.settle();
    }
    return hasWorked;
  }

  /** Puts the next piece of the first region before it; false when none is decided. */
  private boolean decide(Region region) {
    Move piece = region.next();
    if (piece != null) {
      parts.addFirst(Part.of(piece));
      return true;
    }
    if (!region.isSearched()) {
      return false;
    }
    parts.remove();
    return true;
  }

  private void emitLiteral(Part part) throws LinuxException {
    int length = (int) Math.min(literal.length, part.length);
    if (file.readFully(part.to, literal, 0, length) < length) {
      isChanged = true;
      return;
    }
    records.literal(part.to, literal, 0, length);
    if (isInPlace && !isPlanned) {
      overwritten.add(part.to, part.to + length);
    }
    part.to += length;
    part.length -= length;
    if (part.length == 0) {
      parts.remove();
    }
  }

  private boolean areAllKnown() {
    return putOff.stream().allMatch(Region::isSearched);
  }

  /** At this point everything but the regions has gone out, and may have been written. */
  private void plan() {
    isPlanned = true;
    List<Part> gaps = new ArrayList<>();
    List<Move> moves = new ArrayList<>();
    for (Region region : putOff) {
      for (Move piece = region.next(); piece != null; piece = region.next()) {
        if (piece.from() < 0 || overwritten.touches(piece.from(), piece.fromEnd())) {
          gaps.add(Part.literal(piece.to(), piece.toEnd()));
        } else if (piece.from() == piece.to()) {
          records.stays(piece.length());
        } else {
          addMove(moves, piece);
        }
      }
    }
    putOff.clear();
    CopyOrder order = CopyOrder.of(moves);
    for (Move move : order.ordered()) {
      parts.add(Part.of(move));
    }
    for (Move move : order.left()) {
      gaps.add(Part.literal(move.to(), move.toEnd()));
    }
    gaps.sort(Comparator.comparingLong(part -> part.to));
    for (Part gap : gaps) {
      add(gap);
    }
  }

  /** Pieces that follow each other in both files move as one. */
  private static void addMove(List<Move> moves, Move piece) {
    Move last = moves.isEmpty() ? null : moves.getLast();
    if (last != null && last.toEnd() == piece.to() && last.fromEnd() == piece.from()) {
      moves.set(moves.size() - 1, new Move(last.from(), last.to(), last.length() + piece.length()));
    } else {
      moves.add(piece);
    }
  }
}
