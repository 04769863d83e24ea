package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * A batch of the entries of one directory of the source.
 *
 * @param batch counts up over the session
 * @param listing the same for all batches of one look at one directory
 * @param wholeDirectory false when only some names were looked at
 * @param end whether more batches of this listing follow; only after {@link End#COMPLETE} may names
 *     that were not listed be missed (H28)
 * @param metadata the directory's own
 */
record ListingMessage(
    int batch,
    int listing,
    boolean wholeDirectory,
    End end,
    TreePath directory,
    Metadata metadata,
    List<Entry> entries) {
  /** The numbers on the wire are the ordinals. */
  enum End {
    MORE,
    COMPLETE,
    /** The end, but some names could not be listed or looked at. */
    INCOMPLETE
  }

  void write(MessageWriter message) {
    message.u8(Protocol.LISTING).u32(batch).u32(listing).bool(wholeDirectory).u8(end.ordinal());
    message.bytes(directory.bytes());
    metadata.write(message);
    message.list(entries, (m, entry) -> entry.write(m));
  }

  /** Reads what follows the type. */
  static ListingMessage read(MessageReader message) throws WireException {
    int batch = message.u32();
    int listing = message.u32();
    boolean wholeDirectory = message.bool();
    int end = message.u8();
    if (end >= End.values().length) {
      throw new WireException("malformed message: end of listing " + end);
    }
    TreePath directory = TreePath.received(message.bytes(TreePath.BYTES_MAX));
    Metadata metadata = Metadata.read(message);
    List<Entry> entries = message.list(Protocol.BATCH_ENTRIES_MAX, Entry::read);
    message.end();
    return new ListingMessage(
        batch, listing, wholeDirectory, End.values()[end], directory, metadata, entries);
  }
}
