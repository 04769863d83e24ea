package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ContentKey;
import dev.godwit.sync.content.DeltaSource;
import dev.godwit.sync.content.DeltaStep;
import dev.godwit.sync.content.FileContent;
import dev.godwit.sync.content.Verification;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Objects;

/** Sends files of which the target has an older content, in the lane of its reader. One thread. */
final class DeltaReader {
  /** So many steps, then other files have their turn. */
  private static final int STEPS = 32;

  private final SourceSide side;
  private final ContentReader reader;
  private final LaneSender lane;
  private final CompactWriter message;
  private final MessageWriter out = new MessageWriter(4096);

  DeltaReader(SourceSide side, ContentReader reader, LaneSender lane) {
    this.side = side;
    this.reader = reader;
    this.lane = lane;
    this.message = lane.message();
  }

  /**
   * Does some of what there is to do.
   *
   * @return whether there is more to do at once
   */
  boolean work(SourceDelta one) throws WireException, InterruptedException {
    try {
      DeltaSource delta = one.delta;
      if (delta == null) {
        delta = begin(one);
      }
      for (int i = 0; i < STEPS; i++) {
        if (one.isStopped()) {
          end(one, false);
          return false;
        }
        byte[] told = one.next();
        if (told != null) {
          side.taken(told.length);
          delta.receive(new MessageReader(told));
          continue;
        }
        DeltaStep step = delta.step(out.reset());
        send(one);
        if (delta.hasAskedAhead()) {
          lane.flush();
        }
        if (step == DeltaStep.DONE) {
          FileHandle file = Objects.requireNonNull(one.file);
          end(one, delta.isComplete() && Freshness.isUnchanged(one.before, file.status()));
          return false;
        }
        if (step == DeltaStep.WAITING && one.rest()) {
          return false;
        }
      }
      return true;
    } catch (LinuxException e) {
      side.ended(one);
      reader.none(one.listing, one.index, e);
      return false;
    }
  }

  private DeltaSource begin(SourceDelta one)
      throws LinuxException, WireException, InterruptedException {
    SourceEntry entry = one.listing.entry(one.index);
    FileHandle file =
        side.files().open(reader.directory(one.listing, entry), one.listing.listing, entry);
    one.file = file;
    FileStatus listed = entry.status();
    FileStatus before = side.freshness().settle(file, listed);
    FileStatus now = SourceFiles.stillFile(file.status());
    if (!Freshness.isUnchanged(before, now)) {
      before = now; // since it was listed
    }
    one.before = before;
    ContentKey key = side.key();
    DeltaSource delta =
        new DeltaSource(
            one.shape,
            key,
            Verification.KEYED,
            new FileContent(file),
            before.size(),
            before.isSparse(),
            one.isInPlace);
    one.delta = delta;
    if (before != listed || reader.isToldAgain(one.listing, entry)) {
      InodeRecord inode = reader.inode(file, before);
      lane.room(ContentReader.HEAD_BYTES + inode.bytesMax());
      int start = message.length();
      message.u8(ContentRecords.DELTA_INODE).number(one.listing.number).number(one.index);
      reader.write(inode, start);
    }
    return delta;
  }

  private void send(SourceDelta one) throws WireException, InterruptedException {
    if (out.length() == 0) {
      return;
    }
    lane.begin(one.listing.entry(one.index).name());
    lane.room(ContentReader.HEAD_BYTES + out.length());
    message.u8(ContentRecords.DELTA).number(one.listing.number).number(one.index);
    message.number(out.length()).raw(out.array(), 0, out.length());
  }

  private void end(SourceDelta one, boolean isWhole) throws WireException, InterruptedException {
    side.ended(one);
    lane.room(ContentReader.HEAD_BYTES);
    message.u8(ContentRecords.DELTA_END).number(one.listing.number).number(one.index);
    message.bool(isWhole);
  }
}
