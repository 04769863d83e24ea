package dev.godwit.move;

import dev.godwit.journal.Journal;
import dev.godwit.linux.Sha256;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The last rehearsal of a switch, as the journal keeps it.
 *
 * @param at when it ended
 * @param predicted how long the hold is to be; zero when it failed
 * @param failure what failed; empty when nothing did
 * @param plan which trees and services were rehearsed
 * @param untried the names of services that were not started, with commas between; empty when all
 *     were
 */
public record Rehearsed(
    Instant at, Duration predicted, String failure, String plan, String untried) {
  private static final int FIELDS = 4;

  private static String fact(Direction direction) {
    return "rehearsed-" + direction.command();
  }

  private static String untriedFact(Direction direction) {
    return fact(direction) + "-untried";
  }

  static Rehearsed done(Plan plan, Instant at, Rehearsal.Result result) {
    return new Rehearsed(
        at,
        result.predicted(),
        "",
        fingerprint(plan),
        String.join(", ", result.untried().keySet()));
  }

  static Rehearsed failed(Plan plan, Instant at, String why) {
    return new Rehearsed(
        at, Duration.ZERO, why.isEmpty() ? "it failed" : why, fingerprint(plan), "");
  }

  /** The last one of this direction; empty when there was none. */
  public static Optional<Rehearsed> of(Journal journal, Direction direction) throws IOException {
    String untried = journal.fact(untriedFact(direction)).orElse("");
    return journal
        .fact(fact(direction))
        .map(
            text -> {
              String[] fields = text.split(" ", FIELDS);
              return new Rehearsed(
                  Instant.ofEpochMilli(Long.parseLong(fields[0])),
                  Duration.ofMillis(Long.parseLong(fields[1])),
                  fields[3],
                  fields[2],
                  untried);
            });
  }

  void write(Journal journal, Direction direction) throws IOException {
    journal.setFact(
        fact(direction),
        "%d %d %s %s".formatted(at.toEpochMilli(), predicted.toMillis(), plan, failure));
    journal.setFact(untriedFact(direction), untried);
  }

  /** Whether another plan was rehearsed than this one is by now. Its limits do not count. */
  public boolean isOfAnotherPlan(Plan now) {
    return !plan.equals(fingerprint(now));
  }

  /**
   * Why this rehearsal speaks against the switch.
   *
   * @return empty when it does not
   */
  public Optional<String> objection(Plan now) {
    if (!failure.isEmpty()) {
      return Optional.of("the rehearsal of %s failed: %s".formatted(at, failure));
    }
    Duration limit = now.limits().hold();
    return predicted.compareTo(limit) > 0
        ? Optional.of(
            "the rehearsal of %s predicts a hold of %d ms, and the plan allows %d ms"
                .formatted(at, predicted.toMillis(), limit.toMillis()))
        : Optional.empty();
  }

  private static String fingerprint(Plan plan) {
    List<PlannedService> services =
        plan.services().stream().map(PlannedService::withoutLimits).toList();
    String moved = plan.files() + "\n" + services;
    byte[] digest = Sha256.ofJava().digest(moved.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 8);
  }
}
