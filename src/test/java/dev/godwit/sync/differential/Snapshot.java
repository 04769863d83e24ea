package dev.godwit.sync.differential;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that can be seen of a tree on a disk. */
final class Snapshot {
  private static final int PREVIEW = 40;

  /** By path below the root; the root itself is not in it. */
  private final Map<String, Entry> entries = new TreeMap<>();

  /**
   * One name.
   *
   * @param content of a file; empty for all else
   * @param link text of a link
   * @param group the first path of this inode, when it has several names
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by hand
  record Entry(
      Posix.Status status,
      byte[] content,
      String link,
      Map<String, byte[]> attributes,
      String group) {}

  /** Reads the tree below {@code root}, without changing times of access. */
  static Snapshot of(String root) {
    Snapshot snapshot = new Snapshot();
    snapshot.read(root, "", new HashMap<>());
    return snapshot;
  }

  private void read(String root, String path, Map<String, String> first) {
    for (String name : Posix.names(path.isEmpty() ? root : root + "/" + path)) {
      String below = path.isEmpty() ? name : path + "/" + name;
      String whole = root + "/" + below;
      Posix.Status status = Posix.status(whole);
      Map<String, byte[]> attributes = new TreeMap<>();
      for (String attribute : Posix.attributes(whole)) {
        attributes.put(attribute, Posix.attribute(whole, attribute));
      }
      String group = "";
      if (status.links() > 1 && status.type() != Posix.S_IFDIR) {
        group = first.computeIfAbsent(status.device() + " " + status.inode(), inode -> below);
      }
      boolean isFile = status.type() == Posix.S_IFREG;
      entries.put(
          below,
          new Entry(
              status,
              isFile ? content(whole, below) : new byte[0],
              status.type() == Posix.S_IFLNK ? Posix.readLink(whole) : "",
              attributes,
              group));
      if (status.type() == Posix.S_IFDIR) {
        read(root, below, first);
      }
    }
  }

  /** Of the log of --log-file, the lines without time and process. */
  private static byte[] content(String path, String name) {
    byte[] content = Posix.read(path);
    if (!name.equals("log")) {
      return content;
    }
    String lines = Posix.text(content).replaceAll("(?m)^.{19} \\[[0-9]+\\] ", "");
    // What is in the way is told by each in its own words, and in rsync by whichever process.
    lines = lines.replaceAll("(?m)^(rsync|godwit)(: | error: ).*\n", "");
    return Posix.bytes(String.join("\n", new Output(lines).lines().stream().sorted().toList()));
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /**
   * What is compared besides what always is.
   *
   * @param targetTimes times of access of files at the target, {@code d}
   * @param sourceTimes the same at the source, {@code s}
   * @param blocks how much room files take
   */
  record Depth(boolean targetTimes, boolean sourceTimes, boolean blocks) {
    static final Depth ALL = new Depth(true, true, true);

    boolean hasAccessTime(String path) {
      return targetTimes && path.matches("d(/.*)?") || sourceTimes && path.matches("s2?(/.*)?");
    }
  }

  /**
   * What differs in {@code other}.
   *
   * @param now when the program that made this ran
   * @param otherNow the same for the other; times within both are equal, nobody set them
   */
  void compare(Snapshot other, Window now, Window otherNow, Depth depth, List<Difference> found) {
    Map<String, Entry> all = new TreeMap<>(entries);
    other.entries.forEach(all::putIfAbsent);
    for (String path : all.keySet()) {
      Entry a = entries.get(path);
      Entry b = other.entries.get(path);
      if (a == null) {
        found.add(new Difference("name", path, "absent", b == null ? "" : kind(b)));
      } else if (b == null) {
        found.add(new Difference("name", path, kind(a), "absent"));
      } else {
        compare(path, a, b, now, otherNow, depth, found);
      }
    }
  }

  private static void compare(
      String path,
      Entry a,
      Entry b,
      Window now,
      Window otherNow,
      Depth depth,
      List<Difference> found) {
    Posix.Status s = a.status;
    Posix.Status t = b.status;
    if (s.type() != t.type()) {
      found.add(new Difference("type", path, kind(a), kind(b)));
      return;
    }
    note(found, "mode", path, Integer.toOctalString(s.mode()), Integer.toOctalString(t.mode()));
    note(found, "owner", path, s.uid() + ":" + s.gid(), t.uid() + ":" + t.gid());
    note(found, "mtime", path, now.shown(s.mtime()), otherNow.shown(t.mtime()));
    note(found, "device", path, s.rdev(), t.rdev());
    note(found, "link", path, a.link, b.link);
    note(found, "hard-link", path, a.group, b.group);
    if (s.type() == Posix.S_IFREG) {
      if (!Arrays.equals(a.content, b.content)) {
        int at = Math.max(0, Arrays.mismatch(a.content, b.content));
        found.add(new Difference("content", path, preview(a.content, at), preview(b.content, at)));
      }
      if (depth.hasAccessTime(path)) {
        note(found, "atime", path, now.shown(s.atime()), otherNow.shown(t.atime()));
      }
      // Half a block size of rsync's and a page on each side of a hole may differ.
      long tolerance = 128 + s.blocks() / 8;
      if (depth.blocks && t.blocks() > s.blocks() + tolerance) {
        found.add(new Difference("blocks", path, "" + s.blocks(), "" + t.blocks()));
      }
    }
    note(found, "xattr", path, shown(a.attributes), shown(b.attributes));
  }

  private static void note(List<Difference> found, String what, String path, String a, String b) {
    if (!a.equals(b)) {
      found.add(new Difference(what, path, a, b));
    }
  }

  private static String preview(byte[] content, int at) {
    byte[] part = Arrays.copyOfRange(content, at, Math.min(content.length, at + PREVIEW));
    return content.length
        + " bytes, at "
        + at
        + (at < content.length ? " " + Shell.word(Posix.text(part)) : " the end");
  }

  private static String shown(Map<String, byte[]> attributes) {
    StringBuilder text = new StringBuilder();
    attributes.forEach(
        (name, value) -> text.append(name).append('=').append(shown(value)).append(' '));
    return text.toString();
  }

  private static String shown(byte[] value) {
    String text = Posix.text(value);
    boolean plain = text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    return plain ? "\"" + text + "\"" : "0x" + HexFormat.of().formatHex(value);
  }

  private static String kind(Entry entry) {
    return switch (entry.status.type()) {
      case Posix.S_IFREG -> "file of " + entry.status.size() + " bytes";
      case Posix.S_IFDIR -> "directory";
      case Posix.S_IFLNK -> "link to " + Shell.word(entry.link);
      case Posix.S_IFIFO -> "fifo";
      case Posix.S_IFSOCK -> "socket";
      case Posix.S_IFCHR -> "character device " + entry.status.rdev();
      default -> "block device " + entry.status.rdev();
    };
  }
}
