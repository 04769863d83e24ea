package dev.godwit.move;

import dev.godwit.check.Conversions;
import dev.godwit.journal.Journal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A release after which old cannot serve any more: a newer database server of new converts the
 * files, and old follows with files that its own server cannot read. Known before the cut-over, and
 * kept for the rollback that would find it out in its hold.
 */
public final class NoWayBack {
  /** The journal's fact: what was to be converted by the last cut-over that was begun, in words. */
  private static final String FACT = "no-way-back";

  private NoWayBack() {}

  /**
   * Before anything of a cut-over is begun.
   *
   * @param isAccepted whether a person has said that there need be no way back
   * @throws MoveException REFUSED when there would be none otherwise
   */
  static void consider(Move move, boolean isAccepted) throws IOException {
    List<String> converted =
        Conversions.of(move.plan(), move.hosts().oldHost(), move.hosts().newHost());
    if (!converted.isEmpty()) {
      String none =
          "there would be no way back from new after the release: its newer database server converts"
              + " the files at its first start, and old's cannot read them then: "
              + String.join("; ", converted);
      if (!isAccepted) {
        throw new MoveException(
            MoveException.Kind.REFUSED,
            "%s. Not done; old serves as before. Install old's version on new; or cut over all the same: godwit cutover --no-way-back %s"
                .formatted(none, move.plan().typed()));
      }
      move.warn(Warnings.Code.NO_WAY_BACK, none);
    }
    String before = move.journal().fact(FACT).orElse("");
    String now = String.join("; ", converted);
    if (!now.equals(before)) {
      move.journal().setFact(FACT, now);
    }
  }

  /**
   * Before anything of a rollback after the release is begun.
   *
   * @throws MoveException REFUSED when old cannot read what new has
   */
  static void refuseRollback(Move move) throws IOException {
    Optional<String> why = of(move.journal());
    if (why.isPresent()
        && Conversions.keepFromGoingBack(
            move.plan(), move.hosts().oldHost(), move.hosts().newHost())) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be rolled back: new's newer database server has converted the files, and old's cannot read them (%s), as was accepted with --no-way-back. Not done; new serves as before. With new's version installed on old it is possible; or finish: godwit finish %s"
              .formatted(move.plan().move(), why.get(), move.plan().typed()));
    }
  }

  /** A sentence for people. */
  public static String sentence(String converted) {
    return "There is no way back: new's server has converted %s.".formatted(converted);
  }

  /** What the last cut-over had converted; empty when it leaves the way back. */
  public static Optional<String> of(Journal journal) throws IOException {
    return journal.fact(FACT).filter(words -> !words.isEmpty());
  }
}
