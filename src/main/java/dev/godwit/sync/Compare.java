package dev.godwit.sync;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.Names;
import dev.godwit.sync.content.ContentSum;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares two trees by reading both, as a proof that shares nothing with the copy's own records:
 * types, permissions, owners, sizes, times, link texts, which names are one file, device numbers,
 * access control lists, extended attributes, and content when asked.
 */
public final class Compare {
  /**
   * One of the two.
   *
   * @param root absolute
   * @param owners the numbers that its users and groups have on the other tree's host
   */
  @SuppressWarnings("ArrayRecordComponent") // the path is bytes; trees are never compared so
  public record Tree(Host host, byte[] root, IdMap owners) {
    /** Whose users and groups have the same numbers on the other tree's host. */
    public Tree(Host host, byte[] root) {
      this(host, root, IdMap.NONE);
    }
  }

  /** Told how far a comparison is, often; must not wait. */
  @FunctionalInterface
  public interface Listener {
    /**
     * @param files equal or not, on both sides
     * @param bytes of these
     */
    void compared(long files, long bytes);
  }

  private final String nameA;
  private final String nameB;
  private final IdMap ownA;
  private final IdMap ownB;
  private final boolean content;
  private final int keptMax;
  private final Listener listener;
  private final MessageWriter entry = new MessageWriter();
  private final ContentSum sums = new ContentSum();
  private final ContentSum all = new ContentSum();
  private final List<Difference> first = new ArrayList<>();
  private long differences;
  private long names;
  private long files;
  private long bytes;

  private Compare(Tree a, Tree b, boolean content, int keptMax, Listener listener) {
    this.nameA = a.host().name();
    this.nameB = b.host().name();
    this.ownA = a.owners().inverse();
    this.ownB = b.owners().inverse();
    this.content = content;
    this.keptMax = keptMax;
    this.listener = listener;
  }

  /**
   * Reads both trees at the same time.
   *
   * @param excludes as of the copy: what they match is not compared
   * @param content whether the files' content is read and compared (SHA-256)
   * @throws WireException when a tree cannot be read at all; the message says which and why
   */
  public static CompareResult run(
      Tree a, Tree b, List<String> excludes, boolean content, Listener listener)
      throws HostException, WireException {
    try (Channel channelA = open(a, excludes, content, false);
        Channel channelB = open(b, excludes, content, false)) {
      channelA.finish();
      channelB.finish();
      return new Compare(a, b, content, CompareResult.KEPT_MAX, listener).merge(channelA, channelB);
    }
  }

  /**
   * Looks once more at names that differed, and at nothing else.
   *
   * @param excludes as before
   * @param differences at most {@link CompareResult#KEPT_MAX}
   * @return those that still differ, by their content too
   */
  public static List<Difference> again(
      Tree a, Tree b, List<String> excludes, Collection<Difference> differences)
      throws HostException, WireException {
    Set<TreePath> wanted = new HashSet<>();
    Set<TreePath> names = new TreeSet<>(Compare::order);
    for (Difference one : differences) {
      wanted.add(TreePath.of(one.path()));
      one.sameFile().forEach(name -> names.add(TreePath.of(name)));
    }
    names.addAll(wanted);
    try (Channel channelA = open(a, excludes, true, true);
        Channel channelB = open(b, excludes, true, true)) {
      DigestAbility.ask(channelA, names);
      DigestAbility.ask(channelB, names);
      CompareResult found =
          new Compare(a, b, true, names.size(), (files, bytes) -> {}).merge(channelA, channelB);
      return found.first().stream()
          .filter(one -> wanted.contains(TreePath.of(one.path())))
          .toList();
    }
  }

  private static Channel open(Tree tree, List<String> excludes, boolean content, boolean isOfNames)
      throws HostException {
    return tree.host()
        .open(
            DigestAbility.NAME,
            DigestAbility.argument(tree.root(), excludes, content, isOfNames, tree.owners()));
  }

