package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * What is kept of an inode beside its content.
 *
 * @param permissions the lower 12 bits of the mode
 * @param size in bytes
 */
record Metadata(int permissions, int uid, int gid, long size, long seconds, int nanos) {
  static final Metadata NONE = new Metadata(0, 0, 0, 0, 0, 0);

  /** The same of a file on another host. */
  Metadata mapped(IdMap owners) {
    return owners.isEmpty()
        ? this
        : new Metadata(permissions, owners.user(uid), owners.group(gid), size, seconds, nanos);
  }

  void write(MessageWriter message) {
    message.u32(permissions).u32(uid).u32(gid).u64(size).u64(seconds).u32(nanos);
  }

  static Metadata read(MessageReader message) throws WireException {
    int permissions = message.count(07777);
    int uid = owner(message);
    int gid = owner(message);
    long size = message.u64();
    long seconds = message.u64();
    int nanos = message.count(999_999_999);
    if (size < 0) {
      throw new WireException("malformed message: a size of " + size);
    }
    return new Metadata(permissions, uid, gid, size, seconds, nanos);
  }

  /** chown(2) takes -1 for "leave it"; from a peer it would be an owner nobody asked for (H11). */
  private static int owner(MessageReader message) throws WireException {
    int id = message.u32();
    if (id == -1) {
      throw new WireException("malformed message: not an owner");
    }
    return id;
  }
}
