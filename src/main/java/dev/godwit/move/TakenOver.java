package dev.godwit.move;

import dev.godwit.host.DurableFile;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * That another controller has taken a move over from this one, in the words of the host that said
 * so: {@code MOVE.taken-over} beside the plan. It is there until the move is taken back, for the
 * other one's end of the move removes what the hosts know of it, and the journal here knows nothing
 * of that.
 */
public final class TakenOver {
  private TakenOver() {}

  private static Path file(Plan plan) {
    return plan.file().toAbsolutePath().resolveSibling(plan.move() + ".taken-over");
  }

  /** What was said, for people; empty when nobody has taken the move over. */
  public static Optional<String> of(Plan plan) throws IOException {
    return DurableFile.read(file(plan)).map(words -> new String(words, StandardCharsets.UTF_8));
  }

  /**
   * @throws MoveException REFUSED when another controller has taken the move over
   */
  static void refuse(Plan plan) throws IOException {
    Optional<String> words = of(plan);
    if (words.isPresent()) {
      throw new MoveException(MoveException.Kind.REFUSED, words.get());
    }
  }

  /** A command or process that cannot write it is refused all the same. */
  static void keep(Plan plan, String words) {
    try {
      DurableFile.write(file(plan), words.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      System.getLogger(TakenOver.class.getName())
          .log(System.Logger.Level.WARNING, "that the move was taken over cannot be kept", e);
    }
  }

  static void end(Plan plan) throws IOException {
    DurableFile.delete(file(plan));
  }
}
