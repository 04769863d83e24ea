package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A source and a target in which every kind of work is to be done: files that are new, changed, of
 * another kind, large, with holes, with several names; new directories within new ones; links,
 * fifos, attributes; names to be removed. And what may be seen of the target while that is done,
 * and after it was broken off: under each name what was there before, or what shall be there.
 */
final class TestingFaultTree {
  /** From here on the engine asks the file system to copy, or compares blocks over a line. */
  private static final int LARGE = 1_200_000;

  final Path folder;
  final Path source;
  final Path target;
  private final Path before;
  private final SortedMap<String, Seen> old;
  private final SortedMap<String, Seen> fresh;

  /**
   * One name.
   *
   * @param kind f, d, l or p
   * @param facts mode, owner, time
   * @param attributes names of extended attributes
   * @param group the first of its names; empty when it has one
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by hand
  record Seen(char kind, byte[] content, String facts, String attributes, String group) {
    boolean hasContentOf(@Nullable Seen other) {
      return other != null && other.kind == kind && Arrays.equals(content, other.content);
    }
  }

  private TestingFaultTree(Path folder) throws Exception {
    this.folder = folder;
    source = folder.resolve("source");
    target = folder.resolve("target");
    before = folder.resolve("before");
    old = look(before);
    fresh = look(source);
  }

  /** Makes them below a folder. The target is there after {@link #reset}. */
  static TestingFaultTree make(Path folder) throws Exception {
    return make(folder, 0);
  }

