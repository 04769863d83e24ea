package dev.godwit.sync;

import dev.godwit.host.Ability;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * Tells everything of a tree in one fixed order, for a comparison: {@code sync.digest}. A
 * directory's name is followed by what is in it; names are in the order of their bytes.
 */
public final class DigestAbility implements Ability {
  public static final String NAME = "sync.digest";

  private static final int MESSAGE_BYTES = 64 * 1024;

  static byte[] argument(byte[] root, List<String> excludes, boolean content) {
    return new MessageWriter()
        .u8(Protocol.VERSION)
        .bytes(root)
        .texts(excludes)
        .bool(content)
        .toBytes();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    Protocol.checkVersion(reader.u8());
    byte[] path = reader.bytes(TreePath.BYTES_MAX);
    List<String> excludes =
        reader.texts(TargetOptions.EXCLUDES_MAX, TargetOptions.EXCLUDE_BYTES_MAX);
    boolean content = reader.bool();
    reader.end();
    try (TreeRoot root = TreeRoot.open(path)) {
      new Walk(channel, root, Excludes.of(Excludes.patterns(excludes), false, path), content).run();
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
              Entry.Kind.DIRECTORY,
              Metadata.of(root.handle().status()),
              Entry.NO_TEXT,
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
      Entry.Kind kind;
      try (DirectoryHandle directory = root.directory(path)) {
        FileStatus status = directory.status(name);
        if (status == null
            || TemporaryNames.isTemporary(name)
            || excludes.hides(path, name, status.isDirectory())) {
          return;
        }
        kind = Entry.kindOf(status);
        if (kind == Entry.Kind.SKIPPED) {
          return;
        }
        byte[] told =
            switch (kind) {
              case FILE -> content ? sum(directory, name) : Entry.NO_TEXT;
              case SYMLINK -> directory.readLink(name);
              case DIRECTORY, FIFO, SKIPPED, MISSING -> Entry.NO_TEXT;
            };
        tell(new DigestEntry(here, kind, Metadata.of(status), told, ""));
      } catch (LinuxException e) {
        trouble(here, e);
        return;
      }
      if (kind == Entry.Kind.DIRECTORY) {
        below(here);
      }
    }

    private void trouble(TreePath path, LinuxException e) throws WireException {
      tell(new DigestEntry(path, Entry.Kind.SKIPPED, Metadata.NONE, Entry.NO_TEXT, e.reason()));
    }

    private byte[] sum(DirectoryHandle directory, byte[] name) throws LinuxException {
      try (FileHandle inode = directory.openPath(name)) {
        if (!inode.status().isRegular()) {
          return Entry.NO_TEXT; // it was exchanged since; the kind differs on the next run
        }
        try (FileHandle file = inode.reopenForReading()) {
          return sums.of(file);
        }
      }
    }
  }
}
