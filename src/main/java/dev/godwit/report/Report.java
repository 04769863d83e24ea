package dev.godwit.report;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.move.CutoverStep;
import dev.godwit.move.Direction;
import dev.godwit.move.GateDeaths;
import dev.godwit.move.Move;
import dev.godwit.move.Outside;
import dev.godwit.move.Phase;
import dev.godwit.move.Rehearsal;
import dev.godwit.move.Verification;
import dev.godwit.outside.Seen;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a move, from its journal alone: it can be written long after the hosts are gone.
 *
 * @param isWithinHost whether old and new are two places of one host
 * @param hold of the last cut-over; null before there was one
 * @param deaths of gates that cut connections off with them
 * @param remarks that were made when the move was started, and by the commands since
 * @param outside what a client would have seen during the last switch, a port each; empty when it
 *     was not watched
 */
public record Report(
    String move,
    Phase phase,
    boolean isWithinHost,
    @Nullable HoldFacts hold,
    List<Seen> outside,
    List<Chapter> chapters,
    List<GateDeaths.Death> deaths,
    List<Remark> remarks) {
  /** One run of a command with its steps in the order in which they began. */
  public record Chapter(Run run, List<Step> steps) {
    /** The steps while clients waited. */
    List<Step> inHold() {
      return steps.stream().filter(step -> CutoverStep.isHeldDuring(step.name())).toList();
    }
  }

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
              plan.isWithinHost(),
              HoldFacts.of(journal).orElse(null),
              journal.fact(Outside.FACT).map(Seen::parse).orElse(List.of()),
              List.copyOf(chapters),
              GateDeaths.of(journal),
              Remark.of(journal)));
    }
  }

  /**
   * The switch that counts, in whichever direction: the last one that was done, else the last one
   * in which clients waited; null when there was none. A rehearsal has steps of the same names, and
   * is none.
   */
  @Nullable Chapter cutover() {
    Chapter found = null;
    for (Chapter chapter : chapters) {
      if (Direction.ofCommand(chapter.run().command()).isEmpty()) {
        continue;
      }
      boolean isDone = chapter.run().outcome() == Outcome.DONE;
      boolean stands = found != null && found.run().outcome() == Outcome.DONE && !isDone;
      if (!chapter.inHold().isEmpty() && !stands) {
        found = chapter;
      }
    }
    return found;
  }

  /** Commands that leave a move as it was. */
  private static final Set<String> LOOKS = Set.of(Verification.COMMAND, Rehearsal.COMMAND);

  /**
   * Whether a chapter is of the state in which the move is now: nothing has taken it back, and no
   * later command has gone on from there. How to undo an older one's steps is no advice any more:
   * to start what a switch had stopped, after the next one, would make two writers.
   */
  boolean isLatest(Chapter chapter) {
    return chapter.run().outcome() != Outcome.TAKEN_BACK
        && chapters.subList(chapters.indexOf(chapter) + 1, chapters.size()).stream()
            .allMatch(later -> LOOKS.contains(later.run().command()));
  }

  /**
   * What a person can do about a step that failed or was cut off; empty when nothing is left of it.
   * One of a run that was done all the same says itself how it is tried again.
   */
  String byHand(Chapter chapter, Step step) {
    Run run = chapter.run();
    if (!isLatest(chapter) || run.outcome() == Outcome.DONE) {
      return "";
    }
    return (run.isOpen() ? "by hand, when no command is at work: " : "by hand: ") + step.undo();
  }

  /** What the last hold consisted of; empty when it was not recorded. */
  List<HoldFacts.Part> holdParts() {
    return hold == null
        ? List.of()
        : chapters.stream()
            .map(chapter -> hold.parts(chapter.run(), chapter.steps()))
            .filter(parts -> !parts.isEmpty())
            .findFirst()
            .orElse(List.of());
  }

  /**
   * What the switch that counts, and the last verification, have compared.
   *
   * @param how what was compared with what, and by which signs
   * @param result what came out
   */
  record Proof(String step, String how, String result) {}

  /** Beside a switch: what it has compared itself are no contents that nobody has touched. */
  private static final Proof NOT_VERIFIED =
      new Proof(
          Verification.COMMAND,
          "the content of each file, read on both hosts, with a digest of each tree",
          "not made; godwit verify does it, at any time before finish");

  /** The switch first; empty when there was neither. */
  List<Proof> proofs() {
    List<Proof> proofs = new ArrayList<>(proofsOfSwitch());
    Optional<Chapter> verification =
        chapters.reversed().stream()
            .filter(chapter -> chapter.run().command().equals(Verification.COMMAND))
            .findFirst();
    if (verification.isPresent()) {
      proofs.addAll(proofsOf(verification.get()));
    } else if (!proofs.isEmpty()) {
      proofs.add(NOT_VERIFIED);
    }
    return List.copyOf(proofs);
  }

  /** Of trees that are equal, the digest is of all that was read, and the same on both hosts. */
  private static List<Proof> proofsOf(Chapter verification) {
    List<Proof> proofs = new ArrayList<>();
    for (Step step : verification.steps()) {
      String how =
          switch (step.name()) {
            case "compare" ->
                "godwit verify at %s: all of the tree read on both hosts, the content of each file too"
                    .formatted(step.started());
            case "again" -> "what had changed between the two readings, looked at again";
            case "mailboxes" -> "UIDVALIDITY and UIDs, as the mail store says them";
            default -> "";
          };
      if (!how.isEmpty()) {
        proofs.add(proof(Verification.COMMAND, step, how));
      }
    }
    return proofs;
  }

  private static Proof proof(String name, Step step, String how) {
    String failed = step.outcome() == Outcome.DONE ? "" : "FAILED: ";
    return new Proof(name, how, failed + Objects.toString(step.message(), ""));
  }

  private List<Proof> proofsOfSwitch() {
    Chapter cutover = cutover();
    List<Proof> proofs = new ArrayList<>();
    for (Step step : cutover == null ? List.<Step>of() : cutover.steps()) {
      String how =
          switch (step.name()) {
            case "audit" ->
                "before the hold: the whole trees on both hosts, by names, sizes, times, owners and"
                    + " modes; by the content's digest where a change could have gone unseen";
            case "barrier" ->
                "in the hold, after the services had stopped: every change up to then written on"
                    + " the other side and made durable";
            case "check" -> "the checks of the plan, made there before any client came";
            default -> "";
          };
      if (!how.isEmpty()) {
        proofs.add(proof(step.name(), step, how));
      }
    }
    return proofs;
  }

  /** The switch in which the ports were asked last: one that failed later than another was made. */
  String watched() {
    Chapter counts = cutover();
    return chapters.reversed().stream()
        .filter(
            chapter -> chapter.steps().stream().anyMatch(step -> step.name().equals(Outside.STEP)))
        .findFirst()
        .filter(last -> counts != null && last.run().id() != counts.run().id())
        .map(
            last ->
                "the %s of %s, which is a later one than that of the hold"
                    .formatted(last.run().command(), last.run().started()))
        .orElse("the last switch");
  }

  /** How the move stands. */
  String sentence() {
    return phase.sentence(isWithinHost);
  }

  /** What somebody still has to do, most urgent first. */
  List<String> byHand() {
    List<String> left = new ArrayList<>();
    left.add(
        switch (phase) {
          case FINISHED ->
              remarks.stream().anyMatch(Remark::isLeftBehind)
                  ? "Nothing of Godwit is left on new; old can be thrown away."
                  : isWithinHost
                      ? "Nothing of Godwit is left; the files of old can be removed."
                      : "Nothing of Godwit is left; old can be turned off.";
          case NEW_SERVES ->
              isWithinHost
                  ? "When it is to stay so: godwit finish. Until then the files of old follow."
                  : "When nobody comes to old any more: godwit finish. Until then old passes on.";
          case PLANNED, FOLLOWING, SWITCHING, SWITCHING_BACK ->
              "The move is not at its end: godwit status says what comes next.";
        });
    if (phase == Phase.NEW_SERVES || phase == Phase.FINISHED) {
      for (Remark remark : remarks) {
        if (remark.isByHand()) {
          left.add(remark.what() + (remark.remedy().isEmpty() ? "" : " — " + remark.remedy()));
        }
      }
    }
    return List.copyOf(left);
  }

  /** For people; lines of at most 80 columns as far as messages allow. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("Move %s: %s.%n".formatted(move, sentence()));
    if (hold != null) {
      text.append(
          "Hold: %d ms, %d connections waited, the longest for %d ms.%n"
              .formatted(hold.millis(), hold.connections(), hold.longestWaitMillis()));
      if (hold.gapMillis() > 0) {
        text.append(
            "Clients were refused for %d ms, in which nobody listened.%n"
                .formatted(hold.gapMillis()));
      }
      List<HoldFacts.Part> parts = holdParts();
      parts.forEach(
          part -> text.append("  %9.1f ms  %s%n".formatted(part.micros() / 1e3, part.name())));
      if (!parts.isEmpty()) {
        long services =
            parts.stream()
                .filter(HoldFacts.Part::isService)
                .mapToLong(HoldFacts.Part::micros)
                .sum();
        text.append(
            "Stop and start of the services: %.1f ms; all else: %.1f ms.%n"
                .formatted(services / 1e3, hold.millis() - services / 1e3));
      }
    }
    deaths.forEach(death -> text.append("Cut off: %s.%n".formatted(death.display())));
    if (!outside.isEmpty()) {
      text.append("From outside, during %s:%n".formatted(watched()));
      outside.forEach(seen -> text.append("  %s%n".formatted(seen.text())));
    }
    for (Chapter chapter : chapters) {
      Run run = chapter.run();
      text.append("%n%s  %s%n".formatted(run.started(), title(run)));
      for (Step step : chapter.steps()) {
        text.append(
            "  %+9.3f s  %-11s %10s  %s%n"
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
    List<Proof> proofs = proofs();
    if (!proofs.isEmpty()) {
      text.append("%nWhat was compared:%n".formatted());
      proofs.forEach(
          each -> text.append("  %s, %s: %s%n".formatted(each.step(), each.how(), each.result())));
    }
    tell(text, "Found at the start", remarks.stream().filter(each -> each.at() == null).toList());
    tell(text, "Warnings", remarks.stream().filter(each -> each.at() != null).toList());
    text.append("%nLeft to do:%n".formatted());
    byHand().forEach(each -> text.append("  %s%n".formatted(each)));
    return text.toString().stripTrailing();
  }

  private static void tell(StringBuilder text, String title, List<Remark> remarks) {
    if (!remarks.isEmpty()) {
      text.append("%n%s:%n".formatted(title));
      for (Remark each : remarks) {
        String when = each.at() == null ? "" : each.at() + "  ";
        text.append("  %s%s [%s]%n".formatted(when, each.what(), each.code()));
      }
    }
  }

  static String title(Run run) {
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
    report.put("refused_for_ms", hold == null ? null : hold.gapMillis());
    report.put("gate_deaths", deaths.stream().map(GateDeaths.Death::json).toList());
    report.put(
        "hold_parts",
        holdParts().stream()
            .map(part -> Map.of("part", part.name(), "took_ms", part.micros() / 1e3))
            .toList());
    report.put("outside", outside.stream().map(Report::json).toList());
    report.put("compared", proofs().stream().map(Report::json).toList());
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
    report.put("remarks", remarks.stream().map(Report::json).toList());
    report.put("left_to_do", byHand());
    return report;
  }

  private static Map<String, Object> json(Remark remark) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("code", remark.code());
    object.put("what", remark.what());
    object.put("remedy", remark.remedy());
    object.put("at", remark.at() == null ? null : remark.at().toString());
    return object;
  }

  private static Map<String, Object> json(Proof proof) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("step", proof.step());
    object.put("how", proof.how());
    object.put("result", proof.result());
    return object;
  }

  private static Map<String, Object> json(Seen seen) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("service", seen.service());
    object.put("address", seen.address());
    object.put("from", seen.from().isEmpty() ? null : seen.from());
    object.put("asked_for", seen.how().name().toLowerCase(Locale.ROOT));
    object.put("requests", seen.requests());
    object.put("failures", seen.failures());
    object.put("unanswered", seen.unanswered());
    boolean isTold = seen.seesHold();
    object.put("longest_gap_ms", isTold ? seen.longestGap().toMillis() : null);
    object.put("gap_ended", isTold ? seen.gapEnded().toString() : null);
    object.put("slowest_ms", isTold ? seen.slowest().toMillis() : null);
    object.put("reason", seen.reason());
    return object;
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
    return outcome == null ? null : outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
