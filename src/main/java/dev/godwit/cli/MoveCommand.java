package dev.godwit.cli;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Parameters;

/** What every command of a move shares: the plan that it is about. */
abstract class MoveCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "PLAN",
      defaultValue = "move.yaml",
      description = "The plan of the move. Default: ${DEFAULT-VALUE}.")
  private Path file;

  MoveCommand(Terminal terminal) {
    this.terminal = terminal;
    this.file = Path.of("move.yaml");
  }

  final Terminal terminal() {
    return terminal;
  }

  final Plan plan() throws PlanException {
    return Plan.read(file.toAbsolutePath().normalize());
  }

  final void printJson(Object value) {
    terminal.print(JsonMappers.pretty(value));
  }
}
