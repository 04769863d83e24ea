package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * One inode of the source on the wire, apart from a listing: names of owners, mode, size, then what
 * is kept of it.
 */
record InodeRecord(FileStatus status, Attributes attributes) {
  private static final int ATTRIBUTES_BYTES_MAX = 1 << 20;
  private static final int MODE_MAX = 0177777;

  /** How many bytes {@link #write} takes, about. */
  int bytesMax() {
    return attributes.wireBytes() + 1024;
  }

  void write(CompactWriter out, OwnerNotes owners) throws LinuxException {
    owners.write(out, List.of(attributes));
    out.number(status.mode()).number(status.size());
    MessageWriter blob = new MessageWriter(attributes.wireBytes());
    attributes.write(blob, true);
    out.number(blob.length()).raw(blob.array(), 0, blob.length());
  }

  /**
   * @param listed as the inode was listed: what does not change is taken from it
   */
  static InodeRecord read(CompactReader in, FileStatus listed, Owners owners) throws WireException {
    OwnerNotes.read(in, owners);
    int mode = in.number(MODE_MAX);
    long size = in.number(Long.MAX_VALUE);
    Attributes attributes = attributes(in, mode);
    FileStatus status =
        new FileStatus(
            mode,
            attributes.uid(),
            attributes.gid(),
            size,
            attributes.atimeSeconds(),
            attributes.atimeNanos(),
            attributes.mtimeSeconds(),
            attributes.mtimeNanos(),
            0,
            0,
            listed.inode(),
            0,
            attributes.specialDevice(),
            listed.links(),
            Long.MAX_VALUE,
            listed.birthNanos(),
            0);
    return new InodeRecord(status, attributes);
  }

  static Attributes attributes(CompactReader in, int mode) throws WireException {
    MessageReader blob = new MessageReader(in.bytes(ATTRIBUTES_BYTES_MAX));
    Attributes attributes = Attributes.read(blob);
    blob.end();
    if ((attributes.mode() & FileStatus.TYPE) != (mode & FileStatus.TYPE)) {
      throw CompactReader.malformed("attributes of another type");
    }
    return attributes;
  }
}
