package dev.godwit.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whether a copy equals its source: read again by this class, and listed by rsync, neither of which
 * knows what the measured program did. Nothing may change meanwhile.
 */
final class TreeCheck {
  private static final int DIFFERENCES_MAX = 10;

  /** What has to be equal, beside names and content. */
  enum Exactness {
    /** Owner, mode, times to the nanosecond. */
    EXACT,
    /** The same, times of files to the second, of directories not at all: what SFTP can carry. */
    SECONDS,
    /** Nothing else: for programs that only move bytes. */
    CONTENT
  }

  // Types of files in a mode: inode(7).
  private static final int TYPES = 0170000;
  private static final int FOLDER = 0040000;
  private static final int FILE = 0100000;
  private static final int LINK = 0120000;

  private static final int BUFFER = 256 << 10;

  private final ByteBuffer sourceBytes = ByteBuffer.allocateDirect(BUFFER);
  private final ByteBuffer targetBytes = ByteBuffer.allocateDirect(BUFFER);
  private final Exactness exactness;
  private final boolean readContent;
  private final List<String> differences = new ArrayList<>();

  private TreeCheck(Exactness exactness, boolean readContent) {
    this.exactness = exactness;
    this.readContent = readContent;
  }

  /**
   * What differs, up to ten lines; empty when the trees are equal.
   *
   * @param readContent whether the content of files is compared too
   */
  static List<String> differences(
      Path source, Path target, Exactness exactness, boolean readContent) throws IOException {
    TreeCheck check = new TreeCheck(exactness, readContent);
    check.compare(source, target, "");
    return check.differences;
  }

  /** What rsync would still do to make the target equal, one line each; it does nothing. */
  static List<String> openForRsync(Path source, Path target, Exactness exactness, String options)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("rsync", "-n", "-i", "--delete"));
    switch (exactness) {
      case EXACT -> command.add(options);
      case SECONDS -> command.addAll(List.of(options, "--modify-window=1", "-O"));
      case CONTENT -> command.addAll(List.of("-r", "--size-only"));
    }
    command.addAll(List.of(source + "/", target + "/"));
    return Programs.run(command).lines().limit(DIFFERENCES_MAX).toList();
  }

  private void compare(Path source, Path target, String name) throws IOException {
    if (differences.size() >= DIFFERENCES_MAX) {
      return;
    }
    Attributes wanted = Attributes.of(source);
    Attributes found;
    try {
      found = Attributes.of(target);
    } catch (NoSuchFileException e) {
      differences.add("missing: " + name);
      return;
    }
    int type = wanted.type();
    if (type != found.type()) {
      differences.add("another type: " + name);
      return;
    }
    if (exactness != Exactness.CONTENT) {
      same(name, "mode", wanted.mode(), found.mode());
      same(name, "owner", wanted.uid(), found.uid());
      same(name, "group", wanted.gid(), found.gid());
      if (exactness == Exactness.EXACT) {
        same(name, "time", wanted.time(), found.time());
      } else if (type != FOLDER) {
        same(name, "time", wanted.seconds(), found.seconds());
      }
    }
    if (type == FOLDER) {
      compareEntries(source, target, name);
    } else if (type == LINK) {
      same(name, "target of link", Files.readSymbolicLink(source), Files.readSymbolicLink(target));
    } else if (type == FILE) {
      same(name, "size", wanted.size(), found.size());
      if (readContent && !haveEqualContent(source, target)) {
        differences.add("other content: " + name);
      }
    }
  }

  private boolean haveEqualContent(Path source, Path target) throws IOException {
    try (FileChannel wanted = FileChannel.open(source);
        FileChannel found = FileChannel.open(target)) {
      while (true) {
        fill(wanted, sourceBytes);
        fill(found, targetBytes);
        if (!sourceBytes.equals(targetBytes)) {
          return false;
        }
        if (!sourceBytes.hasRemaining()) {
          return true;
        }
      }
    }
  }

  private static void fill(FileChannel from, ByteBuffer into) throws IOException {
    into.clear();
    while (into.hasRemaining() && from.read(into) >= 0) {}
    into.flip();
  }

  private void compareEntries(Path source, Path target, String name) throws IOException {
    SortedSet<String> wanted = names(source);
    SortedSet<String> found = names(target);
    for (String entry : wanted) {
      compare(source.resolve(entry), target.resolve(entry), name + "/" + entry);
    }
    found.removeAll(wanted);
    for (String entry : found) {
      differences.add("not in the source: " + name + "/" + entry);
    }
  }

  private void same(String name, String what, Object wanted, Object found) {
    if (!wanted.equals(found)) {
      differences.add("another %s: %s: %s, not %s".formatted(what, name, found, wanted));
    }
  }

  /** What a status call says of a file. */
  private record Attributes(int mode, int uid, int gid, long size, FileTime time) {
    static Attributes of(Path path) throws IOException {
      Map<String, Object> all =
          Files.readAttributes(
              path, "unix:mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      return new Attributes(
          (int) value(all, "mode"),
          (int) value(all, "uid"),
          (int) value(all, "gid"),
          (long) value(all, "size"),
          (FileTime) value(all, "lastModifiedTime"));
    }

    int type() {
      return mode & TYPES;
    }

    long seconds() {
      return time.toInstant().getEpochSecond();
    }

    private static Object value(Map<String, Object> all, String name) {
      return Objects.requireNonNull(all.get(name), name);
    }
  }

  private static SortedSet<String> names(Path folder) throws IOException {
    TreeSet<String> names = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        names.add(entry.getFileName().toString());
      }
    }
    return names;
  }
}
