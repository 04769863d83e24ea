package dev.godwit.cli;

import dev.godwit.move.Direction;
import dev.godwit.move.Move;
import dev.godwit.move.Rollback;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code godwit rollback}: the way back, at any time before finish. */
@Command(
    name = "rollback",
    header = "Give the clients back to old, with all that new has accepted.",
    description =
        "A cut-over that has not released the clients is taken back. After the release it is a"
            + " cut-over in the other direction: connections wait while the services change hosts,"
            + " and if anything fails, new serves them again. Possible until finish.",
    footer = {"  godwit rollback --yes move.yaml  without asking"})
final class RollbackCommand extends MoveCommand {
  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Mixin private ConsideredRehearsal rehearsal = new ConsideredRehearsal();

  @Mixin private WitnessOptions witness = new WitnessOptions();

  RollbackCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException, UserFailure {
    Plan plan = plan();
    boolean unused = rehearsal.consider(plan, Direction.TO_OLD, terminal());
    Appointment.tellOfEnd(plan, terminal());
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "rollback", lines)) {
      Rollback rollback = new Rollback(move, witness.witness());
      if (!yes && settles(rollback, move)) {
        // Nothing is under way: Ctrl-C at the question ends the command, as it does everywhere.
        Confirmation.ask(
            "Give the clients of %s back to old, holding them for at most %d ms?"
                .formatted(plan.move(), plan.limits().hold().toMillis()),
            "go back",
            "new serves as before");
      }
      try (Interruption interruption = Interruption.of(terminal(), move::stop)) {
        terminal().print(rollback.run());
      }
    }
    return ExitCode.DONE.status();
  }

  /** Whether new serves, so that there is something to ask. */
  private boolean settles(Rollback rollback, Move move) throws IOException, InterruptedException {
    try (Interruption interruption = Interruption.of(terminal(), move::stop)) {
      return rollback.settle();
    }
  }
}
