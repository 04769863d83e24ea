package dev.godwit.move;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How much of a hold is kept for the way back: what a host that does not come up may not use. The
 * services that were started on it are stopped in that time, and those of the host that served
 * start again. Never so much that a switch which goes as it was rehearsed would be taken back.
 */
final class WayBackTime {
  /** What goes before, between and after the stop and the start. */
  private static final Duration ORDERS = Duration.ofSeconds(1);

  /** Of a hold, where nothing is known. */
  private static final int SHARE = 4;

  private WayBackTime() {}

  /** Of a hold of the next switch. */
  static Duration kept(Journal journal, Direction direction, Duration hold) throws IOException {
    Optional<Duration> predicted =
        Rehearsed.of(journal, direction)
            .filter(rehearsed -> rehearsed.failure().isEmpty())
            .map(Rehearsed::predicted);
    return kept(known(journal, direction), predicted, hold);
  }

  /**
   * The same of what is known.
   *
   * @param stopAndStart what those of the way back took when they were last made
   * @param predicted how long the hold is to be when nothing fails
   */
  static Duration kept(
      Optional<Duration> stopAndStart, Optional<Duration> predicted, Duration hold) {
    Duration share = hold.dividedBy(SHARE);
    Duration wanted = stopAndStart.map(ORDERS::plus).orElse(share);
    Duration most =
        predicted
            .map(all -> all.compareTo(hold) < 0 ? hold.minus(all).dividedBy(2) : Duration.ZERO)
            .orElse(share);
    return wanted.compareTo(most) < 0 ? wanted : most;
  }

  /** A switch in the other direction has made just these two; a rehearsal has the like of them. */
  private static Optional<Duration> known(Journal journal, Direction direction) throws IOException {
    Optional<Duration> switched = last(journal, direction.opposite().command());
    return switched.isPresent() ? switched : last(journal, Rehearsal.COMMAND);
  }

  /** Of the last run of a command that came past both. */
  private static Optional<Duration> last(Journal journal, String command) throws IOException {
    Optional<Duration> found = Optional.empty();
    for (Run run : journal.runs()) {
      if (run.command().equals(command)) {
        List<Step> steps = journal.steps(run);
        Duration stop = took(steps, CutoverStep.STOP);
        Duration start = took(steps, CutoverStep.START);
        if (!stop.isZero() && !start.isZero()) {
          found = Optional.of(stop.plus(start));
        }
      }
    }
    return found;
  }

  /** Zero when it was not done. */
  private static Duration took(List<Step> steps, CutoverStep which) {
    return steps.stream()
        .filter(step -> step.name().equals(which.word()) && step.outcome() == Outcome.DONE)
        .map(step -> Duration.ofNanos(step.tookMicros() * 1000))
        .reduce(Duration.ZERO, (first, second) -> second);
  }
}
