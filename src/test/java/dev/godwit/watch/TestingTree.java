package dev.godwit.watch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A private folder on a filesystem of choice, removed at the end. */
public final class TestingTree implements AutoCloseable {
  private final Path top;

  /**
   * @param parent such as {@code /tmp} (the machine's filesystem) or {@code /dev/shm} (tmpfs)
   */
  public TestingTree(String parent) {
    try {
      top = Files.createTempDirectory(Path.of(parent), "godwit-test-");
      Files.createDirectory(root());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The folder around the root. */
  public Path top() {
    return top;
  }

  public Path root() {
    return top.resolve("root");
  }

  public byte[] rootBytes() {
    return root().toString().getBytes(StandardCharsets.UTF_8);
  }

  public Path write(String path, String text) throws IOException {
    Path file = top.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  public static void deleteTree(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(one);
      }
    }
  }

  @Override
  public void close() throws IOException {
    deleteTree(top);
  }
}
