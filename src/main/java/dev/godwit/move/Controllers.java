package dev.godwit.move;

import dev.godwit.agent.ControllerAbility;
import dev.godwit.host.Controller;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.KeptController;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which controller has a move, as its hosts know it (H59). {@code start} writes it there, unless
 * another one is there already, or takes the move from that one; {@code finish} removes it. Each
 * later connection asks for it, as for the machine.
 *
 * <p>The journal has the same. One that was lost is that of the same controller all the same, when
 * the plan is typed on the same host at the same place; one that was carried to another host goes
 * on as the controller that it was.
 */
final class Controllers {
  /** The journal's fact: {@link Controller#text}; empty when no move is under way. */
  private static final String FACT = "controller";

  /**
   * A controller that does not know yet that it was taken over raises its epochs one by one: so
   * many orders it does not give any more.
   */
  private static final long EPOCHS_LEFT = 1000;

  private final Move move;
  private final boolean takesOver;
  private final Map<Role, Controller> seen = new EnumMap<>(Role.class);

  /**
   * @param takesOver whether a person says that another controller is gone for good
   */
  Controllers(Move move, boolean takesOver) {
    this.move = move;
    this.takesOver = takesOver;
  }

  /** The one that a journal is of; empty when it knows of no move under way. */
  static Optional<Controller> of(Journal journal) throws IOException {
    Optional<String> fact = journal.fact(FACT).filter(text -> !text.isEmpty());
    return fact.isEmpty() ? Optional.empty() : Optional.of(Controller.read(fact.get()));
  }

  /** The move is over. */
  static void forget(Journal journal) throws IOException {
    journal.setFact(FACT, "");
  }

  /** What this one is called on the hosts. */
  static Controller mine(Move move) throws IOException {
    Optional<Controller> known = of(move.journal());
    return known.isPresent() ? known.get() : Controller.here(move.plan().file());
  }

  /**
   * Refuses a host that another controller has now, and keeps that for {@code status}.
   *
   * @throws HostException OTHER_CONTROLLER, with what to do
   */
  static void refuseOther(Plan plan, Host host, Controller mine) throws HostException {
    Optional<String> other;
    try {
      Optional<KeptController> kept = ControllerAbility.ask(host, plan.move()).kept();
      other =
          kept.isPresent()
              ? kept.filter(one -> !one.who().equals(mine)).map(one -> takenOver(plan, host, one))
              : TakenOver.of(plan); // another one has ended the move
    } catch (HostException e) {
      throw e;
    } catch (IOException e) {
      throw new HostException(
          "whether another controller has the move cannot be told: " + e.getMessage(), e);
    }
    if (other.isPresent()) {
      TakenOver.keep(plan, other.get());
      throw new HostException(HostException.Trouble.OTHER_CONTROLLER, other.get(), null);
    }
  }

  private static String takenOver(Plan plan, Host host, KeptController kept) {
    return "%s was taken over by another controller: %s. %s"
        .formatted(plan.move(), told(host.name(), kept), waysOn(plan));
  }

  /**
   * For who is refused by an epoch that is over: who has the move by now, or that it has ended
   * since.
   */
  static String takenOver(Plan plan, Hosts hosts) {
    return hosts.otherController().orElseGet(() -> takenOver(plan));
  }

  private static String takenOver(Plan plan) {
    return "%s was taken over by another controller, which has ended it since: the hosts refuse the orders of this one as those of an epoch that is over. To begin it here again: godwit start --take-over %s"
        .formatted(plan.move(), plan.typed());
  }

  private static String told(String host, KeptController kept) {
    return "%s, since %s, with its last order at %s, as %s says"
        .formatted(kept.who(), kept.since(), seconds(kept.lastOrder()), host);
  }

  private static Instant seconds(Instant time) {
    return Instant.ofEpochSecond(time.getEpochSecond());
  }

  private static String waysOn(Plan plan) {
    return "Give the commands there. When that controller is gone for good: godwit start --take-over "
        + plan.typed();
  }

