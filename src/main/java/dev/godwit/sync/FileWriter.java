package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files of one lane, one after the other. A file gets its name only after its length and
 * checksum were found right and all its metadata is set; until then it has a temporary name and
 * nobody else can read it (H14).
 */
final class FileWriter {
  private static final int BLOCK_BYTES = 4096;

  private final TargetSession session;
  private final TreeRoot root;
  private final Placement placement;
  private final LinkLeaders leaders;
  private final CRC32C sum = new CRC32C();

  private @Nullable Current current;
  private @Nullable DirectoryHandle directory;
  private TreePath directoryPath = TreePath.ROOT;

  /** The file that is being written; without a handle when it cannot be written. */
  private static final class Current {
    final TargetBatch batch;
    final int index;
    Metadata metadata;
    byte[] temporary = {};
    @Nullable DirectoryHandle directory;
    @Nullable FileHandle file;
    long length;
    boolean begun = true;
    boolean isSparse;

    Current(TargetBatch batch, int index, Metadata metadata) {
      this.batch = batch;
      this.index = index;
      this.metadata = metadata;
    }
  }

  FileWriter(TargetSession session, TreeRoot root, Placement placement, LinkLeaders leaders) {
    this.session = session;
    this.root = root;
    this.placement = placement;
    this.leaders = leaders;
  }

  /** Takes the records of one message. */
  void write(MessageReader message) throws WireException {
    while (message.remaining() > 0 && !session.isEnding()) {
      int record = message.u8();
      switch (record) {
        case FileRecords.BEGIN -> begin(message);
        case FileRecords.DATA -> data(message.bytes(FileRecords.DATA_BYTES_MAX));
        case FileRecords.END -> end(message.u64(), message.u32(), message.bool());
        case FileRecords.AGAIN -> again();
        case FileRecords.GONE -> gone(message.u32(), message.u32());
        case FileRecords.SAME -> same(message.u32(), message.u32());
        default -> throw new WireException("malformed message: file record " + record);
      }
    }
    if (current == null) {
      closeDirectory(); // none is held while there is nothing to do: it may be removed meanwhile
    }
  }

  private void begin(MessageReader message) throws WireException {
    int id = message.u32();
    int index = message.u32();
    Metadata metadata = Metadata.read(message);
    boolean isSparse = message.bool();
    Current file = current;
    if (file != null) {
      if (file.begun || file.batch.id() != id || file.index != index) {
        throw new WireException("the source begins a file within a file");
      }
      file.begun = true;
      file.metadata = metadata;
      file.isSparse = isSparse;
      return;
    }
    TargetBatch batch = session.batch(id);
    batch.begin(index);
    Current next = new Current(batch, index, metadata);
    next.isSparse = isSparse;
    current = next;
    sum.reset();
    try {
      DirectoryHandle handle = directory(batch.directory());
      next.directory = handle;
      next.temporary = session.temporaries().next();
      next.file = handle.createFile(next.temporary, 0600);
      if (!isSparse && metadata.size() > FileRecords.DATA_BYTES_MAX) {
        next.file.reserve(metadata.size());
      }
    } catch (LinuxException e) {
      giveUp(next, e);
    }
  }

  private DirectoryHandle directory(TreePath path) throws LinuxException {
    DirectoryHandle open = directory;
    if (open != null && path.equals(directoryPath)) {
      return open;
    }
    closeDirectory();
    DirectoryHandle next = root.directory(path);
    directory = next;
    directoryPath = path;
    return next;
  }

  private void closeDirectory() {
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }

  private Current current() throws WireException {
    Current file = current;
    if (file == null || !file.begun) {
      throw new WireException("the source sends content without a file");
    }
    return file;
  }

  private void data(byte[] bytes) throws WireException {
    Current file = current();
    file.length += bytes.length;
    if (file.length > file.metadata.size()) {
      throw new WireException("the source sends more of a file than it has");
    }
    FileHandle handle = file.file;
    if (handle == null) {
      return;
    }
    sum.update(bytes);
    try {
      if (file.isSparse) {
        writeAroundHoles(handle, bytes);
      } else {
        handle.write(bytes, 0, bytes.length);
      }
    } catch (LinuxException e) {
      giveUp(file, e);
    }
  }

  /** Blocks of zeros take no room here either. */
  private static void writeAroundHoles(FileHandle handle, byte[] bytes) throws LinuxException {
    int at = 0;
    while (at < bytes.length) {
      int from = at;
      boolean isHole = isHole(bytes, at);
      while (at < bytes.length && isHole(bytes, at) == isHole) {
        at = Math.min(bytes.length, at + BLOCK_BYTES);
      }
      if (isHole) {
        handle.skip(at - from);
      } else {
        handle.write(bytes, from, at - from);
      }
    }
  }

