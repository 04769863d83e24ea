package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * One name of a tree as {@link DigestAbility} tells it.
 *
 * @param content SHA-256 of a file's content, the text of a symbolic link, or nothing
 * @param trouble why it could not be read; empty when it could
 */
@SuppressWarnings("ArrayRecordComponent") // bytes; compared field by field
record DigestEntry(
    TreePath path, Entry.Kind kind, Metadata metadata, byte[] content, String trouble) {
  private static final int TROUBLE_BYTES_MAX = 400;

  void write(MessageWriter message) {
    message.bytes(path.bytes()).u8(kind.ordinal());
    metadata.write(message);
    message.bytes(content).text(trouble);
  }

  static DigestEntry read(MessageReader message) throws WireException {
    TreePath path = TreePath.received(message.bytes(TreePath.BYTES_MAX));
    int kind = message.u8();
    if (kind >= Entry.Kind.values().length) {
      throw new WireException("malformed message: an entry of kind " + kind);
    }
    return new DigestEntry(
        path,
        Entry.Kind.values()[kind],
        Metadata.read(message),
        message.bytes(Entry.LINK_TEXT_MAX),
        message.text(TROUBLE_BYTES_MAX));
  }
}