  /**
   * The same with more to do.
   *
   * @param more so many directories of small files, some old and some new, and a large file each
   */
  static TestingFaultTree make(Path folder, int more) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path before = TestingTrees.folder(folder, "before");
    Random random = new Random(7);
    for (Path tree : List.of(source, before)) {
      for (String directory : List.of("same", "changed/below")) {
        Files.createDirectories(tree.resolve(directory));
      }
      Files.writeString(tree.resolve("same/file"), "same");
      Files.writeString(tree.resolve("mode"), "mode");
      Files.writeString(tree.resolve("attribute"), "attribute");
      Files.createSymbolicLink(tree.resolve("link-same"), Path.of("same/file"));
    }
    byte[] large = new byte[LARGE];
    random.nextBytes(large);
    Files.write(source.resolve("new-large"), large);
    Files.write(source.resolve("large"), large);
    byte[] older = large.clone();
    for (int i = 0; i < older.length; i += 100_000) {
      older[i] ^= 1;
    }
    Files.write(before.resolve("large"), Arrays.copyOf(older, LARGE - 10_000));
    Files.writeString(source.resolve("new"), "new".repeat(3000));
    Files.writeString(source.resolve("changed/file"), "after".repeat(5000));
    Files.writeString(before.resolve("changed/file"), "before".repeat(4000));
    Files.writeString(source.resolve("changed/below/empty-before"), "content");
    Files.writeString(before.resolve("changed/below/empty-before"), "");
    Files.writeString(source.resolve("kind"), "a file now");
    Files.createSymbolicLink(before.resolve("kind"), Path.of("was a link"));
    Files.createSymbolicLink(source.resolve("link-changed"), Path.of("after"));
    Files.createSymbolicLink(before.resolve("link-changed"), Path.of("before"));
    Files.createSymbolicLink(source.resolve("link-new"), Path.of("new"));
    for (String name : List.of("fresh/within/deeper", "fresh/within", "fresh")) {
      Path directory = TestingTrees.folder(source, name);
      for (int i = 0; i < 3; i++) {
        Files.writeString(directory.resolve("f" + i), directory.getFileName() + "\n".repeat(i));
      }
      Files.createSymbolicLink(directory.resolve("l"), Path.of("f0"));
    }
    TestingTrees.folder(source, "fresh-empty");
    Files.writeString(source.resolve("linked-1"), "one inode");
    Files.createLink(source.resolve("linked-2"), source.resolve("linked-1"));
    Files.createLink(source.resolve("changed/linked-3"), source.resolve("linked-1"));
    Files.writeString(before.resolve("linked-2"), "another inode");
    TestingTrees.run(source, "sh", "-c", "truncate -s 300000 hole; echo x >>hole; mkfifo fifo");
    Files.writeString(before.resolve("gone"), "gone");
    Files.writeString(before.resolve("moved-from"), "it has another name now");
    Files.writeString(source.resolve("moved-to"), "it has another name now");
    Files.writeString(TestingTrees.folder(before, "gone-directory").resolve("f"), "gone");
    for (int i = 0; i < more; i++) {
      Path directory = TestingTrees.folder(source, "many" + i);
      for (int j = 0; j < 20; j++) {
        Files.writeString(directory.resolve("f" + j), (i + " " + j).repeat(random.nextInt(9000)));
      }
      Files.write(directory.resolve("large"), Arrays.copyOf(large, LARGE - i));
      if (i % 2 == 0) {
        Path was = TestingTrees.folder(before, "many" + i);
        for (int j = 0; j < 25; j++) {
          Files.writeString(was.resolve("f" + j), ("before " + j).repeat(random.nextInt(2000)));
        }
        Files.write(was.resolve("large"), Arrays.copyOf(older, LARGE - 1000));
      }
    }
    TestingTrees.run(source, "sh", "-c", "chmod 4751 mode; chown 5:7 mode changed fresh");
    TestingTrees.run(source, "sh", "-c", "setfattr -n user.a -v new attribute new fresh");
    TestingTrees.run(before, "sh", "-c", "setfattr -n user.b -v old attribute");
    TestingTrees.run(folder, "sh", "-c", "find source before -exec touch -h -d @1500000000 {} +");
    for (String name : List.of("large", "changed/file", "linked-2")) {
      Files.setLastModifiedTime(before.resolve(name), FileTime.fromMillis(1_400_000_000_123L));
    }
    TestingTrees.run(
        before, "sh", "-c", "find . -path './many*/*' -exec touch -d @1300000000 {} +");
    return new TestingFaultTree(folder);
  }

  List<String> arguments(String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(source + "/");
    arguments.add(target.toString());
    return arguments;
  }

  /** The target is as it was before any copy. */
  void reset() throws Exception {
    TestingTrees.run(folder, "rm", "-rf", "target");
    TestingTrees.run(folder, "cp", "-a", "before", "target");
  }

  /** What stands below a root, apart from temporary names, read with nothing of the engine. */
  static SortedMap<String, Seen> look(Path root) throws Exception {
    SortedMap<String, Seen> found = new TreeMap<>();
    Map<Object, String> first = new TreeMap<>();
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = walk.sorted().toList();
    }
    for (Path path : paths) {
      String name = root.relativize(path).toString();
      Map<String, Object> facts = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
      int mode = (int) Objects.requireNonNull(facts.get("mode"));
      char kind =
          switch (mode >> 12) {
            case 010 -> 'f';
            case 004 -> 'd';
            case 012 -> 'l';
            case 001 -> 'p';
            default -> '?';
          };
      byte[] content =
          switch (kind) {
            case 'f' -> Files.readAllBytes(path);
            case 'l' -> Files.readSymbolicLink(path).toString().getBytes();
            default -> new byte[0];
          };
      List<String> attributes = new ArrayList<>();
      if (kind == 'f' || kind == 'd') {
        UserDefinedFileAttributeView view =
            Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
        attributes.addAll(view.list());
      }
      String one =
          kind == 'd' || (int) Objects.requireNonNull(facts.get("nlink")) == 1
              ? ""
              : first.computeIfAbsent(facts.get("ino"), inode -> name);
      found.put(
          name,
          new Seen(
              kind,
              content,
              Integer.toOctalString(mode)
                  + " "
                  + facts.get("uid")
                  + ":"
                  + facts.get("gid")
                  + " "
                  + facts.get("lastModifiedTime"),
              attributes.toString(),
              one));
    }
    return found;
  }

  private static boolean isTemporary(String name) {
    return name.contains(".godwit-");
  }

  /**
   * Each name stands for what it was or for what it shall be, whole (H22); but a file that is
   * written to in place may be a mixture.
   */
  void assertNothingIsHalf(String what, String... options) throws Exception {
    boolean isInPlace = List.of(options).contains("--inplace");
    SortedMap<String, Seen> now = look(target);
    List<String> wrong = new ArrayList<>();
    SortedSet<String> names = new TreeSet<>(now.keySet());
    names.addAll(old.keySet());
    for (String name : names) {
      Seen seen = now.get(name);
      Seen was = old.get(name);
      Seen shall = fresh.get(name);
      if (isTemporary(name)) {
        continue;
      }
      if (seen == null) {
        if (shall != null) {
          wrong.add(name + " is gone, though the source has it");
        }
      } else if (isInPlace && seen.kind == 'f' && shall != null && shall.kind == 'f') {
        continue;
      } else if (!seen.hasContentOf(was) && !seen.hasContentOf(shall)) {
        wrong.add(name + " is neither old nor new: " + seen.kind + " of " + seen.content.length);
      }
    }
    assertThat(wrong).as(what).isEmpty();
  }

  /** What of the source is missing at the target after a copy so, or is too much; a line each. */
  List<String> differences(String... options) throws Exception {
    String letters = Stream.of(options).filter(o -> o.matches("-\\w+")).reduce("", String::concat);
    SortedMap<String, Seen> now = look(target);
    List<String> found = new ArrayList<>();
    SortedSet<String> names = new TreeSet<>(now.keySet());
    names.addAll(fresh.keySet());
    for (String name : names) {
      Seen seen = now.get(name);
      Seen shall = fresh.get(name);
      if (seen == null || shall == null) {
        found.add(name + (seen == null ? " is missing" : " is too much"));
      } else if (!seen.hasContentOf(shall)) {
        found.add(name + " has other content");
      } else if (!seen.facts.equals(shall.facts)) {
        found.add(name + ": " + seen.facts + ", not " + shall.facts);
      } else if (letters.contains("X") && !seen.attributes.equals(shall.attributes)) {
        found.add(name + ": " + seen.attributes + ", not " + shall.attributes);
      } else if (letters.contains("H") && !seen.group.equals(shall.group)) {
        found.add(name + " is not one with " + shall.group);
      }
    }
    return found;
  }

  /** The same; without --delete, names that only the target had may stay, but none of ours. */
  List<String> missing(String... options) throws Exception {
    boolean isMirror = Stream.of(options).anyMatch(option -> option.startsWith("--delete"));
    return differences(options).stream()
        .filter(
            line ->
                isMirror
                    || !line.endsWith(" is too much")
                    || !old.containsKey(line.substring(0, line.length() - " is too much".length())))
        .toList();
  }

  /** Whether the target is as it was before any copy. */
  boolean isUntouched() throws Exception {
    SortedMap<String, Seen> now = look(target);
    return now.keySet().equals(old.keySet())
        && now.entrySet().stream().allMatch(e -> e.getValue().hasContentOf(old.get(e.getKey())));
  }

  /** Whether a line names something of the trees as what it is about, before its first colon. */
  boolean isNamedIn(String told) {
    return told.lines()
        .map(line -> line.replaceFirst("^(godwit: |[A-Z_]+ )", ""))
        .anyMatch(
            line ->
                line.startsWith(".: ")
                    || line.contains(" ../temporary ")
                    || line.contains(source.toString())
                    || line.contains(target.toString())
                    || Stream.concat(old.keySet().stream(), fresh.keySet().stream())
                        .anyMatch(name -> !name.isEmpty() && line.startsWith(name + ": ")));
  }
}
