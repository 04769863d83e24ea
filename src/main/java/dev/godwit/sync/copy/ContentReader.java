package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ContentSum;
import dev.godwit.wire.WireException;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads what the target wants and sends it in a lane of its own, file after file. One thread. */
final class ContentReader implements AutoCloseable {
  /** What there is to do. */
  sealed interface Job {}

  /**
   * The content of some files of one listing.
   *
   * @param from where their content is to begin
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Contents(SentListing listing, int[] indices, long from) implements Job {}

  /** The content of one file, unless it has this sum (SHA-256). */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Unless(SentListing listing, int index, byte[] sum) implements Job {}

  /** One file is on the target, and is to be removed here. */
  record Removal(SentListing listing, int index) implements Job {}

  /** A directory of which the target has only a sum of files is to be listed as a whole. */
  record Whole(SentListing listing) implements Job {}

  /** There is something to do for a delta. */
  record Delta(SourceDelta delta) implements Job {}

  private static final int TRIES = 5;

  /** In a series of copies the next one looks again. */
  private static final int TRIES_OF_SERIES = 3;

  /** What the records of a file take beside its content and attributes, at most. */
  static final int HEAD_BYTES = 128;

  private final SourceSide side;
  private final LaneSender lane;
  private final CompactWriter message;
  private final CRC32C sum = new CRC32C();
  private @Nullable SentListing directoryOf;
  private @Nullable DirectoryHandle directory;
  private int directoryPlace;

  ContentReader(SourceSide side, LaneSender lane) {
    this.side = side;
    this.lane = lane;
    this.message = lane.message();
  }

  /** The directory of an entry; it stays open until another one is wanted. */
  DirectoryHandle directory(SentListing listing, SourceEntry entry) throws LinuxException {
    DirectoryHandle open = directory;
    if (open != null && directoryOf == listing && directoryPlace == entry.place()) {
      return open;
    }
    close();
    DirectoryHandle next = listing.listing.open(entry.place());
    directory = next;
    directoryOf = listing;
    directoryPlace = entry.place();
    return next;
  }

  /** Closes what is open. */
  @Override
  public void close() {
    DirectoryHandle open = directory;
    directory = null;
    directoryOf = null;
    if (open != null) {
      open.close();
    }
  }

  void remove(Removal removal) {
    SentListing listing = removal.listing;
    SourceEntry entry = listing.entry(removal.index);
    try {
      side.files()
          .remove(
              directory(listing, entry),
              listing.listing,
              entry,
              listing.shown(entry),
              side.report());
    } catch (LinuxException e) {
      SourceFiles.notRemoved(listing.shown(entry), e, side.report());
    }
  }

  void send(Contents contents) throws WireException, InterruptedException {
    for (int index : contents.indices) {
      SentListing listing = contents.listing;
      SourceEntry entry = listing.entry(index);
      try (FileHandle file = side.files().open(directory(listing, entry), listing.listing, entry)) {
        send(listing, index, file, contents.from);
      } catch (LinuxException e) {
        none(listing, index, e);
      }
    }
  }

  void send(Unless unless) throws WireException, InterruptedException {
    SentListing listing = unless.listing;
    SourceEntry entry = listing.entry(unless.index);
    try (FileHandle file = side.files().open(directory(listing, entry), listing.listing, entry)) {
      if (isSame(entry.status(), file, unless.sum)) {
        lane.room(HEAD_BYTES);
        listing.answered(unless.index);
        message.u8(ContentRecords.SAME).number(listing.number).number(unless.index);
      } else if (side.rules().dryRun) {
        none(listing, unless.index, ContentRecords.DIFFERENT, 0);
      } else {
        send(listing, unless.index, file, 0);
      }
    } catch (LinuxException e) {
      none(listing, unless.index, e);
    }
  }

  /**
   * Sends a file that nobody has asked for, unless it is not what was listed.
   *
   * @return what of it was sent, in bytes
   */
  int offer(SentListing listing, int index) throws WireException, InterruptedException {
    int from = message.length();
    SourceEntry entry = listing.entry(index);
    try (FileHandle file = side.files().open(directory(listing, entry), listing.listing, entry)) {
      FileStatus now = SourceFiles.stillFile(side.freshness().settle(file, entry.status()));
      if (Freshness.isUnchanged(entry.status(), now)) {
        InodeRecord inode = isToldAgain(listing, entry) ? inode(file, now) : null;
        var unused = whole(listing, index, now, inode, file, 1, null);
      }
    } catch (LinuxException e) {
      // Told when it is asked for.
    }
    int length = message.length() - from;
    lane.flush();
    return length;
  }

