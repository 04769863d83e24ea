package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files of one lane, one after the other, as their content comes from another host. Only
 * what was asked for is written, not more of it than was said, and it gets its name only when its
 * checksum is right. One thread.
 */
final class ContentWriter {
  private static final int ERRNO_MAX = 4095;

  /** How often a large file is told of, in bytes. */
  private static final long TOLD_EVERY = 4 << 20;

  private static final long TOLD_EVERY_NANOS = 500_000_000;

  private final FarTree tree;
  private final TreeUpdate update;
  private final TargetDeltas deltas;
  private final ContentInodes inodes;
  private final Owners owners;
  private final CRC32C sum = new CRC32C();

  /** The file that is coming; null between two. */
  private @Nullable FileWork work;

  /** Where it is written; null when it cannot be: then what comes is passed over. */
  private @Nullable FileHandle file;

  private long position;
  private long toldAt;
  private long toldNanos;
  private boolean hasHoles;

  ContentWriter(FarTree tree, TreeUpdate update, TargetDeltas deltas, Owners owners) {
    this.deltas = deltas;
    this.inodes = new ContentInodes(update);
    this.owners = owners;
    this.tree = tree;
    this.update = update;
  }

  /** Takes the records of one message. */
  void take(CompactReader in) throws WireException, InterruptedException {
    while (in.remaining() > 0) {
      int type = in.u8();
      switch (type) {
        case ContentRecords.WHOLE -> whole(in);
        case ContentRecords.BEGIN -> begin(in);
        case ContentRecords.DATA -> data(in, in.u32(ContentRecords.DATA_MAX));
        case ContentRecords.HOLE -> hole(in.number(Long.MAX_VALUE));
        case ContentRecords.END -> end(in.u32());
        case ContentRecords.AGAIN -> again(in);
        case ContentRecords.NONE -> none(in);
        case ContentRecords.SAME -> same(in);
        case ContentRecords.DELTA_INODE -> {
          TargetDelta delta = delta(in);
          delta.inode(InodeRecord.read(in, delta.work.entry.status(), owners));
        }
        case ContentRecords.DELTA -> delta(in).data(in.bytes(Channel.MESSAGE_BYTES_MAX));
        case ContentRecords.DELTA_END -> delta(in).end(in.bool(), -1, 0);
        default -> throw CompactReader.malformed("a content record of type " + type);
      }
    }
  }

  /** Takes a message that has one whole file, and nothing else. */
  void takeOne(CompactReader in) throws WireException {
    if (in.u8() != ContentRecords.WHOLE) {
      throw CompactReader.malformed("something else than a whole file");
    }
    whole(in);
    in.end();
  }

  /** The delta that a record is for. */
  private TargetDelta delta(CompactReader in) throws WireException {
    TargetDelta delta = deltas.of(directory(in).peek(in.number(Messages.ENTRIES_MAX)));
    if (delta == null) {
      throw CompactReader.malformed("a delta of a file that was not asked for (H38)");
    }
    return delta;
  }

  private FileWork take(int index, FarDirectory directory) throws WireException {
    FileWork taken = directory.take(index);
    if (taken == null || deltas.of(taken) != null) {
      throw CompactReader.malformed("content of a file that was not asked for (H38)");
    }
    return taken;
  }

  private FileWork take(FarDirectory directory, CompactReader in) throws WireException {
    return take(in.number(Messages.ENTRIES_MAX), directory);
  }

  private FarDirectory directory(CompactReader in) throws WireException {
    FarDirectory directory = tree.directory(in.number(Messages.DIRECTORIES_MAX));
    if (directory == null) {
      throw CompactReader.malformed("content of a file that was not asked for (H38)");
    }
    return directory;
  }

  private void begin(CompactReader in) throws WireException {
    if (work != null) {
      throw CompactReader.malformed("a file begins within a file");
    }
    FileWork next = take(directory(in), in);
    InodeRecord inode = in.bool() ? InodeRecord.read(in, next.entry.status(), owners) : null;
    sum.reset();
    work = next;
    if (inode != null && !inodes.takes(inode, next)) {
      return;
    }
    try {
      FileHandle opened = update.files.begin(next);
      file = opened;
      position = next.from;
      toldAt = position;
      toldNanos = System.nanoTime();
      hasHoles = false;
      if (next.entry.status().size() - position >= TOLD_EVERY) {
        update.files.isUnderWay(next, position);
      }
      if (update.rules.preallocate && !update.rules.sparse) { // what is passed over is a hole
        opened.allocate(0, next.entry.status().size());
      }
    } catch (LinuxException e) {
      giveUp(next, e);
    }
  }

  /** The file cannot be written: the rest of what comes of it is passed over. */
  private void giveUp(FileWork failed, LinuxException e) {
    file = null;
    update.files.fail(failed, e);
  }

