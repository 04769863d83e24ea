package dev.godwit.stage;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sha256;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;

/**
 * What trees are like: two of them are equal when no name in between was written, removed, added or
 * changed in any way that the kernel knows of. The time of an inode's change (ctime) cannot be set
 * back by anybody, so no content needs to be read.
 *
 * @param names how many
 * @param digest of all of them, in no order
 */
public record Seal(long names, long digest) {
  static Seal of(List<byte[]> roots) throws LinuxException {
    Reader reader = new Reader();
    for (byte[] root : roots) {
      try (DirectoryHandle tree = DirectoryHandle.open(root)) {
        reader.add(0, root, tree.status());
        reader.below(tree);
      }
    }
    return new Seal(reader.names, reader.digest);
  }

  void write(MessageWriter out) {
    out.u64(names).u64(digest);
  }

  static Seal read(MessageReader in) throws WireException {
    return new Seal(in.u64(), in.u64());
  }

  private static final class Reader {
    private final MessageDigest sha256 = Sha256.ofJava();
    private long names;
    private long digest;

    void below(DirectoryHandle directory) throws LinuxException {
      long parent = directory.status().inode();
      for (List<DirectoryEntry> some = directory.nextEntries();
          some != null;
          some = directory.nextEntries()) {
        for (DirectoryEntry entry : some) {
          FileStatus status = directory.status(entry.name());
          if (status == null) {
            continue; // and so it is missing in the sum
          }
          add(parent, entry.name(), status);
          if (status.isDirectory()) {
            try (DirectoryHandle child = directory.beneath(entry.name())) {
              below(child);
            }
          }
        }
      }
    }

    /** A sum, since a directory gives its names in any order. */
    void add(long parent, byte[] name, FileStatus status) {
      ByteBuffer fields = ByteBuffer.allocate(7 * Long.BYTES);
      fields.putLong(parent).putLong(status.inode()).putLong(status.device());
      fields.putLong(status.mode()).putLong(status.size());
      fields.putLong(status.ctimeTotalNanos()).putLong(status.mtimeTotalNanos());
      sha256.update(fields.array());
      digest += ByteBuffer.wrap(sha256.digest(name)).getLong();
      names++;
    }
  }
}
