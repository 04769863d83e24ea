package dev.godwit.sync;

import dev.godwit.host.Ability;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tells everything of a tree in one fixed order, for a comparison: {@code sync.digest}. A
 * directory's name is followed by what is in it; names are in the order of their bytes.
 */
public final class DigestAbility implements Ability {
  public static final String NAME = "sync.digest";

  private static final int VERSION = 2;
  private static final int EXCLUDES_MAX = 10_000;
  private static final int EXCLUDE_BYTES_MAX = 4096;
  private static final int MESSAGE_BYTES = 64 * 1024;

  private static final String ACLS = "system.posix_acl_";

  /** What the host itself says of an inode, and another host otherwise. */
  private static final byte[] OF_THE_HOST = Names.of("security.selinux");

  static byte[] argument(byte[] root, List<String> excludes, boolean content) {
    return new MessageWriter().u8(VERSION).bytes(root).texts(excludes).bool(content).toBytes();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    int version = reader.u8();
    if (version != VERSION) {
      throw new WireException(
          "trees are told by version " + version + "; use the same Godwit on both hosts");
    }
    byte[] path = reader.bytes(TreePath.BYTES_MAX);
    List<String> excludes = reader.texts(EXCLUDES_MAX, EXCLUDE_BYTES_MAX);
    boolean content = reader.bool();
    reader.end();
    try (TreeRoot root = TreeRoot.open(path)) {
      new Walk(channel, root, Excludes.of(Excludes.patterns(excludes), path), content).run();
    } catch (LinuxException e) {
      throw new WireException("unable to read " + Names.display(path) + ": " + e.reason(), e);
    }
  }

  private static final class Walk {
    private final Channel channel;
    private final TreeRoot root;
    private final Excludes excludes;
    private final boolean content;
    private final MessageWriter message = new MessageWriter(2 * MESSAGE_BYTES);
    private final ContentSum sums = new ContentSum();

    Walk(Channel channel, TreeRoot root, Excludes excludes, boolean content) {
      this.channel = channel;
      this.root = root;
      this.excludes = excludes;
      this.content = content;
    }

    void run() throws LinuxException, WireException {
      tell(
          new DigestEntry(
              TreePath.ROOT,
              DigestEntry.Kind.DIRECTORY,
              Metadata.of(root.handle().status()),
              DigestEntry.NOTHING,
              attributes(root.handle(), true),
              attributes(root.handle(), false),
              ""));
      below(TreePath.ROOT);
      if (message.length() > 0) {
        message.sendTo(channel);
      }
    }

    private void tell(DigestEntry entry) throws WireException {
      entry.write(message);
      if (message.length() > MESSAGE_BYTES) {
        message.sendTo(channel);
        message.reset();
      }
    }

    /** No handle is held while it goes deeper: a tree may be deeper than a process has handles. */
    private void below(TreePath path) throws WireException {
      List<byte[]> names;
      try (DirectoryHandle directory = root.directory(path)) {
        names =
            directory.entries().stream()
                .map(DirectoryEntry::name)
                .sorted(Arrays::compareUnsigned)
                .toList();
      } catch (LinuxException e) {
        trouble(path, e);
        return;
      }
      for (byte[] name : names) {
        one(path, name);
      }
    }

    private void one(TreePath path, byte[] name) throws WireException {
      TreePath here = path.child(name);
      boolean isDirectory;
      try (DirectoryHandle directory = root.directory(path)) {
        FileStatus status = directory.status(name);
        if (status == null
            || TemporaryNames.isTemporary(name)
            || excludes.hides(path, name, status.isDirectory())) {
          return;
        }
        isDirectory = status.isDirectory();
        DigestEntry.Kind kind = DigestEntry.Kind.of(status);
        byte[] told =
            switch (kind) {
              case FILE -> content ? sum(directory, name) : DigestEntry.NOTHING;
              case SYMLINK -> directory.readLink(name);
              case CHARACTER_DEVICE, BLOCK_DEVICE ->
                  Names.of(
                      (status.specialDevice() >>> 32)
                          + ","
                          + (status.specialDevice() & 0xffff_ffffL));
              case DIRECTORY, FIFO, SOCKET -> DigestEntry.NOTHING;
            };
        try (FileHandle inode = directory.openPath(name)) {
          byte[] acls = attributes(inode, true);
          byte[] xattrs = attributes(inode, false);
          tell(new DigestEntry(here, kind, Metadata.of(status), told, acls, xattrs, ""));
        }
      } catch (LinuxException e) {
        trouble(here, e);
        return;
      }
      if (isDirectory) {
        below(here);
      }
    }

    /**
     * The sum of an inode's access control lists, which are extended attributes too (acl(5)), or of
     * its others.
     */
    private byte[] attributes(Handle inode, boolean areAcls) throws LinuxException {
      List<byte[]> names = new ArrayList<>(inode.xattrs());
      names.removeIf(
          name ->
              Arrays.equals(name, OF_THE_HOST) || areAcls != Names.display(name).startsWith(ACLS));
      if (names.isEmpty()) {
        return DigestEntry.NOTHING;
      }
      names.sort(Arrays::compareUnsigned);
      MessageWriter all = new MessageWriter();
      for (byte[] name : names) {
        byte[] value = inode.xattr(name);
        if (value != null) {
          all.bytes(name).bytes(value);
        }
      }
      return sums.of(all.array(), all.length());
    }

    private void trouble(TreePath path, LinuxException e) throws WireException {
      tell(DigestEntry.unreadable(path, e.reason()));
    }

    private byte[] sum(DirectoryHandle directory, byte[] name) throws LinuxException {
      try (FileHandle inode = directory.openPath(name)) {
        if (!inode.status().isRegular()) {
          return DigestEntry.NOTHING; // it was exchanged since; the kind differs on the next run
        }
        try (FileHandle file = inode.reopenForReading()) {
          return sums.of(file);
        }
      }
    }
  }
}