  private void whole(CompactReader in) throws WireException {
    begin(in);
    int expected = in.u32();
    data(in, in.u32(ContentRecords.DATA_MAX));
    end(expected);
  }

  private FileWork current() throws WireException {
    FileWork current = work;
    if (current == null) {
      throw CompactReader.malformed("content without a file");
    }
    return current;
  }

  private void data(CompactReader in, int length) throws WireException {
    FileWork current = current();
    int from = in.skip(length);
    FileHandle to = file;
    if (to == null) {
      return;
    }
    room(current, length);
    sum.update(in.array(), from, length);
    try {
      if (update.rules.sparse && !current.isInPlace) {
        hasHoles = true;
        Holes.write(to, in.array(), from, length, position, true);
      } else if (hasHoles) {
        to.writeAt(in.array(), from, length, position);
      } else {
        to.write(in.array(), from, length);
      }
    } catch (LinuxException e) {
      giveUp(current, e);
      return;
    }
    current.literal += length;
    position += length;
    tell(current);
  }

  /** Tells now and then how far a file is: at once where it is large, and where it takes long. */
  private void tell(FileWork current) {
    long now = System.nanoTime();
    if (position - toldAt >= TOLD_EVERY || now - toldNanos >= TOLD_EVERY_NANOS) {
      toldAt = position;
      toldNanos = now;
      update.files.isUnderWay(current, position);
    }
  }

  private void room(FileWork current, long more) throws WireException {
    if (more > current.entry.status().size() - position) {
      throw CompactReader.malformed("more content than the file has (H40)");
    }
  }

  private void hole(long length) throws WireException {
    FileWork current = current();
    FileHandle to = file;
    if (to == null) {
      return;
    }
    room(current, length);
    try {
      if (current.isInPlace) {
        Holes.clear(to, position, length);
      }
    } catch (LinuxException e) {
      giveUp(current, e);
      return;
    }
    hasHoles = true;
    position += length;
  }

  private void again(CompactReader in) throws WireException {
    FileWork current = current();
    InodeRecord inode = InodeRecord.read(in, current.entry.status(), owners);
    if (file != null && !inodes.takes(inode, current)) {
      file = null; // that was told; the rest of what comes is passed over
      return;
    }
    sum.reset();
    current.literal = 0;
    position = current.from;
    toldAt = position;
    FileHandle to = file;
    if (to != null) {
      try {
        if (current.isInPlace) {
          to.seek(position); // over what is there; it is cut when all has been written
        } else {
          to.truncate(position);
        }
        hasHoles = false;
      } catch (LinuxException e) {
        giveUp(current, e);
      }
    }
  }

  private void end(int expected) throws WireException {
    place(expected);
    tree.came();
  }

  private void place(int expected) throws WireException {
    FileWork current = current();
    FileHandle to = file;
    if (to != null && position != current.entry.status().size()) {
      throw CompactReader.malformed("less content than the file has (H47)");
    }
    work = null;
    file = null;
    if (to == null) {
      return;
    }
    if ((int) sum.getValue() != expected) {
      update.files.fail(
          current, CopyStatus.PARTIAL, "its content was damaged on the way; " + current.left());
      return;
    }
    if (hasHoles) {
      try {
        to.truncate(position);
      } catch (LinuxException e) {
        update.files.fail(current, e);
        return;
      }
    }
    update.files.end(current);
  }

  private void same(CompactReader in) throws WireException {
    if (work != null) {
      throw CompactReader.malformed("a file begins within a file");
    }
    FileWork same = take(directory(in), in);
    if (same.candidate == null) {
      throw CompactReader.malformed("nothing was asked that could be the same");
    }
    update.files.same(same);
    tree.came();
  }

  private void none(CompactReader in) throws WireException, InterruptedException {
    FarDirectory directory = directory(in);
    int index = in.number(Messages.ENTRIES_MAX);
    int reason = in.u8(ContentRecords.DIFFERENT);
    int errno = in.number(ERRNO_MAX);
    TargetDelta delta = deltas.of(directory.peek(index));
    if (delta != null) {
      delta.end(false, reason, errno);
      return;
    }
    FileWork current = work;
    if (current == null) {
      current = take(index, directory);
    } else if (FarDirectory.of(current.listing) != directory || index != current.entry.place()) {
      throw CompactReader.malformed("another file ends than has begun");
    }
    boolean isOver = work != null && file == null;
    work = null;
    file = null;
    if (!isOver) { // otherwise it was given up here before
      inodes.fail(current, reason, errno);
    }
    tree.came();
  }

  /** Gives up what is half written, or keeps it where the user wants that: no more comes. */
  void abandon() {
    FileWork current = work;
    work = null;
    if (current != null && file != null) {
      file = null;
      update.files.abandon(current);
    }
  }
}