  private static boolean isHole(byte[] bytes, int from) {
    int to = Math.min(bytes.length, from + BLOCK_BYTES);
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** The file cannot be written: the rest of its content is passed over. */
  private void giveUp(Current file, LinuxException e) throws WireException {
    discard(file);
    if (TreeComparer.isGone(e)) {
      session.missing(file.batch);
    } else {
      session.problem(Problem.of(Problem.Side.TARGET, file.batch.path(file.index), e));
    }
    session.cancel(file.batch, file.index);
  }

  private static void discard(Current file) {
    FileHandle handle = file.file;
    DirectoryHandle directory = file.directory;
    file.file = null;
    if (handle != null && directory != null) {
      handle.close();
      Placement.discard(directory, file.temporary);
    }
  }

  private void again() throws WireException {
    Current file = current();
    file.begun = false;
    file.length = 0;
    sum.reset();
    FileHandle handle = file.file;
    if (handle != null) {
      try {
        handle.truncate(0);
      } catch (LinuxException e) {
        giveUp(file, e);
      }
    }
  }

  private void gone(int id, int index) throws WireException {
    Current file = current;
    if (file != null) {
      if (file.batch.id() != id || file.index != index) {
        throw new WireException("the source ends another file than it began");
      }
      discard(file);
      done(file, null);
      return;
    }
    TargetBatch batch = session.batch(id);
    batch.begin(index);
    done(new Current(batch, index, Metadata.NONE), null);
  }

  /** What stands here is what the source has: nothing comes. */
  private void same(int id, int index) throws WireException {
    if (current != null) {
      throw new WireException("the source begins a file within a file");
    }
    TargetBatch batch = session.batch(id);
    batch.begin(index);
    Entry entry = batch.entry(index);
    FileStatus standing = null;
    if (entry.linkGroup() != 0) {
      try {
        FileStatus status = directory(batch.directory()).status(entry.name());
        standing = TreeComparer.isEqual(entry, status) ? status : null;
      } catch (LinuxException e) {
        // It went: nothing can be linked to it.
      }
    }
    done(new Current(batch, index, Metadata.NONE), standing);
  }

  private void end(long length, int checksum, boolean isStable) throws WireException {
    Current file = current();
    if (file.length != length || isStable && length != file.metadata.size()) {
      throw new WireException("the source sent another length than it says");
    }
    FileHandle handle = file.file;
    DirectoryHandle into = file.directory;
    FileStatus placed = null;
    if (handle != null && into != null) {
      if ((int) sum.getValue() != checksum) {
        discard(file);
        session.problem(
            Problem.of(
                Problem.Side.TARGET,
                file.batch.path(file.index),
                "the content was damaged on the way"));
      } else {
        try {
          placed = place(file, handle, into, isStable ? file.metadata : file.metadata.distrusted());
        } catch (LinuxException e) {
          giveUp(file, e);
        }
      }
    }
    done(file, placed);
  }

  private FileStatus place(Current file, FileHandle handle, DirectoryHandle into, Metadata metadata)
      throws LinuxException, WireException {
    if (file.isSparse) {
      handle.truncate(file.length); // it may end with a hole
    }
    placement.dress(handle, metadata, into, file.batch.entry(file.index).name());
    boolean isLinked = file.batch.entry(file.index).linkGroup() != 0;
    FileStatus status = isLinked ? handle.status() : NOT_ASKED;
    handle.closeChecked();
    placement.place(file.batch, into, file.temporary, file.batch.entry(file.index).name());
    file.file = null;
    session.tally().filesApplied.increment();
    session.tally().bytesApplied.add(file.length);
    return status;
  }

  private static final FileStatus NOT_ASKED =
      new FileStatus(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  private void done(Current file, @Nullable FileStatus placed) throws WireException {
    current = null;
    Entry entry = file.batch.entry(file.index);
    if (entry.linkGroup() != 0) {
      TreePath path = file.batch.path(file.index);
      session
          .comparer()
          .resolve(
              placed != null
                  ? leaders.stands(entry.linkGroup(), path, placed)
                  : leaders.failed(entry.linkGroup(), path));
    }
    session.release(file.batch);
  }

  /** Gives up what is half written. */
  void abandon() {
    Current file = current;
    current = null;
    if (file != null) {
      discard(file);
    }
    closeDirectory();
  }

  @Override
  public String toString() {
    Current file = current;
    return file == null ? "idle" : Names.display(file.temporary);
  }
}
