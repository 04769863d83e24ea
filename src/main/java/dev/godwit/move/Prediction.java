package dev.godwit.move;

import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.plan.Hook;
import dev.godwit.plan.Plan;
import dev.godwit.service.Service;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The parts of a hold that is to come, gathered while they are rehearsed. One thread. */
final class Prediction {
  /** The one part that is of no single step. */
  private static final String ALL_ORDERS = "orders";

  /** What the gate itself needs for hold, queues and release, beside the way to it. */
  private static final Duration AT_GATE = Duration.ofMillis(30);

  /** As in the hold, whatever the order in which they became known. */
  private static final Comparator<Rehearsal.Part> IN_ORDER =
      Comparator.comparing(
          part ->
              part.step().equals(ALL_ORDERS)
                  ? CutoverStep.values().length
                  : stepOf(part.step()).ordinal());

  private final Move move;
  private final Direction direction;
  private final List<Rehearsal.Part> parts = new ArrayList<>();
  private final List<String> notIncluded = new ArrayList<>();

  Prediction(Move move, Direction direction) {
    this.move = move;
    this.direction = direction;
  }

  private static CutoverStep stepOf(String word) {
    return CutoverStep.of(word).orElseThrow();
  }

  void add(Rehearsal.Part part) {
    parts.add(part);
  }

  void add(CutoverStep step, Duration length, Rehearsal.Basis basis, String remark) {
    parts.add(new Rehearsal.Part(step.word(), length, basis, remark));
  }

  /**
   * Adds the orders to the gate.
   *
   * @param way how long they take to get there, and their answers back
   * @param serving its host, for people
   */
  void addOrders(Duration way, String serving) {
    parts.add(
        new Rehearsal.Part(
            ALL_ORDERS,
            AT_GATE.plus(way),
            Rehearsal.Basis.GUESSED,
            "hold, queues and release at the gate; %d ms of it the way to %s, measured"
                .formatted(way.toMillis(), serving)));
  }

  /** What takes its time in the hold and is not known; for people. */
  void leaveOut(String what) {
    notIncluded.add(what);
  }

  /** Does the work, and takes its time for that of the step. */
  String measured(CutoverStep step, String remark, Move.Work work)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    String said = work.run();
    add(step, Duration.ofNanos(System.nanoTime() - started), Rehearsal.Basis.MEASURED, remark);
    return said;
  }

  /**
   * Takes the time of the last switch that got past the step.
   *
   * @return false when there was none
   */
  boolean addLastTime(CutoverStep step) throws IOException {
    Optional<Step> known = lastTime(step);
    known.ifPresent(
        made ->
            add(
                step,
                Duration.ofNanos(made.tookMicros() * 1000),
                Rehearsal.Basis.BEFORE,
                "in the switch of " + made.started()));
    return known.isPresent();
  }

  /** Adds a part of a step, unless a switch has shown how long all of the step takes. */
  void addUnlessFromSwitch(Rehearsal.Part part) throws IOException {
    CutoverStep step = stepOf(part.step());
    boolean isFromSwitch =
        parts.stream()
            .anyMatch(
                each -> each.step().equals(part.step()) && each.basis() == Rehearsal.Basis.BEFORE);
    if (!isFromSwitch && !addLastTime(step)) {
      add(part);
    }
  }

  private Optional<Step> lastTime(CutoverStep step) throws IOException {
    Optional<Step> found = Optional.empty();
    for (Run past : move.journal().runs()) {
      if (past.command().equals(direction.command())) {
        for (Step made : move.journal().steps(past)) {
          if (made.name().equals(step.word()) && made.outcome() == Outcome.DONE) {
            found = Optional.of(made);
          }
        }
      }
    }
    return found;
  }

  /** What is known of a step from the last switch has its hooks in it. */
  private void leaveOutHooks(Plan plan) {
    for (Hook hook : plan.hooks()) {
      boolean isKnown =
          parts.stream()
              .anyMatch(
                  part ->
                      part.step().equals(hook.step()) && part.basis() == Rehearsal.Basis.BEFORE);
      // A way back is no part of a switch that succeeds.
      Optional<CutoverStep> step = CutoverStep.of(hook.step());
      if (step.isPresent() && Hooks.isInHold(hook, step.get()) && !isKnown) {
        leaveOut("%s, which may take %d ms".formatted(hook.display(), hook.limit().toMillis()));
      }
    }
  }

  /** All of it, with what no rehearsal can measure. */
  Rehearsal.Result result(String next, StagedServices services) {
    Plan plan = move.plan();
    parts.sort(IN_ORDER);
    leaveOutHooks(plan);
    Map<String, String> untried = new LinkedHashMap<>();
    services.untried().forEach(each -> untried.put(each.service().name(), each.why()));
    return new Rehearsal.Result(
        next,
        services.tried().stream().map(Service::name).toList(),
        Collections.unmodifiableMap(untried),
        List.copyOf(parts),
        List.copyOf(notIncluded),
        plan.limits().hold());
  }
}
