package dev.godwit.move;

import dev.godwit.forward.GateException;
import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalException;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.plan.Database;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is left when the host that had the clients has died for good: the other one serves, with
 * what had come to it until then.
 *
 * <p>From its first order on the move counts as over, in the journal: should the dead one come back
 * in the middle, nothing of it is mirrored over what the other one has written since.
 */
final class Failover {
  /** The host that is given up while this is under way; empty when it has come to its end. */
  private static final String FACT = "failover";

  private static final Duration CLEAR_LIMIT = Duration.ofSeconds(60);

  private final Move move;
  private final Plan plan;
  private final Role dead;
  private final Role living;

  Failover(Move move, Role dead) {
    this.move = move;
    this.plan = move.plan();
    this.dead = dead;
    this.living = dead.other();
  }

  /** Whether the clients are, or may be, at the host that is dead, so that it takes this. */
  boolean isNeeded(Phase phase) throws IOException {
    return isUnderWay()
        || Direction.before(phase)
            .or(() -> Direction.during(phase))
            .filter(direction -> direction.serving() == dead)
            .isPresent();
  }

  /** Whether it was begun before, and was cut off. */
  private boolean isUnderWay() throws IOException {
    return move.journal().fact(FACT).equals(Optional.of(dead.word()));
  }

  /**
   * Mirrors are behind by what was on its way, and nobody can tell any more what that was.
   *
   * @throws MoveException REFUSED
   */
  void refuseLoss(String command) throws IOException {
    if (isUnderWay()) {
      return; // it was said before
    }
    throw new MoveException(
        MoveException.Kind.REFUSED,
        "%s had the clients. %s can serve with what has come to it: %s. What %s has taken after that is lost with it%s. If it is dead for good, and off: %s --accept-loss %s"
            .formatted(
                dead.word(), living.word(), has(), dead.word(), torn(), command, plan.typed()));
  }

  /** How much of the dead one's data the other one has, as far as it can be told. */
  private String has() throws IOException {
    Optional<Instant> barrier = barrier();
    if (barrier.isPresent()) {
      return "all of it up to %s, when the switch that was cut off had carried the last changes"
          .formatted(barrier.get().truncatedTo(ChronoUnit.SECONDS));
    }
    try (BackgroundClient background = BackgroundClient.find(plan).orElse(null)) {
      if (background == null) {
        return "up to when is not known, for the mirrors' process does not run";
      }
      FollowStatus status = background.status();
      Optional<Instant> heard =
          status.trees().stream()
              .map(FollowStatus.Tree::lastContact)
              .min(Comparator.naturalOrder())
              .filter(at -> status.source() == dead && at.isAfter(Instant.EPOCH));
      long changed = status.trees().stream().mapToLong(FollowStatus.Tree::dirty).sum();
      return heard.isPresent()
          ? "%s was last heard of at %s, with %d changed paths that were not known to be on %s"
              .formatted(
                  dead.word(), heard.get().truncatedTo(ChronoUnit.SECONDS), changed, living.word())
          : "up to when is not known, for its mirrors have not heard of it";
    } catch (IOException e) {
      return "up to when is not known: " + e.getMessage();
    }
  }

  /** When the switch that the host died in had all on the other one. */
  private Optional<Instant> barrier() throws IOException {
    Optional<Direction> direction = Direction.during(move.phase());
    if (direction.isEmpty()) {
      return Optional.empty();
    }
    Optional<Run> cutOff = move.openRun(direction.get().command());
    return cutOff.isEmpty()
        ? Optional.empty()
        : move.journal().steps(cutOff.get()).stream()
            .filter(step -> step.name().equals(CutoverStep.BARRIER.word()))
            .filter(step -> step.outcome() == Outcome.DONE)
            .map(Step::started)
            .findFirst();
  }

  private String torn() {
    return plan.databases().isEmpty()
        ? ""
        : "; the files of %s were copied while their server wrote, so it may not start with them"
            .formatted(
                plan.databases().stream().map(Database::data).collect(Collectors.joining(", ")));
  }

  /**
   * Has the other host serve; a service that does not start keeps the others from nothing.
   *
   * @param after the phase of a move that is over in this way
   */
  void make(Run run, Phase after, Recovery recovery) throws IOException, InterruptedException {
    move.journal()
        .together(
            () -> {
              move.reach(after);
              move.journal().setFact(FACT, dead.word());
            });
    Side side = Side.of(move, living);
    List<Service> services = PlanServices.of(plan);
    long epoch = move.epoch();
    move.step(
        run,
        "start-" + living.word(),
        "nothing to undo",
        () -> {
          String queues = settled(side, epoch);
          clear(side, epoch);
          return recovery.startWhatStarts(side, services, epoch) + queues;
        });
    move.step(
        run, "check-" + living.word(), "nothing to undo", () -> recovery.checked(side, services));
  }

  /** All that belongs to it has been taken down, too. */
  static void end(Journal journal) throws JournalException {
    if (wasCutOff(journal)) {
      journal.setFact(FACT, "");
    }
  }

  /** Whether one was begun, and has not come to its end: what is up on the hosts is still there. */
  static boolean wasCutOff(Journal journal) throws JournalException {
    return journal.fact(FACT).filter(word -> !word.isEmpty()).isPresent();
  }

  /** Their owners are as they came: whom they belonged to, the dead one would have to say. */
  private String settled(Side side, long epoch) {
    StringBuilder said = new StringBuilder();
    for (PlannedService planned : plan.services()) {
      Queue queue = planned.queue();
      if (queue != null) {
        String name = planned.service().name();
        try {
          said.append(", ")
              .append(side.services().settle(side.services().carried(name, queue), epoch));
        } catch (IOException e) {
          move.warn(
              Warnings.Code.NOT_STARTED,
              "The queue of %s was not made fit for %s: %s"
                  .formatted(name, living.word(), e.getMessage()));
        }
      }
    }
    return said.toString();
  }

  /**
   * A gate that leads to the dead one lets the services reach each other here, and servers have the
   * names of their sockets.
   */
  private void clear(Side side, long epoch) throws IOException {
    List<String> asking = PlanServices.asking(plan);
    if (Recovery.isReleased(side)) {
      try {
        side.gate().clear(epoch, asking, CLEAR_LIMIT);
      } catch (GateException e) {
        move.warn(
            Warnings.Code.NOT_STARTED,
            "What asks for services on %s may be led to %s while they start%s: %s"
                .formatted(
                    living.word(),
                    living.other().word(),
                    asking.isEmpty()
                        ? ""
                        : ", and sockets of %s may be in the way of their servers"
                            .formatted(String.join(", ", asking)),
                    e.getMessage()));
      }
    }
  }
}
