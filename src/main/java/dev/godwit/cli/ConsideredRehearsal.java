package dev.godwit.cli;

import dev.godwit.journal.Journal;
import dev.godwit.move.Direction;
import dev.godwit.move.Move;
import dev.godwit.move.Rehearsed;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the last rehearsal says of the switch that is about to be made, in either direction. */
final class ConsideredRehearsal {
  @Option(
      names = "--despite-rehearsal",
      description =
          "Also when the last rehearsal failed, or predicts a longer hold than the plan allows.")
  private boolean despite;

  /**
   * Says what was rehearsed; refuses what a rehearsal speaks against, unless a switch is under way.
   *
   * @return whether the move is anywhere else than where this switch begins: one is under way, or
   *     was made
   */
  boolean consider(Plan plan, Direction direction, Terminal terminal)
      throws IOException, UserFailure {
    Optional<Journal> found = Journal.read(Move.journalFile(plan));
    if (found.isEmpty()) {
      return false; // nothing was started, which the switch itself says
    }
    try (Journal journal = found.get()) {
      if (Move.phase(journal) != direction.before()) {
        return true;
      }
      Optional<Rehearsed> rehearsed = Rehearsed.of(journal, direction);
      if (rehearsed.isEmpty()) {
        terminal.note(
            2,
            "No rehearsal was made; one says how long the hold will be: godwit rehearse "
                + plan.typed());
        return false;
      }
      Optional<String> objection = rehearsed.get().objection(plan);
      if (objection.isPresent() && !despite) {
        throw new UserFailure(
            ExitCode.REFUSED,
            "%s. Not done; %s serves as before. Rehearse again when that is mended: godwit rehearse %s; or %s all the same: --despite-rehearsal"
                .formatted(
                    objection.get(),
                    direction.serving().word(),
                    plan.typed(),
                    direction == Direction.TO_NEW ? "cut over" : "go back"));
      }
      terminal.note(
          (objection.isPresent()
                  ? "All the same: " + objection.get()
                  : "Rehearsed at %s: the hold is to be about %d ms"
                      .formatted(rehearsed.get().at(), rehearsed.get().predicted().toMillis()))
              + (rehearsed.get().untried().isEmpty()
                  ? ""
                  : "; not started for it: " + rehearsed.get().untried())
              + (rehearsed.get().isOfAnotherPlan(plan)
                  ? "; but the plan's files or services have changed since"
                  : "")
              + ".");
      return false;
    }
  }
}
