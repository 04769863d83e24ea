package dev.godwit.cli;

import dev.godwit.monitor.CopyRate;
import dev.godwit.monitor.MoveStatus;
import dev.godwit.move.Phase;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit status}: how a move stands. */
@Command(
    name = "status",
    header = "Show how the move stands, and what comes next.",
    description =
        "Ends with 1 when something that should run does not. A mirror that has died is started"
            + " again.",
    footer = {
      "  godwit status move.yaml",
      "  godwit status --watch move.yaml",
      "  godwit status --json move.yaml"
    })
final class StatusCommand extends MoveCommand {
  /** Of what does not fit into a line of a terminal. */
  private static final int INDENT = 6;

  /** Often enough to see it move; each look asks the hosts. */
  private static final Duration EVERY = Duration.ofSeconds(2);

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--watch",
      description =
          "Show it anew every two seconds, with the rate of the copy, until the move is finished or"
              + " Ctrl-C. With --json, an object on a line each time.")
  private boolean watch;

  StatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Plan plan = plan();
    MoveStatus status = MoveStatus.of(plan);
    if (!watch) {
      if (json) {
        printJson(status.json());
      } else {
        terminal().print(INDENT, MoveStatusText.of(status));
      }
      return (status.problems().isEmpty() ? ExitCode.DONE : ExitCode.FINDINGS).status();
    }
    show(status, Optional.empty());
    while (status.phase() != Phase.FINISHED) {
      Thread.sleep(EVERY);
      MoveStatus before = status;
      status = MoveStatus.of(plan);
      show(status, CopyRate.between(before, status));
    }
    return ExitCode.DONE.status();
  }

  private void show(MoveStatus status, Optional<CopyRate> rate) {
    if (json) {
      Map<String, Object> object = status.json();
      object.put("rate", rate.map(CopyRate::json).orElse(null));
      terminal().print(JsonMappers.line(object));
    } else {
      show(terminal(), status, rate);
    }
  }

  static void show(Terminal terminal, MoveStatus status, Optional<CopyRate> rate) {
    String first = rate.map(each -> each.text() + "\n").orElse("");
    terminal.screen(INDENT, first + MoveStatusText.of(status));
  }
}
