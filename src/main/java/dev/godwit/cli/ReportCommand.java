package dev.godwit.cli;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.report.HtmlPage;
import dev.godwit.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit report}: what happened, from the journal. */
@Command(
    name = "report",
    header = "Show what was done when, and how long clients waited.",
    description =
        "From the journal beside the plan alone: it can be written long after the hosts are gone.",
    footer = {
      "  godwit report move.yaml",
      "  godwit report --html move.html move.yaml   a page that opens by itself",
      "  godwit report --json move.yaml"
    })
final class ReportCommand extends MoveCommand {
  /** Of what does not fit into a line. */
  private static final int REMARK_INDENT = 8;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page that needs no other file and no network; - is standard output.")
  private @Nullable String html;

  ReportCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, UserFailure {
    if (json && html != null) {
      throw new UserFailure(
          ExitCode.USAGE, "--json and --html say the same in two ways: name one of them");
    }
    Plan plan = plan();
    Optional<Report> report = Report.of(plan);
    if (report.isEmpty()) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "there is no journal of %s yet: it was not started. Next: godwit check %s, then godwit start %s"
              .formatted(plan.move(), plan.typed(), plan.typed()));
    }
    if (html != null) {
      String page = HtmlPage.of(report.get());
      if (html.equals("-")) {
        terminal().print(page.stripTrailing());
      } else {
        Files.writeString(Path.of(html), page);
        terminal().note("Wrote " + html + ".");
      }
    } else if (json) {
      printJson(report.get().json());
    } else {
      terminal().print(REMARK_INDENT, report.get().text());
    }
    return ExitCode.DONE.status();
  }
}
