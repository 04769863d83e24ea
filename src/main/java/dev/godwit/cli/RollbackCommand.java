package dev.godwit.cli;

import dev.godwit.move.Move;
import dev.godwit.move.Recovery;
import dev.godwit.move.Rollback;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit rollback}: the way back of a cut-over that was not released. */
@Command(
    name = "rollback",
    header = "Take back a cut-over that has not released the clients to new.",
    description =
        "After the release new has accepted what old has not; this version does not go back then.",
    footer = {"  godwit rollback move.yaml"})
final class RollbackCommand extends MoveCommand {
  @Option(
      names = "--not-released",
      description =
          "You have looked: no client was released to new. Only for when the gate on old has gone and"
              + " the command says that it cannot tell.")
  private boolean notReleased;

  RollbackCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Recovery.Witness witness =
        notReleased ? Recovery.Witness.NOT_RELEASED : Recovery.Witness.NOBODY;
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan(), "rollback", lines)) {
      terminal().print(new Rollback(move, witness).run());
    }
    return ExitCode.DONE.status();
  }
}
