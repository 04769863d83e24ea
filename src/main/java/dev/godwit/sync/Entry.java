package dev.godwit.sync;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * One name of a directory of the source, as the source saw it.
 *
 * @param linkGroup not 0 when the inode has several names; the same number for each of them
 * @param linkText of a symbolic link; otherwise empty
 * @param suspect a file whose content may differ although its size and time do not (H19)
 */
@SuppressWarnings("ArrayRecordComponent") // names are bytes; entries are never compared as a whole
record Entry(
    byte[] name, Kind kind, Metadata metadata, long linkGroup, byte[] linkText, boolean suspect) {
  /** What stands at the name. The numbers on the wire are the ordinals. */
  enum Kind {
    FILE,
    DIRECTORY,
    SYMLINK,
    FIFO,
    /** Something that is not copied: sockets and devices. What the target has stays. */
    SKIPPED,
    /** Looked for and not there. */
    MISSING
  }

  static final byte[] NO_TEXT = {};
  static final int LINK_TEXT_MAX = 4095;

  /** The most bytes that one entry takes on the wire. */
  static final int BYTES_MAX =
      1 + 4 + Names.NAME_BYTES_MAX + Metadata.BYTES + 8 + 1 + 4 + LINK_TEXT_MAX;

  static Entry missing(byte[] name) {
    return new Entry(name, Kind.MISSING, Metadata.NONE, 0, NO_TEXT, false);
  }

  static Entry skipped(byte[] name) {
    return new Entry(name, Kind.SKIPPED, Metadata.NONE, 0, NO_TEXT, false);
  }

  static Kind kindOf(FileStatus status) {
    if (status.isRegular()) {
      return Kind.FILE;
    }
    if (status.isDirectory()) {
      return Kind.DIRECTORY;
    }
    if (status.isSymbolicLink()) {
      return Kind.SYMLINK;
    }
    return status.isFifo() ? Kind.FIFO : Kind.SKIPPED;
  }

  void write(MessageWriter message) {
    message.u8(kind.ordinal()).bytes(name);
    switch (kind) {
      case MISSING, SKIPPED -> {}
      case FILE -> metadata.write(message.u64(linkGroup).bool(suspect));
      case SYMLINK -> metadata.write(message.bytes(linkText));
      case DIRECTORY, FIFO -> metadata.write(message);
    }
  }

  static Entry read(MessageReader message) throws WireException {
    int number = message.u8();
    if (number >= Kind.values().length) {
      throw new WireException("malformed message: an entry of kind " + number);
    }
    Kind kind = Kind.values()[number];
    byte[] name = message.bytes(Names.NAME_BYTES_MAX);
    if (!Names.isComponent(name)) {
      throw new WireException("malformed message: not a name: " + Names.display(name));
    }
    long linkGroup = kind == Kind.FILE ? message.u64() : 0;
    boolean suspect = kind == Kind.FILE && message.bool();
    byte[] linkText = kind == Kind.SYMLINK ? message.bytes(LINK_TEXT_MAX) : NO_TEXT;
    Metadata metadata =
        kind == Kind.MISSING || kind == Kind.SKIPPED ? Metadata.NONE : Metadata.read(message);
    return new Entry(name, kind, metadata, linkGroup, linkText, suspect);
  }
}
