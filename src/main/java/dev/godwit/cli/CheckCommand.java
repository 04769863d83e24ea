package dev.godwit.cli;

import dev.godwit.check.Checkup;
import dev.godwit.check.Finding;
import dev.godwit.check.Severity;
import dev.godwit.move.Preflight;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit check}: looks at everything, changes nothing. */
@Command(
    name = "check",
    header = "Look at everything that could go wrong; change nothing.",
    description =
        "Ends with 0 when no errors were found, with 1 otherwise. Every finding has a code, which"
            + " docs/check.md explains.",
    footer = {
      "  godwit check move.yaml         show what was found",
      "  godwit check --fix move.yaml   create missing users on new first",
      "  godwit check --json move.yaml  the same for programs"
    })
final class CheckCommand extends MoveCommand {
  /** Where a finding's words begin, after its mark. */
  private static final int MESSAGE_COLUMN = 4;

  private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,4})([sm])");

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--fix",
      description =
          "Create the users and groups on new that own files on old, with the same numbers, before"
              + " looking. Nothing else is changed.")
  private boolean fix;

  @Option(
      names = "--measure",
      paramLabel = "TIME",
      description =
          "How long each tree is measured at most, such as 30s or 5m. Default: 10s, which is enough"
              + " for a million files that the kernel remembers.")
  private @Nullable String measure;

  CheckCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, UserFailure {
    Plan plan = plan();
    Duration limit = limit();
    if (fix) {
      List<String> made = Preflight.fix(plan, limit, terminal()::note);
      made.forEach(terminal()::note);
      if (made.isEmpty()) {
        terminal().note("no user and no group is missing on new");
      }
    }
    List<Finding> findings = Preflight.run(plan, limit, terminal()::note);
    boolean errors = Checkup.hasErrors(findings);
    if (json) {
      printJson(object(findings, errors));
    } else {
      findings.forEach(finding -> terminal().print(MESSAGE_COLUMN, line(finding)));
      terminal()
          .print(
              errors
                  ? "%s. The move cannot be made yet.".formatted(counts(findings))
                  : "%s. %s".formatted(counts(findings), Preflight.next(plan)));
    }
    return (errors ? ExitCode.FINDINGS : ExitCode.DONE).status();
  }

  private Duration limit() throws UserFailure {
    if (measure == null) {
      return Checkup.MEASURE;
    }
    Matcher matcher = TIME.matcher(measure);
    if (!matcher.matches()) {
      throw new UserFailure(
          ExitCode.USAGE,
          "--measure: found \"" + measure + "\", expected a time such as 30s or 5m");
    }
    long count = Long.parseLong(matcher.group(1));
    return matcher.group(2).equals("s") ? Duration.ofSeconds(count) : Duration.ofMinutes(count);
  }

  private static String counts(List<Finding> findings) {
    long errors = findings.stream().filter(f -> f.severity() == Severity.ERROR).count();
    long warnings = findings.stream().filter(f -> f.severity() == Severity.WARNING).count();
    return "%s, %s"
        .formatted(
            errors == 0 ? "No errors" : errors == 1 ? "1 error" : errors + " errors",
            warnings == 0 ? "no warnings" : warnings == 1 ? "1 warning" : warnings + " warnings");
  }

  private static String line(Finding finding) {
    String mark =
        switch (finding.severity()) {
          case GOOD -> "✓ ";
          case WARNING -> "! ";
          case ERROR -> "✗ ";
        };
    boolean isGood = finding.severity() == Severity.GOOD;
    return mark
        + finding.what()
        + (isGood ? "" : " [" + finding.code().word() + "]")
        + (finding.remedy().isEmpty() ? "" : "\n    -> " + finding.remedy());
  }

  private static Map<String, Object> object(List<Finding> findings, boolean errors) {
    List<Object> list = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
      object.put("code", finding.code().word());
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
