package dev.godwit.cli;

import dev.godwit.move.Finding;
import dev.godwit.move.Preflight;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit check}: looks at everything, changes nothing. */
@Command(
    name = "check",
    header = "Look at everything that could go wrong; change nothing.",
    description = "Ends with 0 when nothing keeps the move from starting, with 1 otherwise.",
    footer = {
      "  godwit check move.yaml         show what was found",
      "  godwit check --json move.yaml  the same for programs"
    })
final class CheckCommand extends MoveCommand {
  /** Where a finding's words begin, after its mark. */
  private static final int MESSAGE_COLUMN = 4;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  CheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException {
    List<Finding> findings = Preflight.run(plan());
    boolean errors = Preflight.hasErrors(findings);
    if (json) {
      printJson(object(findings, errors));
    } else {
      findings.forEach(finding -> terminal().print(MESSAGE_COLUMN, line(finding)));
      terminal()
          .print(
              errors
                  ? "The move cannot start yet."
                  : "Nothing keeps the move from starting. Next: godwit start");
    }
    return (errors ? ExitCode.FINDINGS : ExitCode.DONE).status();
  }

  private static String line(Finding finding) {
    String mark =
        switch (finding.severity()) {
          case GOOD -> "✓ ";
          case WARNING -> "! ";
          case ERROR -> "✗ ";
        };
    return mark
        + finding.what()
        + (finding.remedy().isEmpty() ? "" : "\n    -> " + finding.remedy());
  }

  private static Map<String, Object> object(List<Finding> findings, boolean errors) {
    List<Object> list = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
      object.put("code", finding.code());
      object.put("what", finding.what());
      object.put("remedy", finding.remedy());
      list.add(object);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("can_start", !errors);
    result.put("findings", list);
    return result;
  }
}
