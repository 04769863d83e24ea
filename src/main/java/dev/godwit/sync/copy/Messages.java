package dev.godwit.sync.copy;

import dev.godwit.wire.WireException;

/**
 * The messages between the two sides of a copy; the first byte of each is its type.
 *
 * <p>The source lists its directories in the order of the copy, each before those in it, and never
 * waits for an answer to a listing; only how much is listed and not done is bounded. The target
 * compares, asks for content and says when a directory's files are done. A directory has a number:
 * the first one is 0, those in a directory are numbered when its listing is sent, in its order, by
 * both sides in the same way. So no path is ever sent, and a name is always one component below a
 * directory that the receiver of the message knows (H38).
 *
 * <p>No deadlock: the source's receiving thread never waits for anything but the channel; the
 * target's may wait for a writer, which waits for its disk and the source's receiving thread only.
 */
final class Messages {
  static final int VERSION = 1;

  // source -> target
  /** What is copied as a whole; the first message. See {@link Top}. */
  static final int TOP = 1;

  /** A part of the listing of one directory. See {@link ListingParts}. */
  static final int LISTING = 2;

  /** lane u8, then records of file content. See {@link ContentRecords}. */
  static final int CONTENT = 3;

  /**
   * Something could not be read: nothing may be removed in what is listed from now on, nor when all
   * is copied (H28).
   */
  static final int SOURCE_ERROR = 4;

  /**
   * directories, entries: everything was listed; the numbers are those of this pass (H47). Then
   * kinds and size of names that several arguments have, which count as often.
   */
  static final int LISTED = 5;

  /** directory, then index, name, value each: extended attributes too large for a listing. */
  static final int VALUES = 6;

  /**
   * directory, then how many entries lie between the one before and each: files of a look that are
   * compared by content where size and time are equal (H19).
   */
  static final int SUSPECTS = 7;

  /**
   * directory, then how many entries lie between the one before and each, with exchanged bool and a
   * path: where the target may have files of a look under other names. See {@link OldName}.
   */
  static final int CAME_FROM = 8;

  /** directory: those in it that the target lacks are not looked at now, but soon. */
  static final int LEAVES_MISSING = 9;

  /** directory: it came in the place of another one, whose names were all seen to go. */
  static final int REPLACED = 10;

  // target -> source
  /** Records of {@link Answers}. */
  static final int ANSWERS = 16;

  /** List everything once more: what is to be removed after the copy is found by it. */
  static final int LIST_AGAIN = 17;

  /** Everything is in its place; nothing more is wanted. */
  static final int FINISHED = 18;

  /** directory, index, message: for a delta (sync.content). */
  static final int DELTA = 19;

  /** What the hashes of all deltas depend on; once, before the first. */
  static final int KEY = 20;

  /**
   * wanted bool, and if so owners bool, key: whether listings shall have sums of files in the place
   * of the files, see {@link FileSums}. Once before anything of the copy itself is listed; once
   * more when it turns out that most of them are of no use.
   */
  static final int SUMS = 21;

  // between the controller and a side; never given to the other side
  static final int CONTROLLER_ONLY = 0x80;

  /** last bool, then a piece of the request. */
  static final int REQUEST = 0x80;

  /** Records of {@link EventSender}. */
  static final int EVENTS = 0x81;

  /** status, figures: how the copy ended on the target. */
  static final int RESULT = 0x82;

  /** A message with parts is sent when it has grown to this size, in bytes. */
  static final int PART_BYTES = 32 * 1024;

  /** Numbers of directories of a run. */
  static final int DIRECTORIES_MAX = Integer.MAX_VALUE - 8;

  /** Entries of one directory. */
  static final int ENTRIES_MAX = 1 << 28;

  static final int LANES_MAX = 8;

  /**
   * In the place of a lane, in a series of copies: one whole file of a listing that is not told to
   * its end, which nobody has asked for. Never compressed. The target takes it when it finds that
   * it wants it, so that a small change needs no answer.
   */
  static final int OFFERED = LANES_MAX;

  private Messages() {}

  static boolean isForController(byte[] message) {
    return message.length > 0 && (message[0] & 0xff) >= CONTROLLER_ONLY;
  }

  static void checkVersion(int version) throws WireException {
    if (version != VERSION) {
      throw new WireException(
          "the other side copies by version "
              + version
              + " of the protocol, this one by version "
              + VERSION
              + "; use the same version of godwit on both hosts");
    }
  }

  static WireException unexpected(int type, String from) {
    return CompactReader.malformed(type + " is not what the " + from + " sends here");
  }
}
