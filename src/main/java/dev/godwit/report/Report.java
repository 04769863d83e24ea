package dev.godwit.report;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.move.Move;
import dev.godwit.move.Phase;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a move, from its journal alone: it can be written long after the hosts are gone.
 *
 * @param hold of the last cut-over; null before there was one
 */
public record Report(String move, Phase phase, @Nullable HoldFacts hold, List<Chapter> chapters) {
  /** One run of a command with its steps in the order in which they began. */
  public record Chapter(Run run, List<Step> steps) {}

  /** Reads the journal beside the plan; empty when the move was never started. */
  public static Optional<Report> of(Plan plan) throws IOException {
    Optional<Journal> found = Journal.read(Move.journalFile(plan));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (Journal journal = found.get()) {
      List<Chapter> chapters = new ArrayList<>();
      for (Run run : journal.runs()) {
        chapters.add(new Chapter(run, journal.steps(run)));
      }
      return Optional.of(
          new Report(
              plan.move(),
              Move.phase(journal),
              HoldFacts.of(journal).orElse(null),
              List.copyOf(chapters)));
    }
  }

  /** For people; lines of at most 80 columns as far as messages allow. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("Move %s: %s.%n".formatted(move, phase.sentence()));
    if (hold != null) {
      text.append(
          "Hold: %d ms, %d connections waited, the longest for %d ms.%n"
              .formatted(hold.millis(), hold.connections(), hold.longestWaitMillis()));
    }
    for (Chapter chapter : chapters) {
      Run run = chapter.run();
      text.append("%n%s  %s%n".formatted(run.started(), title(run)));
      for (Step step : chapter.steps()) {
        text.append(
            "  %+9.3f s  %-9s %10s  %s%n"
                .formatted(
                    Duration.between(run.started(), step.started()).toMillis() / 1000.0,
                    step.name(),
                    step.tookMicros() < 0
                        ? "cut off"
                        : "%.1f ms".formatted(step.tookMicros() / 1e3),
                    (step.outcome() == Outcome.FAILED ? "FAILED: " : "")
                        + Optional.ofNullable(step.message()).orElse("")));
      }
    }
    return text.toString().stripTrailing();
  }

  private static String title(Run run) {
    String outcome =
        run.outcome() == null
            ? "did not end: its process was killed, or it still runs"
            : switch (run.outcome()) {
              case DONE -> "done";
              case FAILED -> "failed";
              case TAKEN_BACK -> "taken back";
            };
    return "%s: %s%s"
        .formatted(
            run.command(),
            outcome,
            run.message() == null || run.message().isEmpty() ? "" : ": " + run.message());
  }

  /** The same for programs, as maps and lists. */
  public Map<String, Object> json() {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("move", move);
    report.put("phase", phase.word());
    report.put("hold_ms", hold == null ? null : hold.millis());
    report.put("held_connections", hold == null ? null : hold.connections());
    report.put("longest_wait_ms", hold == null ? null : hold.longestWaitMillis());
    List<Object> runs = new ArrayList<>();
    for (Chapter chapter : chapters) {
      Run run = chapter.run();
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("command", run.command());
      object.put("epoch", run.epoch());
      object.put("started", run.started().toString());
      object.put("ended", run.ended() == null ? null : run.ended().toString());
      object.put("outcome", word(run.outcome()));
      object.put("message", run.message());
      object.put("steps", chapter.steps().stream().map(Report::json).toList());
      runs.add(object);
    }
    report.put("runs", runs);
    return report;
  }

  private static Map<String, Object> json(Step step) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("step", step.name());
    object.put("started", step.started().toString());
    object.put("took_ms", step.tookMicros() < 0 ? null : step.tookMicros() / 1e3);
    object.put("outcome", word(step.outcome()));
    object.put("message", step.message());
    object.put("undo", step.undo());
    return object;
  }

  private static @Nullable String word(@Nullable Outcome outcome) {
    return outcome == null
        ? null
        : outcome.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