  private CompareResult merge(Channel channelA, Channel channelB) throws WireException {
    Entries entriesA = new Entries(channelA);
    Entries entriesB = new Entries(channelB);
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
    String digest = differences == 0 ? HexFormat.of().formatHex(all.end()) : "";
    return new CompareResult(names, files, bytes, digest, differences, first);
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

  private void only(DigestEntry one, String host) {
    names++;
    differs(one, null, one.trouble().isEmpty() ? "only on " + host : trouble(one, host));
  }

  private static String trouble(DigestEntry one, String host) {
    return "cannot be read on " + host + ": " + Names.display(Names.of(one.trouble()));
  }

  private void both(DigestEntry a, DigestEntry b) {
    names++;
    if (!a.trouble().isEmpty() || !b.trouble().isEmpty()) {
      differs(a, b, a.trouble().isEmpty() ? trouble(b, nameB) : trouble(a, nameA));
      return;
    }
    if (a.kind() != b.kind()) {
      differs(a, b, "type " + a.kind().word + " and " + b.kind().word);
      return;
    }
    if (a.kind() == DigestEntry.Kind.FILE) {
      files++;
      bytes += a.metadata().size();
      listener.compared(files, bytes);
    }
    List<String> found = new ArrayList<>();
    compare(a, b, found);
    if (found.isEmpty()) {
      entry.reset();
      a.write(entry);
      all.add(entry.array(), entry.length());
    } else {
      differs(a, b, String.join(", ", found));
    }
  }

  private void compare(DigestEntry a, DigestEntry b, List<String> found) {
    Metadata left = a.metadata();
    Metadata right = b.metadata();
    boolean isSame = Arrays.equals(a.content(), b.content());
    switch (a.kind()) {
      case FILE -> {
        if (left.size() != right.size()) {
          found.add("size " + left.size() + " and " + right.size());
        } else if (content && !isSame) {
          found.add("content");
        }
      }
      case SYMLINK -> {
        if (!isSame) {
          found.add("link to " + Names.display(a.content()) + " and " + Names.display(b.content()));
        }
      }
      case CHARACTER_DEVICE, BLOCK_DEVICE -> {
        if (!isSame) {
          found.add("device " + Names.display(a.content()) + " and " + Names.display(b.content()));
        }
      }
      case DIRECTORY, FIFO, SOCKET -> {}
    }
    if (!Arrays.equals(a.firstName(), b.firstName())) {
      found.add("hard link to " + firstName(a) + " and " + firstName(b));
    }
    if (!Arrays.equals(a.acls(), b.acls())) {
      found.add("access control lists");
    }
    if (!Arrays.equals(a.xattrs(), b.xattrs())) {
      found.add("extended attributes");
    }
    if (left.permissions() != right.permissions()) {
      found.add(String.format("mode %04o and %04o", left.permissions(), right.permissions()));
    }
    if (left.uid() != right.uid() || left.gid() != right.gid()) {
      found.add(owners(left, right));
    }
    if (left.seconds() != right.seconds() || left.nanos() != right.nanos()) {
      found.add("time " + time(left) + " and " + time(right));
    }
  }

  private static String firstName(DigestEntry one) {
    return one.firstName().length == 0 ? "none" : Names.display(one.firstName());
  }

  /** Each with its own host's numbers, and what stands for the first one's on the other host. */
  private String owners(Metadata left, Metadata right) {
    String there = owner(left.mapped(ownB));
    String differ = "owner " + owner(left.mapped(ownA)) + " and " + owner(right.mapped(ownB));
    return there.equals(owner(left.mapped(ownA))) ? differ : differ + " in place of " + there;
  }

  private static String owner(Metadata metadata) {
    return Integer.toUnsignedString(metadata.uid())
        + ":"
        + Integer.toUnsignedString(metadata.gid());
  }

  private static String time(Metadata metadata) {
    return String.format("%d.%09d", metadata.seconds(), metadata.nanos());
  }

  private void differs(DigestEntry one, @Nullable DigestEntry other, String what) {
    differences++;
    if (first.size() >= keptMax) {
      return;
    }
    List<byte[]> sameFile = new ArrayList<>();
    entry.reset().text(what);
    one.write(entry);
    add(one.firstName(), sameFile);
    if (other != null) {
      other.write(entry);
      add(other.firstName(), sameFile);
    }
    byte[] seen = sums.of(entry.array(), entry.length());
    first.add(new Difference(one.path().bytes(), what, seen, sameFile));
  }

  private static void add(byte[] name, List<byte[]> names) {
    if (name.length > 0) {
      names.add(name);
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
