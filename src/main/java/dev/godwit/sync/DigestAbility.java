package dev.godwit.sync;

import dev.godwit.host.Ability;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Acl;
import dev.godwit.sync.content.ContentSum;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells everything of a tree in one fixed order, for a comparison: {@code sync.digest}. A
 * directory's name is followed by what is in it; names are in the order of their bytes. Or only
 * some names of it, which come in messages: those that are there, in the order that they come in.
 * What is mounted below the root is looked at like all else.
 */
public final class DigestAbility implements Ability {
  public static final String NAME = "sync.digest";

  /** How many names can be asked for. */
  static final int NAMES_MAX = 3 * CompareResult.KEPT_MAX;

  private static final int VERSION = 4;
  private static final int EXCLUDES_MAX = 10_000;
  private static final int EXCLUDE_BYTES_MAX = 4096;
  private static final int MESSAGE_BYTES = 64 * 1024;

  private static final String ACLS = "system.posix_acl_";

  /** What the host itself says of an inode, and another host otherwise. */
  private static final byte[] OF_THE_HOST = Names.of("security.selinux");

  /**
   * @param isOfNames whether names follow, in messages of {@link #ask}
   * @param owners the numbers that are told in the place of its own
   */
  static byte[] argument(
      byte[] root, List<String> excludes, boolean content, boolean isOfNames, IdMap owners) {
    MessageWriter argument =
        new MessageWriter().u8(VERSION).bytes(root).texts(excludes).bool(content).bool(isOfNames);
    owners.writeTo(argument);
    return argument.toBytes();
  }

  /** Asks for names of the tree, and finishes. */
  static void ask(Channel channel, Collection<TreePath> names) throws WireException {
    MessageWriter message = new MessageWriter(2 * MESSAGE_BYTES);
    for (TreePath name : names) {
      message.bytes(name.bytes());
      if (message.length() > MESSAGE_BYTES) {
        message.sendTo(channel);
        message.reset();
      }
    }
    if (message.length() > 0) {
      message.sendTo(channel);
    }
    channel.finish();
  }

  /** To the last one, before any is answered: neither side waits for the other's room. */
  private static List<TreePath> asked(Channel channel) throws WireException {
    List<TreePath> names = new ArrayList<>();
    for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
      MessageReader reader = new MessageReader(message);
      while (reader.remaining() > 0) {
        names.add(TreePath.received(reader.bytes(TreePath.BYTES_MAX)));
      }
      if (names.size() > NAMES_MAX) {
        throw new WireException("malformed message: more than " + NAMES_MAX + " names");
      }
    }
    return names;
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
    boolean isOfNames = reader.bool();
    IdMap owners = IdMap.read(reader);
    reader.end();
    try (TreeRoot root = TreeRoot.open(path)) {
      Excludes left = Excludes.of(Excludes.patterns(excludes), path);
      Walk walk = new Walk(channel, root, left, content, owners);
      if (isOfNames) {
        walk.names(asked(channel));
      } else {
        walk.all();
      }
    } catch (LinuxException e) {
      throw new WireException("unable to read " + Names.display(path) + ": " + e.reason(), e);
    }
  }

  private record Inode(long device, long number) {}

  private static final class Walk {
    private final Channel channel;
    private final TreeRoot root;
    private final Excludes excludes;
    private final boolean content;
    private final IdMap owners;
    private final MessageWriter message = new MessageWriter(2 * MESSAGE_BYTES);
    private final ContentSum sums = new ContentSum();

    /** The first name that was told of each file that has several. */
    private final Map<Inode, TreePath> firstNames = new HashMap<>();

    Walk(Channel channel, TreeRoot root, Excludes excludes, boolean content, IdMap owners) {
      this.channel = channel;
      this.root = root;
      this.excludes = excludes;
      this.content = content;
      this.owners = owners;
    }

    void all() throws LinuxException, WireException {
      root();
      below(TreePath.ROOT);
      flush();
    }

    void names(List<TreePath> names) throws LinuxException, WireException {
      for (TreePath name : names) {
        if (name.isRoot()) {
          root();
        } else {
          boolean unused = one(name.parent(), name.name());
        }
      }
      flush();
    }

    private void root() throws LinuxException, WireException {
      DirectoryHandle handle = root.handle();
      tell(
          new DigestEntry(
              TreePath.ROOT,
              DigestEntry.Kind.DIRECTORY,
              DigestEntry.kept(DigestEntry.Kind.DIRECTORY, handle.status()).mapped(owners),
              DigestEntry.NOTHING,
              attributes(handle, true),
              attributes(handle, false),
              DigestEntry.NOTHING,
              ""));
    }

    private void flush() throws WireException {
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
        if (one(path, name)) {
          below(path.child(name));
        }
      }
    }

    /** Tells one name, if it is there; returns whether it is a directory. */
    private boolean one(TreePath path, byte[] name) throws WireException {
      TreePath here = path.child(name);
      try (DirectoryHandle directory = root.directory(path)) {
        FileStatus status = directory.status(name);
        if (status == null
            || TemporaryNames.isTemporary(name)
            || excludes.hides(path, name, status.isDirectory())) {
          return false;
        }
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
          Metadata kept = DigestEntry.kept(kind, status).mapped(owners);
          tell(new DigestEntry(here, kind, kept, told, acls, xattrs, firstName(here, status), ""));
        }
        return status.isDirectory();
      } catch (LinuxException e) {
        trouble(here, e);
        return false;
      }
    }

    private byte[] firstName(TreePath here, FileStatus status) {
      if (status.isDirectory() || status.links() < 2) {
        return DigestEntry.NOTHING;
      }
      Inode inode = new Inode(status.device(), status.inode());
      TreePath first = firstNames.putIfAbsent(inode, here);
      return first == null ? DigestEntry.NOTHING : first.bytes();
    }

    /**
     * The sum of an inode's access control lists, which are extended attributes too (acl(5)), or of
     * its others.
     */
    private byte[] attributes(Handle inode, boolean areAcls) throws LinuxException {
      List<byte[]> names = new ArrayList<>(inode.xattrs());
      names.removeIf(
          name ->
              Arrays.equals(name, OF_THE_HOST)
                  || Acl.isStoredByXfs(name)
                  || areAcls != Names.display(name).startsWith(ACLS));
      if (names.isEmpty()) {
        return DigestEntry.NOTHING;
      }
      names.sort(Arrays::compareUnsigned);
      MessageWriter all = new MessageWriter();
      for (byte[] name : names) {
        byte[] value = inode.xattr(name);
        if (value != null) {
          all.bytes(name).bytes(areAcls ? AclDigest.mapped(value, owners) : value);
        }
      }
      return sums.of(all.array(), all.length());
    }

    /** What is not there, or not by this path any more, is no trouble: it is not told. */
    private void trouble(TreePath path, LinuxException e) throws WireException {
      int errno = e.errno();
      if (errno != Errno.ENOENT && errno != Errno.ENOTDIR && errno != Errno.ELOOP) {
        tell(DigestEntry.unreadable(path, e.reason()));
      }
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