  /**
   * For what may need no host. Nothing is wanted of one that is away.
   *
   * @throws MoveException REFUSED when another controller has the move by now
   */
  static void refuseTakenOver(Move move) throws MoveException {
    Optional<String> other = move.hosts().otherController();
    if (other.isPresent()) {
      throw new MoveException(MoveException.Kind.REFUSED, other.get());
    }
  }

  /**
   * Whether another controller has had the move since this journal was its own, as the hosts know
   * it: it has it, or has ended it.
   */
  static boolean wasOvertaken(Move move) throws IOException {
    Controller mine = mine(move);
    boolean isOurs = of(move.journal()).isPresent();
    for (Role role : Role.hosts(move.plan())) {
      Optional<KeptController> kept =
          ControllerAbility.ask(move.hosts().of(role), move.plan().move()).kept();
      if (kept.isPresent() ? !kept.get().who().equals(mine) : isOurs) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether any controller has the move, as the hosts know it: until it is finished or given up.
   */
  static boolean isUnderWay(Move move) throws IOException {
    for (Role role : Role.hosts(move.plan())) {
      if (ControllerAbility.ask(move.hosts().of(role), move.plan().move()).kept().isPresent()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Before anything is changed on a host. Also finds from whom the move is taken over.
   *
   * @param hosts that are asked whether another controller has begun the move of which the journal
   *     knows nothing
   * @throws MoveException REFUSED when one has, or has taken it over, and it is not taken from it
   */
  void refuseBegun(List<Role> hosts) throws IOException {
    if (!takesOver && of(move.journal()).isPresent()) {
      refuseTakenOver(move);
      return;
    }
    for (Role role : hosts) {
      Host host;
      try {
        host = move.hosts().of(role);
      } catch (HostException e) {
        continue; // nothing is changed without it: whoever needs both hosts says so
      }
      Optional<KeptController> kept = ControllerAbility.ask(host, move.plan().move()).kept();
      if (kept.isPresent() && !kept.get().who().equals(mine())) {
        if (!takesOver) {
          throw begun(host, kept.get());
        }
        seen.put(role, kept.get().who());
      }
    }
  }

  /** Who takes over is where it is typed, wherever the journal is from. */
  private Controller mine() throws IOException {
    return takesOver ? Controller.here(move.plan().file()) : mine(move);
  }

  private MoveException begun(Host host, KeptController kept) {
    Plan plan = move.plan();
    return new MoveException(
        MoveException.Kind.REFUSED,
        "%s was begun by another controller, and is not over: %s. %s"
            .formatted(plan.move(), told(host.name(), kept), waysOn(plan)));
  }

  /**
   * From now on the hosts know the move as this controller's. Of several that begin at the same
   * time one comes through: all of them ask old first.
   *
   * @throws MoveException REFUSED when another one has it, or was faster
   */
  void take() throws IOException {
    Plan plan = move.plan();
    Controller mine = mine();
    boolean isNew = takesOver || of(move.journal()).isEmpty();
    if (isNew) {
      long highest = 0;
      for (Role role : Role.hosts(plan)) {
        highest =
            Math.max(highest, ControllerAbility.ask(move.hosts().of(role), plan.move()).epoch());
      }
      move.beginEpochsAbove(seen.isEmpty() ? highest : highest + EPOCHS_LEFT);
    }
    for (Role role : Role.hosts(plan)) {
      Host host = move.hosts().of(role);
      KeptController kept =
          ControllerAbility.give(
                  host, plan.move(), mine, Optional.ofNullable(seen.get(role)), move.epoch())
              .kept()
              .orElseThrow();
      if (!kept.who().equals(mine)) {
        throw begun(host, kept);
      }
    }
    if (isNew) {
      move.journal().setFact(FACT, mine.text());
      TakenOver.end(plan);
    }
    if (!seen.isEmpty()) {
      move.listener().note("Taken over from %s.".formatted(seen.values().iterator().next()));
    }
  }

  /** Whether there was one from which the move is taken. */
  boolean isTakenFromAnother() {
    return !seen.isEmpty();
  }
}