  private boolean isSame(FileStatus listed, FileHandle file, byte[] wanted)
      throws LinuxException, InterruptedException {
    side.freshness().settle(file, listed);
    return MessageDigest.isEqual(new ContentSum().of(file), wanted)
        && Freshness.isUnchanged(listed, file.status());
  }

  /** The file cannot be opened or read. */
  void none(SentListing listing, int index, LinuxException e)
      throws WireException, InterruptedException {
    boolean isGone = side.isGone(e);
    none(
        listing,
        index,
        isGone ? ContentRecords.VANISHED : ContentRecords.UNREADABLE,
        isGone ? 0 : e.errno());
  }

  private void none(SentListing listing, int index, int reason, int errno)
      throws WireException, InterruptedException {
    lane.room(HEAD_BYTES);
    message.u8(ContentRecords.NONE).number(listing.number).number(index).u8(reason).number(errno);
  }

  /**
   * Whether what is kept of a file is told again with its content: what grants rights belongs to
   * what was read, whatever the name led to when it was listed.
   */
  boolean isToldAgain(SentListing listing, SourceEntry entry) {
    return side.attributes().hasLists() && !side.files().isTrusted(listing.listing, entry);
  }

  InodeRecord inode(FileHandle file, FileStatus status) throws LinuxException {
    return new InodeRecord(status, side.attributes().read(file, status));
  }

