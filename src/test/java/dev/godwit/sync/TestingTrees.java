package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes trees for tests, and lists them with programs that share nothing with the engine. */
public final class TestingTrees {
  private TestingTrees() {}

  /**
   * Everything of a tree that must arrive, by name (as ISO 8859-1, so that bytes stay bytes): type,
   * permissions, owner, time, size, link text, content; names that are one file say so.
   */
  public static SortedMap<String, String> listing(Path root) throws Exception {
    SortedMap<String, String> listing = new TreeMap<>();
    Map<String, String> inodes = new HashMap<>();
    String[] found =
        fields(run(root, "find", ".", "-printf", "%P\\0%y %m %U %G %T@\\0%s\\0%l\\0%i %n\\0"));
    for (int i = 0; i + 4 < found.length; i += 5) {
      boolean isFile = found[i + 1].startsWith("f");
      listing.put(found[i], found[i + 1] + (isFile ? " " + found[i + 2] : "") + " " + found[i + 3]);
      if (isFile && !found[i + 4].endsWith(" 1")) {
        inodes.merge(found[i + 4], found[i], (a, b) -> a.compareTo(b) < 0 ? a : b);
      }
    }
    for (int i = 0; i + 4 < found.length; i += 5) {
      String first = inodes.get(found[i + 4]);
      if (first != null) {
        listing.merge(found[i], " is " + first, String::concat);
      }
    }
    String sums = run(root, "sh", "-c", "find . -type f -print0 | xargs -0 -r sha256sum -z");
    for (String line : fields(sums)) {
      listing.merge(line.substring(68), " " + line.substring(0, 64), String::concat);
    }
    return listing;
  }

  private static String[] fields(String text) {
    return text.isEmpty() ? new String[0] : text.split("\0", -1);
  }

  public static String run(Path directory, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed: " + out);
    }
    return out.endsWith("\0") ? out.substring(0, out.length() - 1) : out;
  }

  /** A tree of files, directories, links and fifos with odd names, owners, times and modes. */
  public static void grow(Path root, Random random, int names) throws Exception {
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(root.toString()))) {
      List<TreePath> directories = new ArrayList<>(List.of(TreePath.ROOT));
      List<TreePath> files = new ArrayList<>();
      for (int i = 0; i < names; i++) {
        TreePath directory = directories.get(random.nextInt(directories.size()));
        byte[] name = name(random, i);
        try (DirectoryHandle at = handle.beneath(directory.bytes())) {
          int kind = random.nextInt(20);
          if (kind < 4) {
            at.makeDirectory(name, 0755);
            directories.add(directory.child(name));
          } else if (kind == 4) {
            at.makeSymbolicLink(name, name(random, random.nextInt(100)));
          } else if (kind == 5) {
            at.makeFifo(name, 0640);
          } else if (kind == 6 && !files.isEmpty()) {
            TreePath existing = files.get(random.nextInt(files.size()));
            try (DirectoryHandle from = handle.beneath(existing.parent().bytes())) {
              at.makeHardLink(name, from, existing.name());
            }
          } else {
            write(at, name, content(random));
            files.add(directory.child(name));
          }
          dress(at, name, random);
        }
      }
      for (TreePath directory : directories.reversed()) {
        if (!directory.isRoot()) {
          try (DirectoryHandle parent = handle.beneath(directory.parent().bytes())) {
            parent.setModified(directory.name(), time(random), random.nextInt(1_000_000_000));
          }
        }
      }
    }
  }

  public static void write(DirectoryHandle directory, byte[] name, byte[] content)
      throws Exception {
    try (FileHandle file = directory.createFile(name, 0644)) {
      file.write(content, 0, content.length);
    }
  }

  private static void dress(DirectoryHandle at, byte[] name, Random random) throws Exception {
    if (random.nextInt(3) == 0) {
      at.setOwner(name, random.nextInt(70_000), random.nextInt(70_000));
    }
    try (FileHandle inode = at.openPath(name)) {
      if (!inode.status().isSymbolicLink() && random.nextInt(3) == 0) {
        inode.setPermissions(random.nextInt(010000));
      }
    }
    at.setModified(name, time(random), random.nextInt(1_000_000_000));
  }

  private static long time(Random random) {
    return 1_000_000_000L + random.nextInt(700_000_000);
  }

  private static byte[] content(Random random) {
    int size =
        switch (random.nextInt(12)) {
          case 0 -> 0;
          case 1 -> 128 * 1024;
          case 2 -> 128 * 1024 + 1;
          case 3 -> 100_000 + random.nextInt(700_000);
          default -> random.nextInt(8000);
        };
    byte[] content = new byte[size];
    random.nextBytes(content);
    return content;
  }

  private static byte[] name(Random random, int number) {
    byte[] unique = Names.of(Integer.toString(number, 36));
    byte[] name =
        switch (random.nextInt(10)) {
          case 0 -> Names.of("-rf " + number);
          case 1 -> Names.of("$(x)\n`y`;*?" + number);
          case 2 -> Names.of("é日本" + number);
          case 3 -> {
            byte[] bytes = new byte[255];
            do {
              random.nextBytes(bytes);
            } while (!Names.isComponent(bytes));
            yield bytes;
          }
          default -> Names.of("file" + number);
        };
    if (name.length == 255) {
      System.arraycopy(unique, 0, name, 0, unique.length);
    }
    return name;
  }

  public static Path folder(Path parent, String name) throws IOException {
    return Files.createDirectories(parent.resolve(name));
  }
}
