package dev.godwit.cli;

import dev.godwit.move.Move;
import dev.godwit.move.Phase;
import dev.godwit.move.Starter;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit start}: the first copy, then the live mirror. */
@Command(
    name = "start",
    header = "Copy, then keep new equal to old; clients notice nothing.",
    description =
        "Returns when new follows old, and leaves a process behind that keeps it so for as long as"
            + " you like. Only reads on old.",
    footer = {
      "  godwit start move.yaml",
      "  godwit start --take-over move.yaml  begun by another controller, which is gone",
      "  godwit status move.yaml             how it stands"
    })
final class StartCommand extends MoveCommand {
  @Option(
      names = "--replace",
      description =
          "After a switch: what somebody has changed on the host that was left may be replaced by"
              + " what the other one has. Only for when a command has said that there is such.")
  private boolean replace;

  @Option(
      names = "--new-root",
      description =
          "After a mirror has halted because a folder of the source is another one than before, or"
              + " empty: it is right as it is.")
  private boolean newRoot;

  @Option(
      names = "--take-over",
      description =
          "Another controller has begun the move, and is gone for good: this one has it from now on."
              + " What the other one has left running ends; it can give no order any more.")
  private boolean takeOver;

  StartCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Plan plan = plan();
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "start", lines)) {
      Starter starter = new Starter(move);
      if (takeOver) {
        starter.takeOver();
      }
      if (starter.run(replace, newRoot) == Phase.NEW_SERVES) {
        terminal().print("Old follows new. The way back: godwit rollback " + plan.typed());
      } else {
        String next = move.isRehearsed() ? "cutover " : "rehearse ";
        terminal().print("New follows old. Next: godwit " + next + plan.typed());
      }
    }
    return ExitCode.DONE.status();
  }
}
