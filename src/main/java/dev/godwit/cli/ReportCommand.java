package dev.godwit.cli;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.report.Report;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit report}: what happened, from the journal. */
@Command(
    name = "report",
    header = "Show what was done when, and how long clients waited.",
    footer = {"  godwit report move.yaml", "  godwit report --json move.yaml"})
final class ReportCommand extends MoveCommand {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  ReportCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, UserFailure {
    Plan plan = plan();
    Optional<Report> report = Report.of(plan);
    if (report.isEmpty()) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "there is no journal of %s yet: it was not started".formatted(plan.move()));
    }
    if (json) {
      printJson(report.get().json());
    } else {
      terminal().print(report.get().text());
    }
    return ExitCode.DONE.status();
  }
}
