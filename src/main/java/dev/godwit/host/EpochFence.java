package dev.godwit.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Refuses commands of an earlier epoch, also after a restart (H59) or a reboot of the host (H57):
 * the highest epoch seen is on disk before a command of it is obeyed.
 */
public final class EpochFence {
  /** File locks are held by the process, not the thread. */
  private static final Object IN_PROCESS = new Object();

  private final Path file;
  private long highest;

  private EpochFence(Path file, long highest) {
    this.file = file;
    this.highest = highest;
  }

  /**
   * Opens the fence of a directory of a move's processes; its file is where a reboot leaves it
   * ({@link KeptDirectory}).
   *
   * @throws IOException also when its file cannot be understood
   */
  public static EpochFence open(Path directory) throws IOException {
    return in(KeptDirectory.of(directory));
  }

  /**
   * The same, of a process whose commands all come from its own host, so that a reboot ends whoever
   * gives them: its file is in the directory itself.
   */
  public static EpochFence openUntilReboot(Path directory) throws IOException {
    return in(directory);
  }

  private static EpochFence in(Path directory) throws IOException {
    Path file = Files.createDirectories(directory).resolve("epoch");
    return new EpochFence(file, read(file));
  }

  private static long read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try {
      return Long.parseLong(Files.readString(file).strip());
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
    // Read, compared and stored under one lock: another process may have raised it meanwhile.
    synchronized (IN_PROCESS) {
      try (FileChannel channel =
              FileChannel.open(
                  file.resolveSibling("epoch.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        highest = Math.max(highest, read(file));
        if (epoch < highest || !lock.isValid()) {
          throw new FencedException(epoch, highest);
        }
        if (epoch > highest) {
          store(epoch);
          highest = epoch;
        }
      }
    }
  }

  private void store(long epoch) throws IOException {
    DurableFile.write(file, (epoch + "\n").getBytes(StandardCharsets.US_ASCII));
  }
}
