package dev.godwit.cli;

import dev.godwit.move.Cutover;
import dev.godwit.move.Move;
import dev.godwit.move.Recovery;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.Console;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit cutover}: the switch. */
@Command(
    name = "cutover",
    header = "Give the clients to new; they see at most one slower answer.",
    description =
        "Connections wait while the services change hosts. If anything fails before they are let go,"
            + " or the plan's limit of the hold is reached, old serves them again by itself. A"
            + " cut-over that was cut off goes on when the command is run again.",
    footer = {"  godwit cutover --yes move.yaml  without asking"})
final class CutoverCommand extends MoveCommand {
  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Option(
      names = "--released",
      description =
          "You have looked: clients were released to new. Only for when the gate on old has gone and"
              + " the command says that it cannot tell.")
  private boolean released;

  CutoverCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException, UserFailure {
    Plan plan = plan();
    if (!yes) {
      ask(plan);
    }
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "cutover", lines)) {
      new Cutover(move, released ? Recovery.Witness.RELEASED : Recovery.Witness.NOBODY).run();
    }
    terminal().print("New serves. What still comes to old is passed on to new.");
    terminal().print("When nobody comes to old any more: godwit finish " + plan.file());
    return ExitCode.DONE.status();
  }

  private static void ask(Plan plan) throws UserFailure {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "there is no terminal to ask on; to cut over without asking, add --yes");
    }
    String answer =
        console.readLine(
            "Give the clients of %s to new, holding them for at most %d ms? [y/N] ",
            plan.move(), plan.limits().hold().toMillis());
    if (answer == null || !answer.strip().equalsIgnoreCase("y")) {
      throw new UserFailure(ExitCode.REFUSED, "not cut over; old serves as before");
    }
  }
}
