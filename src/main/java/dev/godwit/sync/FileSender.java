package dev.godwit.sync;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One of the source's threads that read what the target wants. Each has a lane of its own, in which
 * its files follow each other.
 */
final class FileSender {
  /**
   * Some wanted entries of one batch.
   *
   * @param sums of what the target has of these entries, in the same order; empty when it has
   *     nothing of use
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Job(SourceBatch batch, int[] indices, List<SuspectCheck.Sum> sums) {
    /** No more work. */
    static final Job NONE =
        new Job(
            new SourceBatch(
                0,
                new SourceBatch.Listing(
                    new LookQueue.Look(
                        TreePath.ROOT, null, 0, new LookQueue.Ticket(), 0, false, false)),
                List.of()),
            new int[0],
            List.of());
  }

  private static final int TRIES = 3;

  /** A stamp further ahead than the latest tick can be is not of this host's clock. */
  private static final long AHEAD_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Between two looks at a clock whose tick is late. */
  private static final long TICK_LATE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private final SourceSession session;
  private final TreeRoot root;
  private final int lane;
  private final MessageWriter message = new MessageWriter(2 * FileRecords.MESSAGE_BYTES);
  private final byte[] data = new byte[FileRecords.DATA_BYTES_MAX];
  private final CRC32C sum = new CRC32C();
  private final ContentSum sums = new ContentSum();

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
    try (DirectoryHandle directory = root.within(batch.look().directory())) {
      long mount = directory.status().mount();
      for (int i = 0; i < job.indices.length; i++) {
        int index = job.indices[i];
        byte[] known = job.sums.isEmpty() ? null : job.sums.get(i).sum();
        if (batch.isCancelled(index)) {
          gone(batch, index);
          continue;
        }
        try {
          send(directory, mount, batch, index, known);
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
    if (TreeLister.isElsewhere(e)) {
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

  /**
   * @param mount that the directory is on
   * @param known the sum of what the target has, if it has something that may be the same
   */
  private void send(
      DirectoryHandle directory, long mount, SourceBatch batch, int index, byte @Nullable [] known)
      throws LinuxException, WireException, InterruptedException {
    Entry entry = batch.entry(index);
    for (int attempt = 1; ; attempt++) {
      try (FileHandle name = directory.openPath(entry.name())) {
        FileStatus before = name.status();
        if (isHot(before)) {
          awaitNextTick(before);
          before = name.status();
        }
        boolean isCold = !isHot(before); // else it was written meanwhile
        // H5: not opened; H25: something was mounted on it.
        if (!before.isRegular() || before.mount() != mount) {
          gone(batch, index);
          session.lookAgain(batch, index);
          return;
        }
        try (FileHandle file = name.reopenForReading()) {
          if (known != null && isCold && attempt == 1 && isSame(file, before, entry, known)) {
            room(16);
            message.u8(FileRecords.SAME).u32(batch.id()).u32(index);
            return;
          }
          if (attempt > 1) {
            room(16);
            message.u8(FileRecords.AGAIN);
          }
          long length = content(file, before, batch, index);
          if (batch.isCancelled(index)) {
            gone(batch, index);
            return;
          }
          boolean stable = isCold && length == before.size() && isUnchanged(before, file.status());
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

  private static boolean isUnchanged(FileStatus before, FileStatus after) {
    return after.size() == before.size()
        && after.hasSameTime(before)
        && after.ctimeTotalNanos() == before.ctimeTotalNanos();
  }

  /** Whether the file is still as it was listed, and holds what the target has. */
  private boolean isSame(FileHandle file, FileStatus before, Entry entry, byte[] known)
      throws LinuxException {
    return before.size() == entry.metadata().size()
        && entry.metadata().hasTimeOf(before)
        && Arrays.equals(sums.of(file, session::hasEnded), known)
        && isUnchanged(before, file.status());
  }

  /**
   * Whether a write could still get the stamp that the file has already: the kernel stamps a change
   * with the clock of its last tick. A content that is read after that clock has gone on cannot
   * change again without getting another stamp, so a comparison of times will find every later
   * change. The clock itself is asked, because a tick may come late. (Kernels from 6.13 on may use
   * a finer clock; then this waits for nothing.) A write that is under way has its stamp already
   * and may be read in part: the event at its end makes the file suspect, and it is compared by
   * content.
   */
  private static boolean isHot(FileStatus status) {
    long ahead = status.ctimeTotalNanos() - CoarseClock.nanos();
    return ahead >= 0 && ahead <= AHEAD_MAX_NANOS;
  }

  private static void awaitNextTick(FileStatus status) throws InterruptedException {
    long end = System.nanoTime() + AHEAD_MAX_NANOS;
    while (isHot(status) && System.nanoTime() - end < 0) {
      Instant now = Instant.now();
      long sinceTick = now.getEpochSecond() * 1_000_000_000 + now.getNano() - CoarseClock.nanos();
      long left = CoarseClock.tickNanos() - sinceTick;
      Thread.sleep(Duration.ofNanos(Math.clamp(left, TICK_LATE_NANOS, CoarseClock.tickNanos())));
    }
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
