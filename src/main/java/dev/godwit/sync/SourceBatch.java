package dev.godwit.sync;

import dev.godwit.wire.WireException;
import java.util.BitSet;
import java.util.List;

/** A batch that the target has not reported as done, with what it may ask of it. */
final class SourceBatch {
  /** One look while its batches are under way. Guarded by itself. */
  static final class Listing {
    final LookQueue.Look look;
    private int open;
    private boolean sent;
    private boolean missing;

    Listing(LookQueue.Look look) {
      this.look = look;
    }

    synchronized void opened() {
      open++;
    }

    /** Returns whether the look is done by this. */
    synchronized boolean batchDone() {
      open--;
      return sent && open == 0;
    }

    /** No further batch follows; returns whether the look is done by this. */
    synchronized boolean allSent() {
      sent = true;
      return open == 0;
    }

    /** Returns true the first time only. */
    synchronized boolean isNewlyMissing() {
      boolean first = !missing;
      missing = true;
      return first;
    }
  }

  private final int id;
  private final Listing listing;
  private final List<Entry> entries;
  private final BitSet wanted = new BitSet();
  private final BitSet cancelled = new BitSet();

  SourceBatch(int id, Listing listing, List<Entry> entries) {
    this.id = id;
    this.listing = listing;
    this.entries = List.copyOf(entries);
  }

  int id() {
    return id;
  }

  Listing listing() {
    return listing;
  }

  LookQueue.Look look() {
    return listing.look;
  }

  List<Entry> entries() {
    return entries;
  }

  int size() {
    return entries.size();
  }

  Entry entry(int index) {
    return entries.get(index);
  }

  TreePath path(int index) {
    return look().directory().child(entries.get(index).name());
  }

  /** Checks what the target wants: a file of this batch, each one once. */
  synchronized void want(int index) throws WireException {
    if (index >= entries.size()
        || entries.get(index).kind() != Entry.Kind.FILE
        || wanted.get(index)) {
      throw new WireException("the target wants what it was not offered");
    }
    wanted.set(index);
  }

  synchronized void cancel(int index) {
    cancelled.set(index);
  }

  synchronized boolean isCancelled(int index) {
    return cancelled.get(index);
  }
}
