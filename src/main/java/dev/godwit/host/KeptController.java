package dev.godwit.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Which controller has a move, as this host keeps it beside the epochs until the move ends here: a
 * reboot leaves it. Another one that would begin the same move is told by it (H59).
 *
 * @param since when it began here, by this host's clock
 * @param lastOrder when it last began to give orders here
 */
public record KeptController(Controller who, Instant since, Instant lastOrder) {
  private static final String FILE = "controller";

  /** The one that has a move; empty when none has begun it here, or it has ended. */
  public static Optional<KeptController> of(String move) throws IOException {
    return in(RuntimeDirectory.named(move));
  }

  private static Optional<KeptController> in(Path directory) throws IOException {
    Path file = KeptDirectory.of(directory).resolve(FILE);
    Optional<byte[]> content = DurableFile.read(file);
    if (content.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = new String(content.get(), StandardCharsets.UTF_8).split("\n", 2);
    try {
      Instant since = Instant.ofEpochSecond(Long.parseLong(parts[0]));
      Controller who = Controller.read(parts[parts.length - 1]);
      Instant lastOrder = EpochFence.lastRaised(directory).orElse(since);
      return Optional.of(
          new KeptController(who, since, lastOrder.isBefore(since) ? since : lastOrder));
    } catch (NumberFormatException | IOException e) {
      // Guessing nobody would let two act.
      throw new IOException(file + " names no controller; remove it when no move is under way", e);
    }
  }

  /**
   * Gives a move to a controller, unless another one has it. Of several that try it at once one
   * gets it.
   *
   * @param seen the one that it is taken from; empty when it may be taken from nobody
   * @param epoch the first of the new one's; orders of lower ones to hold or to release are refused
   *     when it is taken from somebody
   * @return the one that has it now
   */
  public static KeptController give(
      String move, Controller mine, Optional<Controller> seen, long epoch) throws IOException {
    Path directory = RuntimeDirectory.of(move);
    Path kept = Files.createDirectories(KeptDirectory.of(directory));
    return FileMutex.hold(
        kept.resolve("controller.lock"), () -> give(directory, kept, mine, seen, epoch));
  }

  private static KeptController give(
      Path directory, Path kept, Controller mine, Optional<Controller> seen, long epoch)
      throws IOException {
    Optional<KeptController> now = in(directory);
    if (now.isPresent()) {
      if (now.get().who().equals(mine) || !isOf(now.get(), seen)) {
        return now.get();
      }
      EpochFence.open(directory).check(epoch);
    }
    Instant since = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    DurableFile.write(
        kept.resolve(FILE),
        (since.getEpochSecond() + "\n" + mine.text()).getBytes(StandardCharsets.UTF_8));
    return new KeptController(mine, since, since);
  }

  private static boolean isOf(KeptController now, Optional<Controller> seen) {
    return seen.filter(now.who()::equals).isPresent();
  }
}
