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
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes a tree all the time, until it is closed. Whatever a file holds at any moment is the
 * beginning of one endless stream that its first bytes name, so that a mixture of two states is
 * seen for what it is, and the lengths that it had are known, so that one that was cut off is:
 * files are replaced, written anew in place, made longer and shorter, renamed, removed, and turn
 * into links and directories and back.
 */
final class TestingChanges implements AutoCloseable {
  private static final int HEAD = 16;
  private static final int SMALL = 9_000;
  private static final int LARGE = 3_000_000;
  private static final int NAMES = 12;
  private static final Queue<Step> EMPTY = new ArrayDeque<>();

  private final Path root;
  private final Thread thread;
  private final AtomicLong generation = new AtomicLong();

  /** The lengths that each stream ever had in a file. */
  private final Map<Long, Queue<Step>> steps = new ConcurrentHashMap<>();

  /** What files held that are too short to name a stream. */
  private final Set<String> stubs = ConcurrentHashMap.newKeySet();

  private volatile boolean stop;
  private volatile long changes;
  private volatile @Nullable Throwable failure;

  /**
   * One write that made a file longer: it was so long before, so long afterwards, and between for a
   * moment at the end of a page, because the kernel fills one after the other.
   */
  private record Step(int before, int after) {
    private static final int PAGE = 4096;

    boolean isPassed(int length) {
      return length == before
          || length == after
          || length % PAGE == 0 && length > before && length < after;
    }
  }

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

  /** Whether a file of this tree ever held this: no mixture, and not cut off elsewhere. */
  boolean wasOnce(byte[] content) {
    if (content.length < HEAD) {
      return content.length == 0 || stubs.contains(new String(content, US_ASCII));
    }
    return isBeginning(content)
        && steps.getOrDefault(stream(content), EMPTY).stream()
            .anyMatch(step -> step.isPassed(content.length));
  }

  private static long stream(byte[] content) {
    return HexFormat.fromHexDigitsToLong(new String(content, 0, HEAD, US_ASCII));
  }

  /** To be called before it is done: whoever reads then may see it at once. */
  private void willHold(byte[] content, int before, int after) {
    for (int length : new int[] {before, after}) {
      if (length < HEAD) {
        stubs.add(new String(content, 0, length, US_ASCII));
      }
    }
    if (after >= HEAD) {
      steps
          .computeIfAbsent(stream(content), stream -> new ConcurrentLinkedQueue<>())
          .add(new Step(before, after));
    }
  }

  /** Whether it is the beginning of one stream. */
  static boolean isBeginning(byte[] content) {
    if (content.length < HEAD) {
      return new String(content, US_ASCII).matches("[0-9a-f]*");
    }
    String head = new String(content, 0, HEAD, US_ASCII);
    if (!head.matches("[0-9a-f]*")) {
      return false;
    }
    return Arrays.equals(content, content(stream(content), content.length));
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
    Path beside = root.resolveSibling("beside"); // nobody sees it before it is whole
    byte[] content = content(generation.incrementAndGet(), length(random));
    willHold(content, content.length, content.length);
    Files.write(beside, content);
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
        willHold(content, at, at + piece);
        at += channel.write(ByteBuffer.wrap(content, at, piece));
      }
    }
  }

  private void grow(Path file, Random random) throws IOException {
    if (!Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
      return;
    }
    byte[] old = Files.readAllBytes(file);
    if (old.length < HEAD || old.length > LARGE) {
      return;
    }
    byte[] longer = content(stream(old), old.length + 1 + random.nextInt(SMALL));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int at = old.length; at < longer.length; ) {
        int piece = Math.min(longer.length - at, 1 + random.nextInt(3000));
        willHold(longer, at, at + piece);
        at += channel.write(ByteBuffer.wrap(longer, at, piece), at);
      }
    }
  }

  private void shorten(Path file, Random random) throws IOException {
    if (!Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
      return;
    }
    byte[] old = Files.readAllBytes(file);
    int length = random.nextInt(old.length + 1);
    willHold(old, length, length);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
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
