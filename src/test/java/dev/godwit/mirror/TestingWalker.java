package dev.godwit.mirror;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Describes a tree by means that the engine does not use: java.nio only. Two trees are equal when
 * their descriptions are.
 */
final class TestingWalker {
  private TestingWalker() {}

  /** Path to a line of type, mode, owner, time, content and which other names are the same file. */
  static Map<String, String> describe(Path root) throws IOException {
    Map<String, String> lines = new TreeMap<>();
    Map<Object, String> firstNames = new HashMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted().toList()) {
        Attributes a =
            new Attributes(Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS));
        String name = root.relativize(path).toString();
        StringBuilder line = new StringBuilder();
        line.append(
            String.format("%o %s:%s ", (Integer) a.get("mode"), a.get("uid"), a.get("gid")));
        FileTime time = (FileTime) a.get("lastModifiedTime");
        line.append(time.toInstant()).append(' ');
        if (Files.isSymbolicLink(path)) {
          line.append("-> ").append(Files.readSymbolicLink(path));
        } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          line.append(a.get("size")).append(' ').append(digest(path));
          if ((Integer) a.get("nlink") > 1) {
            line.append(" =").append(firstNames.computeIfAbsent(a.get("ino"), i -> name));
          }
        }
        lines.put(name, line.toString());
      }
    }
    return lines;
  }

  private record Attributes(Map<String, Object> all) {
    Object get(String name) {
      return Objects.requireNonNull(all.get(name));
    }
  }

  private static String digest(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
