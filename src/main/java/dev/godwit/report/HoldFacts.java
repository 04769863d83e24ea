package dev.godwit.report;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.move.CutoverStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The hold of a move's last switch.
 *
 * @param millis from the first connection that could be held to the release, as the gate measured
 *     it
 * @param connections how many were held
 * @param longestWaitMillis how long the one waited that waited longest
 * @param insideMicros of it, from the answer to the order to hold to the order to release, as the
 *     controller measured it; -1 where a version wrote it that did not
 * @param run the switch; -1 likewise
 * @param gapMillis how long clients were refused, where the gate could not do without, in all since
 *     it was put up; 0 where nobody was, and likewise
 */
public record HoldFacts(
    long millis,
    long connections,
    long longestWaitMillis,
    long insideMicros,
    long run,
    long gapMillis) {
  static Optional<HoldFacts> of(Journal journal) throws IOException {
    Optional<String> text = journal.fact(dev.godwit.move.Cutover.HOLD_FACT);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String[] numbers = text.get().split(" ");
    boolean hasInside = numbers.length > 4;
    return Optional.of(
        new HoldFacts(
            Long.parseLong(numbers[0]),
            Long.parseLong(numbers[1]),
            Long.parseLong(numbers[2]),
            hasInside ? Long.parseLong(numbers[3]) : -1,
            hasInside ? Long.parseLong(numbers[4]) : -1,
            numbers.length > 5 ? Long.parseLong(numbers[5]) : 0));
  }

  /**
   * A part of the hold.
   *
   * @param name of a step, or {@link #BETWEEN}, or {@link #ORDERS}
   */
  public record Part(String name, long micros, String what) {
    /** Whether it is the stopping or the starting of the services themselves. */
    boolean isService() {
      return name.equals(CutoverStep.STOP.word()) || name.equals(CutoverStep.START.word());
    }
  }

  static final String BETWEEN = "between";
  static final String ORDERS = "orders";

  /**
   * What the hold consisted of; the parts add up to it.
   *
   * @param steps of the switch
   * @return none when this is the hold of another one, or was recorded without what is needed
   */
  List<Part> parts(Run of, List<Step> steps) {
    if (insideMicros < 0 || of.id() != run) {
      return List.of();
    }
    List<Part> parts = new ArrayList<>();
    long rest = insideMicros;
    for (Step step : steps) {
      boolean isInside =
          CutoverStep.isHeldDuring(step.name()) && !step.name().equals(CutoverStep.RELEASE.word());
      if (isInside && step.tookMicros() >= 0) {
        String what = step.message();
        parts.add(new Part(step.name(), step.tookMicros(), what == null ? "" : what));
        rest -= step.tookMicros();
      }
    }
    parts.add(new Part(BETWEEN, rest, "the journal, and hooks of hold and release"));
    parts.add(
        new Part(
            ORDERS,
            millis * 1000 - insideMicros,
            "the orders to hold and to release on their way, and the gate's own part"));
    return List.copyOf(parts);
  }
}
