package dev.godwit.sync;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compares two trees by reading both, as a proof that shares nothing with the copy's own records:
 * types, permissions, owners, sizes, times, link texts, device numbers, access control lists,
 * extended attributes, and content when asked.
 */
public final class Compare {
  private final String nameA;
  private final String nameB;
  private final boolean content;
  private final List<Difference> first = new ArrayList<>();
  private long differences;
  private long names;
  private long bytes;

  private Compare(String nameA, String nameB, boolean content) {
    this.nameA = nameA;
    this.nameB = nameB;
    this.content = content;
  }

  /** As {@link #run(Host, byte[], Host, byte[], List, boolean)} without excludes. */
  public static CompareResult run(Host a, byte[] rootA, Host b, byte[] rootB, boolean content)
      throws HostException, WireException {
    return run(a, rootA, b, rootB, List.of(), content);
  }

  /**
   * Reads both trees at the same time.
   *
   * @param excludes as of the copy: what they match is not compared
   * @param content whether the files' content is read and compared (SHA-256)
   * @throws WireException when a tree cannot be read at all; the message says which and why
   */
  public static CompareResult run(
      Host a, byte[] rootA, Host b, byte[] rootB, List<String> excludes, boolean content)
      throws HostException, WireException {
    try (Channel channelA =
            a.open(DigestAbility.NAME, DigestAbility.argument(rootA, excludes, content));
        Channel channelB =
            b.open(DigestAbility.NAME, DigestAbility.argument(rootB, excludes, content))) {
      channelA.finish();
      channelB.finish();
      Compare compare = new Compare(a.name(), b.name(), content);
      compare.merge(new Entries(channelA), new Entries(channelB));
      return new CompareResult(
          compare.names, compare.bytes, compare.differences, List.copyOf(compare.first));
    }
  }

  private void merge(Entries entriesA, Entries entriesB) throws WireException {
    DigestEntry a = entriesA.next();
    DigestEntry b = entriesB.next();
    while (a != null || b != null) {
      int order = a == null ? 1 : b == null ? -1 : order(a.path(), b.path());
      if (a != null && order < 0) {
        only(a, nameA);
        a = entriesA.next();
      } else if (b != null && order > 0) {
        only(b, nameB);
        b = entriesB.next();
      } else if (a != null && b != null) {
        both(a, b);
        a = entriesA.next();
        b = entriesB.next();
      }
    }
  }

  /** The order of {@link DigestAbility}: component by component, each by its bytes. */
  private static int order(TreePath a, TreePath b) {
    byte[] left = a.bytes();
    byte[] right = b.bytes();
    int at = Arrays.mismatch(left, right);
    if (at < 0 || at == left.length || at == right.length) {
      return Integer.compare(left.length, right.length);
    }
    // '/' ends a component, and a shorter name comes before a longer one.
    int l = left[at] == '/' ? -1 : left[at] & 0xff;
    int r = right[at] == '/' ? -1 : right[at] & 0xff;
    return Integer.compare(l, r);
  }

  private void only(DigestEntry entry, String host) {
    names++;
    differs(entry, entry.trouble().isEmpty() ? "only on " + host : trouble(entry, host));
  }

  private static String trouble(DigestEntry entry, String host) {
    return "cannot be read on " + host + ": " + Names.display(Names.of(entry.trouble()));
  }

  private void both(DigestEntry a, DigestEntry b) {
    names++;
    if (!a.trouble().isEmpty() || !b.trouble().isEmpty()) {
      differs(a, a.trouble().isEmpty() ? trouble(b, nameB) : trouble(a, nameA));
      return;
    }
    if (a.kind() != b.kind()) {
      differs(a, "type " + a.kind().word + " and " + b.kind().word);
      return;
    }
    if (a.kind() == DigestEntry.Kind.FILE) {
      bytes += a.metadata().size();
    }
    List<String> found = new ArrayList<>();
    compare(a, b, found);
    if (!found.isEmpty()) {
      differs(a, String.join(", ", found));
    }
  }

  private void compare(DigestEntry a, DigestEntry b, List<String> found) {
    Metadata left = a.metadata();
    Metadata right = b.metadata();
    boolean isFile = a.kind() == DigestEntry.Kind.FILE;
    boolean isLink = a.kind() == DigestEntry.Kind.SYMLINK;
    if (isFile && left.size() != right.size()) {
      found.add("size " + left.size() + " and " + right.size());
    } else if (isFile && content && !Arrays.equals(a.content(), b.content())) {
      found.add("content");
    } else if (isLink && !Arrays.equals(a.content(), b.content())) {
      found.add("link to " + Names.display(a.content()) + " and " + Names.display(b.content()));
    }
    boolean isDevice =
        a.kind() == DigestEntry.Kind.CHARACTER_DEVICE || a.kind() == DigestEntry.Kind.BLOCK_DEVICE;
    if (isDevice && !Arrays.equals(a.content(), b.content())) {
      found.add("device " + Names.display(a.content()) + " and " + Names.display(b.content()));
    }
    if (!Arrays.equals(a.acls(), b.acls())) {
      found.add("access control lists");
    }
    if (!Arrays.equals(a.xattrs(), b.xattrs())) {
      found.add("extended attributes");
    }
    if (!isLink && left.permissions() != right.permissions()) {
      found.add(String.format("mode %04o and %04o", left.permissions(), right.permissions()));
    }
    if (left.uid() != right.uid() || left.gid() != right.gid()) {
      found.add("owner " + owner(left) + " and " + owner(right));
    }
    boolean hasTime =
        a.kind() != DigestEntry.Kind.FIFO; // what a fifo's time says is who wrote last
    if (hasTime && (left.seconds() != right.seconds() || left.nanos() != right.nanos())) {
      found.add("time " + time(left) + " and " + time(right));
    }
  }

  private static String owner(Metadata metadata) {
    return Integer.toUnsignedString(metadata.uid())
        + ":"
        + Integer.toUnsignedString(metadata.gid());
  }

  private static String time(Metadata metadata) {
    return String.format("%d.%09d", metadata.seconds(), metadata.nanos());
  }

  private void differs(DigestEntry entry, String what) {
    differences++;
    if (first.size() < CompareResult.SHOWN_MAX) {
      first.add(new Difference(entry.path().bytes(), what));
    }
  }

  /** One host's entries as they come; checks that they come in order. */
  private static final class Entries {
    private final Channel channel;
    private MessageReader message = new MessageReader(new byte[0]);
    private @Nullable TreePath last;

    Entries(Channel channel) {
      this.channel = channel;
    }

    @Nullable DigestEntry next() throws WireException {
      while (message.remaining() == 0) {
        byte[] next = channel.receive();
        if (next == null) {
          return null;
        }
        message = new MessageReader(next);
      }
      DigestEntry entry = DigestEntry.read(message);
      TreePath path = entry.path();
      boolean isTrouble = !entry.trouble().isEmpty(); // may follow the directory's own entry
      if (last != null && order(last, path) >= (isTrouble ? 1 : 0)) {
        throw new WireException(channel.peer() + " lists its tree out of order");
      }
      last = path;
      return entry;
    }
  }
}
