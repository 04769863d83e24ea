package dev.godwit.cli;

import dev.godwit.monitor.MoveStatus;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit status}: how a move stands. */
@Command(
    name = "status",
    header = "Show how the move stands, and what comes next.",
    description = "Ends with 1 when something that should run does not.",
    footer = {"  godwit status move.yaml", "  godwit status --json move.yaml"})
final class StatusCommand extends MoveCommand {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  StatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException {
    MoveStatus status = MoveStatus.of(plan());
    if (json) {
      printJson(status.json());
    } else {
      terminal().print(status.text());
    }
    return (status.problems().isEmpty() ? ExitCode.DONE : ExitCode.FINDINGS).status();
  }
}
