package dev.godwit.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Refuses commands of an earlier epoch, also after a restart (H59) or a reboot of the host (H57):
 * the highest epoch seen is on disk before a command of it is obeyed.
 */
public final class EpochFence {
  private static final String FILE = "epoch";

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
    EpochFence fence = in(KeptDirectory.of(directory));
    Optional<Path> ended = KeptDirectory.ended(directory);
    if (ended.isPresent()) {
      fence.highest = Math.max(fence.highest, read(ended.get()));
    }
    return fence;
  }

  /** The fence of what the mirrors of a move write on this host. */
  public static EpochFence ofMirrors(String move) throws IOException {
    return open(RuntimeDirectory.of(move).resolve("mirror"));
  }

  /**
   * Ends all epochs of a move on this host that have given orders here, for good: whoever has slept
   * through its end is refused as before. A move of the same name begins above them ({@code
   * move.Move.raiseEpoch}).
   *
   * @param directory of the move's processes; what is kept beside it may be removed afterwards
   */
  static void endAll(Path directory) throws IOException {
    Optional<Path> ended = KeptDirectory.ended(directory);
    if (ended.isEmpty()) {
      return;
    }
    long highest = highest(directory);
    if (highest > 0) {
      Files.createDirectories(ended.get().getParent());
      DurableFile.write(ended.get(), text(Math.max(highest + 1, read(ended.get()))));
    }
  }

  /**
   * The highest epoch that has given orders of a move on this host, or that was over when a move of
   * this name ended here; 0 for none.
   */
  public static long highestOf(String move) throws IOException {
    Path directory = RuntimeDirectory.named(move);
    Optional<Path> ended = KeptDirectory.ended(directory);
    return Math.max(highest(directory), ended.isPresent() ? read(ended.get()) : 0);
  }

  private static long highest(Path directory) throws IOException {
    long highest = 0;
    for (Path file : fences(directory)) {
      highest = Math.max(highest, read(file));
    }
    return highest;
  }

  /** When an epoch began to give orders here last; empty before the first one. */
  static Optional<Instant> lastRaised(Path directory) throws IOException {
    Optional<Instant> last = Optional.empty();
    for (Path file : fences(directory)) {
      Instant raised = Files.getLastModifiedTime(file).toInstant();
      last = last.filter(raised::isBefore).or(() -> Optional.of(raised));
    }
    return last;
  }

  private static List<Path> fences(Path directory) throws IOException {
    Set<Path> found = new LinkedHashSet<>();
    for (Path folder : List.of(directory, KeptDirectory.of(directory))) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> all = Files.walk(folder, 2)) {
          all.filter(EpochFence::isFence).forEach(found::add);
        }
      }
    }
    return List.copyOf(found);
  }

  /** Not the one of the process that has the mirrors: who gives it orders is on its host. */
  private static boolean isFence(Path file) {
    return file.endsWith(FILE) && !file.endsWith(Path.of("background", FILE));
  }

  /**
   * The same, of a process whose commands all come from its own host, so that a reboot ends whoever
   * gives them: its file is in the directory itself.
   */
  public static EpochFence openUntilReboot(Path directory) throws IOException {
    return in(directory);
  }

  private static EpochFence in(Path directory) throws IOException {
    Path file = Files.createDirectories(directory).resolve(FILE);
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
    // Read, compared and stored in one turn: another process may have raised it meanwhile.
    highest = FileMutex.hold(file.resolveSibling("epoch.lock"), () -> raise(epoch));
  }

  private long raise(long epoch) throws IOException {
    long stored = read(file);
    highest = Math.max(highest, stored);
    if (epoch < highest) {
      throw new FencedException(epoch, highest);
    }
    if (epoch > stored) {
      store(epoch);
    }
    return epoch;
  }

  private void store(long epoch) throws IOException {
    DurableFile.write(file, text(epoch));
  }

  private static byte[] text(long epoch) {
    return (epoch + "\n").getBytes(StandardCharsets.US_ASCII);
  }
}
