package dev.godwit.sync.copy;

import dev.godwit.wire.WireException;
import java.util.BitSet;

/**
 * A listing that was sent and that the target is not done with: what it may ask for. Its
 * directories are closed meanwhile, so that a pipeline of many takes no descriptors.
 */
final class SentListing {
  final int number;
  final Listing listing;
  final long cost;

  /** Whether the target may ask for the files that it has a sum of only. */
  final boolean isSummed;

  /** It counts no more for how much may be listed. Belongs to the thread that receives. */
  boolean isReleased;

  /** By index, what was asked for already. */
  private final BitSet wanted = new BitSet();

  private final BitSet removed = new BitSet();

  SentListing(int number, Listing listing, long cost, boolean isSummed) {
    this.isSummed = isSummed;
    this.number = number;
    this.listing = listing;
    this.cost = cost;
  }

  SourceEntry entry(int index) {
    return listing.entries().get(index);
  }

  byte[] shown(SourceEntry entry) {
    return Paths.join(listing.directory().path(), entry.name());
  }

  /** Checks what the target asks for: a file that was offered, once (H38). */
  synchronized void want(int index) throws WireException {
    if (index < 0 || index >= listing.entries().size() || !entry(index).isFile()) {
      throw CompactReader.malformed("a file is wanted that was not listed (H38)");
    }
    if (wanted.get(index)) {
      throw CompactReader.malformed("a file is wanted twice");
    }
    wanted.set(index);
  }

  /** What was asked is answered; the target may ask once more, for the whole content. */
  synchronized void answered(int index) {
    wanted.clear(index);
  }

  synchronized void remove(int index) throws WireException {
    if (index >= listing.entries().size()
        || entry(index).isDirectory()
        || entry(index).removed()
        || removed.get(index)) {
      throw CompactReader.malformed("something is to be removed that was not listed (H38)");
    }
    removed.set(index);
  }
}
