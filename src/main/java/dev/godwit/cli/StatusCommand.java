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
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit status}: how a move stands. */
@Command(
    name = "status",
    header = "Show how the move stands, and what comes next.",
    description =
        "Ends with 1 when something that should run does not, or the other way round. A mirror that"
            + " has died is started again. While files are copied it takes a second longer, for"
            + " their rate.",
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

  /** Between the two looks that a rate takes: as long as a person waits for an answer. */
  private static final Duration RATE_OVER = Duration.ofSeconds(1);

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
      Rated rated = Rated.of(status, () -> status.again(plan), RATE_OVER);
      if (json) {
        printJson(rated.json());
      } else {
        terminal().print(INDENT, rated.text());
      }
      return (status.problems().isEmpty() ? ExitCode.DONE : ExitCode.FINDINGS).status();
    }
    Rated shown = new Rated(status, Optional.empty());
    show(shown);
    while (shown.status().phase() != Phase.FINISHED) {
      Thread.sleep(EVERY);
      MoveStatus now = MoveStatus.of(plan);
      shown = new Rated(now, CopyRate.between(shown.status(), now));
      show(shown);
    }
    return ExitCode.DONE.status();
  }

  /** What is shown at once. */
  record Rated(MoveStatus status, Optional<CopyRate> rate) {
    /**
     * With the rate of the copy, when one is under way: that takes a second look.
     *
     * @param again the same a moment later
     */
    static Rated of(MoveStatus first, Supplier<MoveStatus> again, Duration pause)
        throws InterruptedException {
      if (!first.isCopying()) {
        return new Rated(first, Optional.empty());
      }
      Thread.sleep(pause);
      MoveStatus second = again.get();
      return new Rated(second, CopyRate.between(first, second));
    }

    String text() {
      return rate.map(each -> each.text() + "\n").orElse("") + MoveStatusText.of(status);
    }

    Map<String, Object> json() {
      Map<String, Object> object = status.json();
      object.put("rate", rate.map(CopyRate::json).orElse(null));
      return object;
    }
  }

  private void show(Rated rated) {
    if (json) {
      terminal().print(JsonMappers.line(rated.json()));
    } else {
      show(terminal(), rated);
    }
  }

  static void show(Terminal terminal, Rated rated) {
    terminal.screen(INDENT, rated.text());
  }
}
