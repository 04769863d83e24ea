package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One of the source's threads that read what the target wants. Each has a lane of its own, in which
 * its files follow each other.
 */
final class FileSender {
  /** Some wanted entries of one batch. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Job(SourceBatch batch, int[] indices) {
    /** No more work. */
    static final Job NONE =
        new Job(
            new SourceBatch(
                0,
                new SourceBatch.Listing(
                    new LookQueue.Look(
                        TreePath.ROOT, null, new LookQueue.Ticket(), 0, false, false)),
                List.of()),
            new int[0]);
  }

  private static final int TRIES = 3;

  /**
   * The kernel stamps a change with the clock of its last tick, at most this long ago. A content
   * that is read later than this after the file's last change cannot change again without getting
   * another stamp, so a comparison of times will find every later change.
   */
  private static final long TICK_MILLIS = 12;

  private final SourceSession session;
  private final TreeRoot root;
  private final int lane;
  private final MessageWriter message = new MessageWriter(2 * FileRecords.MESSAGE_BYTES);
  private final byte[] data = new byte[FileRecords.DATA_BYTES_MAX];
  private final CRC32C sum = new CRC32C();

  FileSender(SourceSession session, TreeRoot root, int lane) {
    this.session = session;
    this.root = root;
    this.lane = lane;
  }

  /** Reads and sends until there is no more work. */
  void run() throws WireException, InterruptedException {
    start();
    for (Job job = session.nextJob(); job != Job.NONE; job = session.nextJob()) {
      send(job);
      flush();
    }
  }

  private void start() {
    message.reset().u8(Protocol.FILES).u8(lane);
  }

  private void flush() throws WireException {
    if (message.length() > 2) {
      session.send(message);
      start();
    }
  }

  private void send(Job job) throws WireException, InterruptedException {
    SourceBatch batch = job.batch;
    try (DirectoryHandle directory = root.directory(batch.look().directory())) {
      for (int index : job.indices) {
        if (batch.isCancelled(index)) {
          gone(batch, index);
          continue;
        }
        try {
          send(directory, batch, index);
        } catch (LinuxException e) {
          gone(batch, index);
          unreadable(batch, index, e);
        }
      }
    } catch (LinuxException e) {
      for (int index : job.indices) {
        gone(batch, index);
        unreadable(batch, index, e);
      }
    }
  }

  private void unreadable(SourceBatch batch, int index, LinuxException e) {
    boolean moved =
        e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP;
    if (moved) {
      session.lookAgain(batch, index);
    } else {
      session.problem(Problem.of(Problem.Side.SOURCE, batch.path(index), e));
    }
  }

  /** Tells the target that no content of an entry comes, or no more. */
  private void gone(SourceBatch batch, int index) throws WireException {
    room(16);
    message.u8(FileRecords.GONE).u32(batch.id()).u32(index);
  }

  private void room(int bytes) throws WireException {
    if (message.length() + bytes > FileRecords.MESSAGE_BYTES) {
      flush();
    }
  }

  private void send(DirectoryHandle directory, SourceBatch batch, int index)
      throws LinuxException, WireException, InterruptedException {
    Entry entry = batch.entry(index);
    for (int attempt = 1; ; attempt++) {
      try (FileHandle name = directory.openPath(entry.name())) {
        FileStatus before = name.status();
        long wait = untilItsTickIsOver(before);
        if (wait > 0) {
          Thread.sleep(wait);
          before = name.status();
        }
        boolean isCold = untilItsTickIsOver(before) == 0; // else it was written meanwhile
        if (!before.isRegular()) { // H5: not opened
          gone(batch, index);
          session.lookAgain(batch, index);
          return;
        }
        try (FileHandle file = name.reopenForReading()) {
          if (attempt > 1) {
            room(16);
            message.u8(FileRecords.AGAIN);
          }
          long length = content(file, before, batch, index);
          if (batch.isCancelled(index)) {
            gone(batch, index);
            return;
          }
          FileStatus after = file.status();
          boolean stable =
              isCold
                  && length == before.size()
                  && after.size() == before.size()
                  && after.hasSameTime(before)
                  && after.ctimeSeconds() == before.ctimeSeconds()
                  && after.ctimeNanos() == before.ctimeNanos();
          if (!stable && attempt < TRIES) {
            continue;
          }
          end(length, stable);
          sent(batch, index, entry, length);
          if (!stable) {
            session.problem(Problem.unstable(batch.path(index)));
          }
          return;
        }
      }
    }
  }

  /** Milliseconds from now on in which a write could get the stamp that the file has already. */
  private static long untilItsTickIsOver(FileStatus status) {
    long changed = status.ctimeSeconds() * 1000 + status.ctimeNanos() / 1_000_000;
    long age = System.currentTimeMillis() - changed;
    return age < 0 || age >= TICK_MILLIS ? 0 : TICK_MILLIS - age;
  }

  /** Sends the beginning and the content, not more of it than the file had at the beginning. */
  private long content(FileHandle file, FileStatus before, SourceBatch batch, int index)
      throws LinuxException, WireException {
    room(64);
    message.u8(FileRecords.BEGIN).u32(batch.id()).u32(index);
    Metadata.of(before).write(message);
    message.bool(before.isSparse());
    sum.reset();
    long position = 0;
    while (position < before.size() && !batch.isCancelled(index)) {
      int wanted = (int) Math.min(data.length, before.size() - position);
      int count = file.read(data, 0, wanted, position);
      if (count == 0) {
        break; // shorter by now
      }
      room(count + 8);
      message.u8(FileRecords.DATA).bytes(data, 0, count);
      sum.update(data, 0, count);
      position += count;
      session.tally().bytesSent.add(count);
    }
    return position;
  }

  private void end(long length, boolean stable) throws WireException {
    room(32);
    message.u8(FileRecords.END).u64(length).u32((int) sum.getValue()).bool(stable);
  }

  private void sent(SourceBatch batch, int index, Entry entry, long length) {
    session.tally().filesSent.increment();
    if (entry.linkGroup() != 0) {
      session.lookAtOtherLinks(batch, entry.linkGroup(), batch.path(index));
    }
  }
}
