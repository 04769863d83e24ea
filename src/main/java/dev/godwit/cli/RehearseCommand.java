package dev.godwit.cli;

import dev.godwit.move.Move;
import dev.godwit.move.Rehearsal;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit rehearse}: the switch without the clients. */
@Command(
    name = "rehearse",
    header = "Try the services on new, apart from everything; predict the hold.",
    description = {
      "Starts the plan's services on new, on what was copied, and makes the plan's checks. What they"
          + " write is kept apart and thrown away, they have a network to themselves, and the copying"
          + " rests meanwhile. Clients and the files of both hosts are not touched; afterwards new is"
          + " compared with how it was.",
      "Ends with 0 when all came up and the hold is to be no longer than the plan allows."
    },
    footer = {
      "  godwit rehearse move.yaml         say what a cut-over would have met",
      "  godwit rehearse --json move.yaml  the same for programs"
    })
final class RehearseCommand extends MoveCommand {
  /** Where the words about a part begin. */
  private static final int REMARK_COLUMN = 35;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--without",
      paramLabel = "SERVICE",
      description =
          "Do not start this service, nor what comes after it. For one that starts on new, but not"
              + " in a rehearsal. May be given several times.")
  private Set<String> without = new LinkedHashSet<>();

  RehearseCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Plan plan = plan();
    Rehearsal.Result result;
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "rehearse", lines);
        Interruption interruption = Interruption.of(terminal(), move::stop)) {
      result = new Rehearsal(move, without).run();
    }
    if (json) {
      printJson(object(result));
    } else {
      print(result, plan);
    }
    return (result.isWithinLimit() ? ExitCode.DONE : ExitCode.FINDINGS).status();
  }

  private void print(Rehearsal.Result result, Plan plan) {
    long predicted = result.predicted().toMillis();
    long limit = result.limit().toMillis();
    terminal().print(first(result));
    for (Rehearsal.Part part : result.parts()) {
      terminal()
          .print(
              REMARK_COLUMN,
              "  %-9s %9s  %-10s %s"
                  .formatted(
                      part.step(),
                      part.length().toMillis() + " ms",
                      word(part.basis()),
                      part.remark())
                  .stripTrailing());
    }
    result
        .untried()
        .forEach(
            (name, why) -> terminal().print(4, "  Not started: %s, since %s".formatted(name, why)));
    result.notIncluded().forEach(each -> terminal().print(4, "  Not included: " + each));
    terminal()
        .print(
            result.isWithinLimit()
                ? "About %d ms of the %d ms that the plan allows. Next: godwit %s %s"
                    .formatted(predicted, limit, result.command(), plan.typed())
                : "About %d ms, longer than the %d ms that the plan allows: make the longest part shorter, or raise `hold` under `limits`; then rehearse again."
                    .formatted(predicted, limit));
  }

  private static String first(Rehearsal.Result result) {
    String which =
        result.untried().isEmpty()
            ? "The services"
            : result.tried().isEmpty() ? "" : String.join(", ", result.tried());
    return which.isEmpty()
        ? "No service could be started on %s for it. The hold:".formatted(result.next())
        : "%s came up on %s and answered. The hold:".formatted(which, result.next());
  }

  private static String word(Rehearsal.Basis basis) {
    return switch (basis) {
      case MEASURED -> "measured";
      case BEFORE -> "last time";
      case SYSTEMD -> "systemd";
      case GUESSED -> "a guess";
    };
  }

  private static Map<String, Object> object(Rehearsal.Result result) {
    List<Object> parts = new ArrayList<>();
    for (Rehearsal.Part part : result.parts()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("step", part.step());
      object.put("ms", part.length().toNanos() / 1e6);
      object.put("basis", part.basis().name().toLowerCase(Locale.ROOT));
      object.put("remark", part.remark());
      parts.add(object);
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("predicted_hold_ms", result.predicted().toMillis());
    object.put("hold_limit_ms", result.limit().toMillis());
    object.put("within_limit", result.isWithinLimit());
    object.put("parts", parts);
    object.put("started", result.tried());
    object.put("not_started", result.untried());
    object.put("not_included", result.notIncluded());
    return object;
  }
}
