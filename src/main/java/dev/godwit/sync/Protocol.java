package dev.godwit.sync;

import dev.godwit.wire.WireException;

/**
 * The messages between the two sides of a copy; the first byte of each is its type.
 *
 * <p>The source sends listings in batches; the target compares and answers each batch with what it
 * wants; the source sends the content of that and nothing else; the target says when a batch is
 * done. The source never waits for room to send while it has something to receive, and the target
 * bounds what it holds by the batches that it has not reported as done: so neither can block the
 * other for ever.
 */
final class Protocol {
  static final int VERSION = 3;

  // source -> target
  /** A batch of a directory's entries: see {@link ListingMessage}. */
  static final int LISTING = 1;

  /** Records of file content: see {@link FileRecords}. */
  static final int FILES = 2;

  /** number, durable: everything before is done; answer when it is on disk. */
  static final int BARRIER = 3;

  /** Nothing more comes; answer when everything has come to rest. */
  static final int FINISH = 4;

  /** path: from now on nothing at, below or above it is removed (H25). */
  static final int KEEP = 5;

  // target -> source
  /** batch, indices: send the content of these. */
  static final int WANT = 16;

  /** batch, indices: these directories of a look at names were made just now; look below them. */
  static final int LACKS = 17;

  /** batch: the directory of the batch does not exist here; look at its parent. */
  static final int MISSING = 18;

  /** path: a whole directory was removed here; look whether that is still right. */
  static final int REMOVED = 19;

  /** batch, figures: everything of it is applied or has failed. */
  static final int DONE = 20;

  static final int PROBLEM = 21;

  /** A problem after which nothing more is done (H27). */
  static final int HALT = 22;

  /** number. */
  static final int BARRIER_DONE = 23;

  static final int FINISHED = 24;

  /** batch, index: its content is of no use any more. */
  static final int CANCEL = 25;

  /** batch, indices with the sum of what stands here: send the content of those that differ. */
  static final int SUMS = 26;

  // between the controller and the source side; never passed through a pump
  static final int CONTROLLER_ONLY = 0x80;
  static final int CONTROL = 0x80;
  static final int REPORT = 0x81;

  /** How many entries one batch holds at most. */
  static final int BATCH_ENTRIES_MAX = 1000;

  /** How many bytes of entries one batch holds at most; leaves room for one more and the head. */
  static final int BATCH_BYTES_MAX = 128 * 1024;

  /** Batches and entries that are under way at most: bounds the memory of both sides. */
  static final int OPEN_BATCHES_MAX = 1024;

  static final int OPEN_ENTRIES_MAX = 32 * 1024;

  /** How many paths may be kept. */
  static final int KEPT_MAX = 10_000;

  private Protocol() {}

  static void checkVersion(int version) throws WireException {
    if (version != VERSION) {
      throw new WireException(
          "the other side copies files by version "
              + version
              + " of the protocol, this one by version "
              + VERSION
              + "; use the same version of godwit on both hosts");
    }
  }

  static WireException unexpected(int type, String from) {
    return new WireException("message " + type + " is not one that the " + from + " sends");
  }
}
