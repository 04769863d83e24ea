package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes a tree all the time, until it is closed. Whatever a file holds at any moment is the
 * beginning of one endless stream that its first bytes name, so that a mixture of two states is
 * seen for what it is: files are replaced, written anew in place, made longer and shorter, renamed,
 * removed, and turn into links and directories and back.
 */
final class TestingChanges implements AutoCloseable {
  private static final int HEAD = 16;
  private static final int SMALL = 9_000;
  private static final int LARGE = 3_000_000;
  private static final int NAMES = 12;

  private final Path root;
  private final Thread thread;
  private final AtomicLong generation = new AtomicLong();
  private volatile boolean stop;
  private volatile long changes;
  private volatile @Nullable Throwable failure;

  TestingChanges(Path root, long seed) throws IOException {
    this.root = root;
    for (int i = 0; i < 4; i++) {
      Files.createDirectories(root.resolve("d" + i));
    }
    Random random = new Random(seed);
    for (int i = 0; i < 4 * NAMES; i++) {
      one(random);
    }
    thread = Thread.ofPlatform().name("testing-changes").start(() -> changeAll(random));
  }

  /** The beginning of a stream. */
  static byte[] content(long stream, int length) {
    byte[] content = new byte[length];
    byte[] head = HexFormat.of().toHexDigits(stream).getBytes(US_ASCII);
    System.arraycopy(head, 0, content, 0, Math.min(HEAD, length));
    // The same bytes nowhere twice, and quick to make: a counter, mixed.
    long value = stream * 0x9e37_79b9_7f4a_7c15L;
    for (int i = HEAD; i < length; i++) {
      if (i % 8 == 0) {
        value = value * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
      }
      content[i] = (byte) (value >>> (i % 8 * 8));
    }
    return content;
  }

  /** Whether a file ever held this. */
  static boolean isOneState(byte[] content) {
    if (content.length < HEAD) {
      return new String(content, US_ASCII).matches("[0-9a-f]*");
    }
    String head = new String(content, 0, HEAD, US_ASCII);
    if (!head.matches("[0-9a-f]*")) {
      return false;
    }
    long stream = HexFormat.fromHexDigitsToLong(head);
    return Arrays.equals(content, content(stream, content.length));
  }

  long changes() {
    return changes;
  }

  private void changeAll(Random random) {
    try {
      while (!stop) {
        one(random);
        changes++;
        if (random.nextInt(20) == 0) {
          Thread.sleep(1);
        }
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      failure = e;
    }
  }

  private Path name(Random random) {
    return root.resolve("d" + random.nextInt(4)).resolve("f" + random.nextInt(NAMES));
  }

  private static int length(Random random) {
    return random.nextInt(6) == 0 ? random.nextInt(LARGE) : random.nextInt(SMALL);
  }

  private void one(Random random) throws IOException {
    Path file = name(random);
    try {
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> replace(file, random);
        case 3, 4 -> write(file, random, StandardOpenOption.TRUNCATE_EXISTING);
        case 5, 6 -> grow(file, random);
        case 7 -> shorten(file, random);
        case 8 -> Files.move(file, name(random), StandardCopyOption.ATOMIC_MOVE);
        default -> turn(file, random);
      }
    } catch (NoSuchFileException | FileAlreadyExistsException | DirectoryNotEmptyException e) {
      // It is not there, or something else is: the next one then.
    } catch (FileSystemException e) {
      if (!String.valueOf(e.getReason()).contains("s a directory")
          && !String.valueOf(e.getReason()).contains("Not a directory")) {
        throw e;
      }
    }
  }

  private void replace(Path file, Random random) throws IOException {
    Path beside = root.resolve("beside");
    Files.write(beside, content(generation.incrementAndGet(), length(random)));
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** In pieces, so that others see it half-way. */
  private void write(Path file, Random random, StandardOpenOption how) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return;
    }
    byte[] content = content(generation.incrementAndGet(), length(random));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how)) {
      for (int at = 0; at < content.length; ) {
        int piece = Math.min(content.length - at, 1 + random.nextInt(200_000));
        at += channel.write(ByteBuffer.wrap(content, at, piece));
      }
    }
  }

  private static void grow(Path file, Random random) throws IOException {
    if (!Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
      return;
    }
    byte[] old = Files.readAllBytes(file);
    if (old.length < HEAD || old.length > LARGE) {
      return;
    }
    long stream = HexFormat.fromHexDigitsToLong(new String(old, 0, HEAD, US_ASCII));
    byte[] longer = content(stream, old.length + 1 + random.nextInt(SMALL));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int at = old.length; at < longer.length; ) {
        int piece = Math.min(longer.length - at, 1 + random.nextInt(3000));
        at += channel.write(ByteBuffer.wrap(longer, at, piece), at);
      }
    }
  }

  private static void shorten(Path file, Random random) throws IOException {
    if (!Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(random.nextLong(channel.size() + 1));
    }
  }

  private static void turn(Path file, Random random) throws IOException {
    Files.deleteIfExists(file);
    switch (random.nextInt(4)) {
      case 0 -> Files.createSymbolicLink(file, Path.of("nowhere"));
      case 1 -> Files.createDirectory(file);
      default -> {} // it is gone
    }
  }

  @Override
  public void close() throws IOException {
    stop = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Throwable thrown = failure;
    if (thrown != null) {
      throw new UncheckedIOException(new IOException(thrown));
    }
  }
}
