package dev.godwit.mirror;

import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;

/** Random changes of a few names of a tree: many collisions, many changes of type (H21, H22). */
final class TestingChanges {
  private static final String[] NAMES = {"a", "b", "c", "d"};

  private final Random random;
  private final boolean links;
  private final Path root;
  private final Path outside;

  /**
   * @param links whether hard links are made; then the changes must be far enough apart
   */
  TestingChanges(long seed, Path root, Path outside, boolean links) {
    this.links = links;
    this.random = new Random(seed);
    this.root = root;
    this.outside = outside;
  }

  /** One change; one that is not possible now is left out. */
  void change() throws IOException {
    try {
      Path one = name();
      Path other = name();
      switch (random.nextInt(17)) {
        case 0, 1 -> Files.writeString(one, text());
        case 2 -> {
          try (FileChannel file = FileChannel.open(one, StandardOpenOption.APPEND)) {
            file.write(ByteBuffer.wrap(text().getBytes(StandardCharsets.UTF_8)));
          }
        }
        case 3 -> {
          try (FileChannel file = FileChannel.open(one, StandardOpenOption.WRITE)) {
            file.truncate(random.nextInt(20));
          }
        }
        case 4, 5 -> Files.move(one, other, StandardCopyOption.ATOMIC_MOVE);
        case 6 -> {
          // A name that appears, is written and goes again within milliseconds is a known limit.
          if (links) {
            Files.createLink(other, one);
          }
        }
        case 7 ->
            Files.setPosixFilePermissions(
                one,
                PosixFilePermissions.fromString(random.nextBoolean() ? "rwxr-x--x" : "rw-rw-r--"));
        case 8 -> Files.setAttribute(one, "unix:uid", random.nextInt(3), LinkOption.NOFOLLOW_LINKS);
        case 9 -> Files.delete(one);
        case 10 -> Files.createDirectory(one);
        case 11 -> {
          Files.createDirectories(one.resolve("x/y"));
          Files.writeString(one.resolve("x/1"), text());
          Files.writeString(one.resolve("x/y/2"), text());
        }
        case 12 -> TestingTree.deleteTree(one);
        case 13 -> {
          // H22: a directory becomes a link that leads out, and the other way round.
          if (Files.isSymbolicLink(one)) {
            Files.delete(one);
            Files.createDirectory(one);
            Files.writeString(one.resolve("keep"), text());
          } else {
            TestingTree.deleteTree(one);
            Files.createSymbolicLink(one, outside);
          }
        }
        case 14 -> {
          Path fresh = one.resolveSibling(one.getFileName() + ".new");
          Files.writeString(fresh, text());
          Files.move(fresh, one, StandardCopyOption.ATOMIC_MOVE);
        }
        case 15 -> Files.setLastModifiedTime(one, FileTime.fromMillis(random.nextInt(1_000_000)));
        default -> Files.createSymbolicLink(one, Path.of("target" + random.nextInt(9)));
      }
    } catch (FileAlreadyExistsException e) {
      // Not possible now.
    } catch (FileSystemException e) {
      // Not possible now: not there, not a directory, not empty, into itself.
    }
  }

  /** A name in the root or up to two levels below; never through a link that leads out. */
  private Path name() {
    Path path = root.resolve(NAMES[random.nextInt(NAMES.length)]);
    for (int depth = random.nextInt(3); depth > 0; depth--) {
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        return path;
      }
      path = path.resolve(NAMES[random.nextInt(NAMES.length)]);
    }
    return path;
  }

  private String text() {
    return Long.toString(random.nextLong(), 36).repeat(1 + random.nextInt(3));
  }
}
