package dev.godwit.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Refuses commands of an earlier epoch, also after a restart (H59): the highest epoch seen is on
 * disk before a command of it is obeyed.
 */
public final class EpochFence {
  private final Path file;
  private long highest;

  private EpochFence(Path file, long highest) {
    this.file = file;
    this.highest = highest;
  }

  /**
   * Opens the fence of a directory.
   *
   * @throws IOException also when its file cannot be understood
   */
  public static EpochFence open(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("epoch");
    if (!Files.exists(file)) {
      return new EpochFence(file, 0);
    }
    String text = Files.readString(file).strip();
    try {
      return new EpochFence(file, Long.parseLong(text));
    } catch (NumberFormatException e) {
      // Guessing 0 would let a replaced controller act.
      throw new IOException(file + " holds no number; remove it when no move is under way", e);
    }
  }

  /** The highest epoch that was let in. */
  public synchronized long highest() {
    return highest;
  }

  /**
   * Lets an epoch in that is not below any before it.
   *
   * @throws FencedException when it is
   */
  public synchronized void check(long epoch) throws IOException {
    if (epoch < highest) {
      throw new FencedException(epoch, highest);
    }
    if (epoch > highest) {
      store(epoch);
      highest = epoch;
    }
  }

  private void store(long epoch) throws IOException {
    Path next = file.resolveSibling("epoch.next");
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      out.write(ByteBuffer.wrap((epoch + "\n").getBytes(StandardCharsets.US_ASCII)));
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent())) {
      directory.force(true);
    }
  }
}