  /** Sends a file until it did not change meanwhile (H13). */
  private void send(SentListing listing, int index, FileHandle file, long from)
      throws LinuxException, WireException, InterruptedException {
    SourceEntry entry = listing.entry(index);
    lane.begin(entry.name());
    FileStatus listed = entry.status();
    boolean isTold = isToldAgain(listing, entry);
    FileStatus before = listed;
    boolean begun = false;
    boolean isGrowing = false;
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      Moment moment = isGrowing ? Moment.of(file, from, side.freshness()) : null;
      before =
          SourceFiles.stillFile(
              moment == null ? side.freshness().settle(file, before) : moment.status());
      InodeRecord inode = isTold || begun || before != listed ? inode(file, before) : null;
      FileStatus after;
      if (!begun && from == 0 && before.size() <= ContentRecords.DATA_MAX && !before.isSparse()) {
        after = whole(listing, index, before, inode, file, attempt, moment);
      } else {
        after = parts(listing, index, before, inode, file, from, begun, attempt, moment);
        begun = true;
      }
      if (after == null) {
        return;
      }
      isGrowing = Moment.isWorthwhile(before, after);
      before = after;
    }
    none(listing, index, ContentRecords.UNSTABLE, 0);
  }

  /**
   * Whether a file that has changed while it was read goes as it was read: what came is what it was
   * told to be, of a file that is perhaps never still.
   */
  private boolean goesAsItIs(int attempt, SentListing listing, int index) {
    boolean goes = attempt >= TRIES_OF_SERIES && side.deliversUnstable();
    if (goes) {
      side.unstable(listing, listing.entry(index));
    }
    return goes;
  }

  /**
   * A small file, in one record.
   *
   * @param inode what is told of it again; null for nothing
   * @param moment that the status is of; null: the file has to be still
   * @return null when it is sent; otherwise what the file is by now, and nothing of it is sent
   */
  private @Nullable FileStatus whole(
      SentListing listing,
      int index,
      FileStatus before,
      @Nullable InodeRecord inode,
      FileHandle file,
      int attempt,
      @Nullable Moment moment)
      throws LinuxException, WireException, InterruptedException {
    int size = (int) before.size();
    lane.room(headBytes(inode) + size);
    int start = message.length();
    try {
      FileStatus changed = record(listing, index, before, inode, file, attempt, moment);
      if (changed != null) {
        message.cut(start);
      }
      return changed;
    } catch (LinuxException e) {
      message.cut(start); // half a record would be taken for whatever follows it
      throw e;
    }
  }

  /** Returns null when the record is whole; otherwise it is to be cut. */
  private @Nullable FileStatus record(
      SentListing listing,
      int index,
      FileStatus before,
      @Nullable InodeRecord inode,
      FileHandle file,
      int attempt,
      @Nullable Moment moment)
      throws LinuxException {
    int size = (int) before.size();
    head(ContentRecords.WHOLE, listing, index, inode);
    int sumAt = message.length();
    message.u32(0).u32(size);
    // One byte more than there should be: a file that has grown is seen by the same read.
    int from = message.reserve(size + 1);
    int count = 0;
    while (count <= size) {
      int more = file.read(message.array(), from + count, size + 1 - count, count);
      count += more;
      if (more == 0 || count == size) {
        break; // a read that comes to the end where it should is the last one
      }
    }
    FileStatus after = file.status();
    sum.reset();
    sum.update(message.array(), from, Math.min(count, size));
    boolean isStill =
        moment == null
            ? count == size && Freshness.isUnchanged(before, after)
            : count >= size && (int) sum.getValue() == moment.sum();
    if (!isStill && (count < size || !goesAsItIs(attempt, listing, index))) {
      return after;
    }
    message.filled(size);
    message.set(sumAt, (int) sum.getValue());
    return null;
  }

  private static int headBytes(@Nullable InodeRecord inode) {
    return HEAD_BYTES + (inode == null ? 0 : inode.bytesMax());
  }

  private void head(int type, SentListing listing, int index, @Nullable InodeRecord inode)
      throws LinuxException {
    int start = message.length();
    message.u8(type).number(listing.number).number(index).bool(inode != null);
    if (inode != null) {
      write(inode, start);
    }
  }

  /**
   * Ends a record with what is kept of an inode.
   *
   * @param start where the record begins: nothing of it stays when an owner cannot be looked up
   */
  void write(InodeRecord inode, int start) throws LinuxException {
    try {
      inode.write(message, side.owners());
    } catch (LinuxException e) {
      message.cut(start);
      throw e;
    }
  }

  /** A file in pieces. Returns null when it is whole; otherwise what it is by now. */
  private @Nullable FileStatus parts(
      SentListing listing,
      int index,
      FileStatus before,
      @Nullable InodeRecord inode,
      FileHandle file,
      long from,
      boolean isAgain,
      int attempt,
      @Nullable Moment moment)
      throws LinuxException, WireException, InterruptedException {
    lane.room(headBytes(inode));
    if (isAgain && inode != null) {
      int start = message.length();
      message.u8(ContentRecords.AGAIN);
      write(inode, start);
    } else {
      head(ContentRecords.BEGIN, listing, index, inode);
    }
    sum.reset();
    long size = before.size();
    boolean isWhole =
        size >= from && (before.isSparse() ? pieces(file, from, size) : data(file, from, size));
    FileStatus after = file.status();
    boolean isStill =
        moment == null
            ? Freshness.isUnchanged(before, after)
            : (int) sum.getValue() == moment.sum();
    if (!isWhole || !isStill && !goesAsItIs(attempt, listing, index)) {
      return after;
    }
    lane.room(HEAD_BYTES);
    message.u8(ContentRecords.END).u32((int) sum.getValue());
    return null;
  }

  /** Content with holes left out. Returns false when the file is shorter by now. */
  private boolean pieces(FileHandle file, long from, long size)
      throws LinuxException, WireException, InterruptedException {
    long position = from;
    while (position < size) {
      long begin = file.nextData(position);
      if (begin < 0 || begin > size) {
        begin = size;
      }
      if (begin > position) {
        lane.room(HEAD_BYTES);
        message.u8(ContentRecords.HOLE).number(begin - position);
      }
      if (begin == size) {
        return true;
      }
      long hole = file.nextHole(begin);
      long end = hole < 0 ? size : Math.min(size, hole);
      if (end == begin || !data(file, begin, end)) {
        return false;
      }
      position = end;
    }
    return true;
  }

  private boolean data(FileHandle file, long from, long to)
      throws LinuxException, WireException, InterruptedException {
    long position = from;
    while (position < to) {
      int wanted = lane.piece((int) Math.min(ContentRecords.DATA_MAX, to - position));
      lane.room(HEAD_BYTES + wanted);
      int start = message.length();
      message.u8(ContentRecords.DATA).u32(0);
      int at = message.reserve(wanted);
      int count = 0;
      try {
        count = file.read(message.array(), at, wanted, position);
      } finally {
        if (count == 0) {
          message.cut(start);
        }
      }
      if (count == 0) {
        return false; // shorter by now
      }
      sum.update(message.array(), at, count);
      message.set(at - 4, count);
      message.filled(count);
      position += count;
    }
    return true;
  }
}
