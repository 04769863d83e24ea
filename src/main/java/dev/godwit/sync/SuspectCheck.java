package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target's thread that reads files whose size and time say that they are right, although the
 * source has reason to doubt it (H19): tells the source their sums, and the source sends the
 * content of those that are not what it has.
 */
final class SuspectCheck {
  /** Entries of one batch that are held and wanted already. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Work(TargetBatch batch, int[] indices) {}

  /** The sum of what stands here for an entry. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sum(int index, byte[] sum) {}

  /** After this much was read the source is told what is known so far. */
  private static final long READ_BYTES_MAX = 4L << 20;

  private final TargetSession session;
  private final TreeRoot root;
  private final ContentSum sums = new ContentSum();

  SuspectCheck(TargetSession session, TreeRoot root) {
    this.session = session;
    this.root = root;
  }

  void check(Work work) throws WireException {
    TargetBatch batch = work.batch;
    List<Sum> known = new ArrayList<>();
    List<Integer> unknown = new ArrayList<>();
    long read = 0;
    try (DirectoryHandle directory = root.directory(batch.directory())) {
      for (int index : work.indices) {
        Entry entry = batch.entry(index);
        byte[] sum = sum(directory, entry);
        if (sum == null) {
          unknown.add(index);
          continue;
        }
        known.add(new Sum(index, sum));
        read += entry.metadata().size();
        if (read > READ_BYTES_MAX) {
          session.tellSums(batch, known);
          known.clear();
          read = 0;
        }
      }
    } catch (LinuxException e) {
      // The directory went meanwhile: the content that comes finds out what that means.
      session.wantHeld(batch, work.indices);
      return;
    }
    if (!known.isEmpty()) {
      session.tellSums(batch, known);
    }
    if (!unknown.isEmpty()) {
      session.wantHeld(batch, unknown.stream().mapToInt(Integer::intValue).toArray());
    }
  }

  /** Null when it is not what it was when it was compared, or cannot be read. */
  private byte @Nullable [] sum(DirectoryHandle directory, Entry entry) {
    try (FileHandle name = directory.openPath(entry.name())) {
      if (!TreeComparer.isEqual(entry, name.status())) {
        return null;
      }
      try (FileHandle file = name.reopenForReading()) {
        return sums.of(file, session::isEnding);
      }
    } catch (LinuxException e) {
      return null;
    }
  }
}
