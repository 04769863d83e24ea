package dev.godwit.sync;

import dev.godwit.linux.FileStatus;
import dev.godwit.sync.content.ContentSum;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * One name of a tree as {@link DigestAbility} tells it.
 *
 * @param metadata what a copy keeps of it; see {@link #kept}
 * @param content SHA-256 of a file's content, the text of a symbolic link, the numbers of a device,
 *     or nothing
 * @param acls SHA-256 of its access control lists; nothing where it has none
 * @param xattrs SHA-256 of its other extended attributes; nothing where it has none
 * @param firstName of the names of the same file that are told, the one that comes first; nothing
 *     for that one itself
 * @param trouble why it could not be read; empty when it could
 */
@SuppressWarnings("ArrayRecordComponent") // bytes; compared field by field
record DigestEntry(
    TreePath path,
    Kind kind,
    Metadata metadata,
    byte[] content,
    byte[] acls,
    byte[] xattrs,
    byte[] firstName,
    String trouble) {
  /** What stands at the name. The numbers on the wire are the ordinals. */
  enum Kind {
    FILE("file"),
    DIRECTORY("directory"),
    SYMLINK("symbolic link"),
    FIFO("fifo"),
    SOCKET("socket"),
    CHARACTER_DEVICE("character device"),
    BLOCK_DEVICE("block device");

    final String word;

    Kind(String word) {
      this.word = word;
    }

    static Kind of(FileStatus status) {
      if (status.isRegular()) {
        return FILE;
      }
      if (status.isDirectory()) {
        return DIRECTORY;
      }
      if (status.isSymbolicLink()) {
        return SYMLINK;
      }
      if (status.isFifo() || status.isSocket()) {
        return status.isFifo() ? FIFO : SOCKET;
      }
      return (status.mode() & FileStatus.TYPE) == 0060000 ? BLOCK_DEVICE : CHARACTER_DEVICE;
    }
  }

  static final byte[] NOTHING = {};
  static final int CONTENT_BYTES_MAX = 4095;
  private static final int TROUBLE_BYTES_MAX = 400;

  static DigestEntry unreadable(TreePath path, String why) {
    return new DigestEntry(path, Kind.FILE, Metadata.NONE, NOTHING, NOTHING, NOTHING, NOTHING, why);
  }

  /**
   * The metadata without what says nothing: the size of what is no file is the file system's
   * affair, a symbolic link has no permissions, and the time of a fifo says who wrote last.
   */
  static Metadata kept(Kind kind, FileStatus status) {
    boolean hasTime = kind != Kind.FIFO;
    return new Metadata(
        kind == Kind.SYMLINK ? 0 : status.permissions(),
        status.uid(),
        status.gid(),
        kind == Kind.FILE ? status.size() : 0,
        hasTime ? status.mtimeSeconds() : 0,
        hasTime ? status.mtimeNanos() : 0);
  }

  void write(MessageWriter message) {
    message.bytes(path.bytes()).u8(kind.ordinal());
    metadata.write(message);
    message.bytes(content).bytes(acls).bytes(xattrs).bytes(firstName).text(trouble);
  }

  static DigestEntry read(MessageReader message) throws WireException {
    TreePath path = TreePath.received(message.bytes(TreePath.BYTES_MAX));
    int kind = message.u8();
    if (kind >= Kind.values().length) {
      throw new WireException("malformed message: an entry of kind " + kind);
    }
    return new DigestEntry(
        path,
        Kind.values()[kind],
        Metadata.read(message),
        message.bytes(CONTENT_BYTES_MAX),
        message.bytes(ContentSum.BYTES),
        message.bytes(ContentSum.BYTES),
        TreePath.received(message.bytes(TreePath.BYTES_MAX)).bytes(),
        message.text(TROUBLE_BYTES_MAX));
  }
}
