package dev.godwit.host;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a host keeps what must outlive its reboot, which empties {@link RuntimeDirectory}: {@code
 * /var/lib/godwit/moves/NAME} beside {@code /run/godwit/NAME}. What is not below {@code
 * /run/godwit}, such as another user's moves, is kept where it is.
 */
public final class KeptDirectory {
  /** What is kept for all of the program's purposes, a folder each. */
  private static final Path STATE = Path.of("/var/lib/godwit");

  private static final Path MOVES = STATE.resolve("moves");

  /** A number for each move that has ended here: a few bytes, which stay. */
  private static final Path EPOCHS = STATE.resolve("epochs");

  private KeptDirectory() {}

  /** For a directory of a move's processes, or one in it; not made. */
  public static Path of(Path directory) {
    Path run = RuntimeDirectory.OF_ROOT;
    return directory.startsWith(run) && !directory.equals(run)
        ? MOVES.resolve(run.relativize(directory))
        : directory;
  }

  /**
   * The file that says which epochs of a move were over when it ended on this host; for a directory
   * that is kept elsewhere there is none.
   */
  static Optional<Path> ended(Path directory) {
    Path kept = of(directory);
    return kept.startsWith(MOVES) && !kept.equals(MOVES)
        ? Optional.of(EPOCHS.resolve(MOVES.relativize(kept).getName(0)))
        : Optional.empty();
  }

  /** Removes such a folder if nothing is in it, and with the last one what is above them. */
  public static void removeIfEmpty(Path kept) throws IOException {
    try {
      for (Path folder : List.of(kept, MOVES, STATE)) {
        Files.deleteIfExists(folder);
      }
    } catch (DirectoryNotEmptyException e) {
      // Other moves, or the agent, keep something there.
    }
  }
}
