package dev.godwit.sync;

import dev.godwit.wire.WireException;
import java.util.BitSet;
import java.util.List;

/** A batch at the target until everything of it is applied or has failed. Guarded by itself. */
final class TargetBatch {
  /** One look of the source at one directory. Guarded by itself. */
  static final class Listing {
    final int id;
    final TreePath directory;
    final Metadata metadata;

    /** Used by the comparing thread only. */
    final SeenNames seen = new SeenNames();

    private int open;
    private boolean ended;

    Listing(int id, TreePath directory, Metadata metadata) {
      this.id = id;
      this.directory = directory;
      this.metadata = metadata;
    }

    /** The source has sent one more batch. */
    synchronized void opened(boolean isLast) throws WireException {
      if (ended) {
        throw new WireException("the source goes on with a listing that it has ended");
      }
      open++;
      ended = isLast;
    }

    /** Returns whether that was the last thing of the listing. */
    synchronized boolean batchDone() {
      open--;
      return ended && open == 0;
    }
  }

  private final int id;
  private final Listing listing;
  private final ListingMessage message;
  private final BitSet wanted = new BitSet();
  private int pending = 1; // the comparison itself

  TargetBatch(Listing listing, ListingMessage message) {
    this.id = message.batch();
    this.listing = listing;
    this.message = message;
  }

  int id() {
    return id;
  }

  Listing listing() {
    return listing;
  }

  ListingMessage message() {
    return message;
  }

  TreePath directory() {
    return listing.directory;
  }

  List<Entry> entries() {
    return message.entries();
  }

  Entry entry(int index) {
    return message.entries().get(index);
  }

  TreePath path(int index) {
    return listing.directory.child(entry(index).name());
  }

  /** The batch is not done before {@link #release} was called once more. */
  synchronized void hold() {
    pending++;
  }

  /** Returns whether the batch is done by this. */
  synchronized boolean release() {
    pending--;
    return pending == 0;
  }

  /** From now on the source may send the content of this entry, once. Goes with a hold. */
  synchronized void want(int index) {
    wanted.set(index);
  }

  /** The source begins to send; only what was wanted is taken (H38). */
  synchronized void begin(int index) throws WireException {
    if (!wanted.get(index)) {
      throw new WireException("the source sends a file that was not asked for");
    }
    wanted.clear(index);
  }
}
