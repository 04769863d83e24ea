package dev.godwit.move;

import dev.godwit.forward.GateException;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.Gate;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.NextHost;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.journal.JournalException;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Hook;
import dev.godwit.plan.Plan;
import dev.godwit.service.Place;
import dev.godwit.service.Service;
import dev.godwit.sync.IdMap;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What follows a switch that did not get to its end, whether a step failed or the controller died:
 * looks at the gate of the host that served, which alone knows whether clients were released, and
 * either finishes the switch or takes it back. Running it twice does no more than running it once.
 *
 * <p>Also what is to be so in a settled phase, when something died since: the mirrors, and the way
 * of late clients.
 */
public final class Recovery {
  /** The name of its runs in the journal. */
  static final String TAKE_BACK = "take-back";

  /** How long a host may be unreachable; the lease ends on old meanwhile, without us. */
  private static final Duration RECONNECT_LIMIT = Duration.ofMinutes(2);

  /** For mirrors to come to their end before others are made. */
  private static final Duration PAUSE_LIMIT = Duration.ofMinutes(2);

  /** No client waits for it: what the plan allows each service to take ends it before. */
  private static final Duration STOP_LIMIT = Gate.HOLD_MAX;

  /** What takes long to start, such as a database that recovers first, is not to be killed. */
  private static final Duration START_LIMIT = Gate.HOLD_MAX.multipliedBy(2);

  /** What does not run ahead is started by the next switch. */
  private static final Duration AHEAD_LIMIT = Duration.ofSeconds(60);

  /** Clients wait for it; what is left then is the landing's to end, by force. */
  private static final Duration FIRST_STOP_LIMIT = Duration.ofSeconds(5);

  private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);

  /** What a person says who has looked, when the gate cannot be asked any more. */
  public enum Witness {
    NOBODY,
    RELEASED,
    NOT_RELEASED
  }

  private final Move move;
  private final Witness witness;
  private final Stillness stillness;

  /** The host that is dead for good; null for none. */
  private @Nullable Role dead;

  Recovery(Move move) {
    this(move, Witness.NOBODY);
  }

  Recovery(Move move, Witness witness) {
    this.move = move;
    this.witness = witness;
    this.stillness = new Stillness(move);
  }

  /** A person says that a host is dead for good: nothing is asked of it. */
  void without(@Nullable Role host) {
    dead = host;
  }

  /**
   * Settles what was cut off, if anything was.
   *
   * @return the phase that holds afterwards; one of a switch only where the host that would have to
   *     say what has become of it is dead
   * @throws MoveException REFUSED when the plan has other trees or services than it was begun with
   */
  Phase run() throws IOException, InterruptedException {
    Rehearsal.tidyUp(move);
    Phase phase = move.phase();
    Optional<Direction> cutOffOnTheWay = Direction.during(phase);
    if (cutOffOnTheWay.isEmpty()) {
      return phase;
    }
    Direction direction = cutOffOnTheWay.get();
    if (direction.serving() == dead) {
      return phase;
    }
    if (dead == null) {
      StartedPlan.refuseOthers(move); // what it would forget to stop would go on to write
    }
    try {
      return settleCutOff(direction);
    } finally {
      // Not before: of a host that has vanished it may be long until that is known.
      GateDeaths.recordUnlessImpossible(move);
    }
  }

  private Phase settleCutOff(Direction direction) throws IOException, InterruptedException {
    Optional<Run> cutOff = move.openRun(direction.command());
    Side serving = await(direction.serving());
    Optional<GateStatus> status = serving.gate().status();
    if (wasReleased(direction, status, cutOff)) {
      settle(direction, cutOff);
      move.listener()
          .note("The switch had happened: %s.".formatted(direction.next().serves(move.plan())));
      if (direction.next() == dead) {
        return direction.after();
      }
      home(direction.next());
      followUnlessImpossible(direction.opposite());
      String unused = startAhead(direction);
      return direction.after();
    }
    try {
      takeBack(direction, serving, status.isPresent(), cutOff);
    } catch (JournalException e) {
      // A full disk here is no reason to keep clients waiting there until the hold ends.
      backUnrecorded(serving, status.isPresent(), e);
      throw e;
    }
    if (cutOff.isPresent()) {
      move.journal().end(cutOff.get(), Outcome.TAKEN_BACK, direction.serving().serves(move.plan()));
    }
    return direction.before();
  }

  /** The gate knows; without one, only an attempt that never came to its release is certain. */
  private boolean wasReleased(
      Direction direction, Optional<GateStatus> status, Optional<Run> cutOff) throws IOException {
    if (status.isPresent()) {
      return status.get().mode() == GateStatus.Mode.RELEASED;
    }
    boolean tried = began(cutOff, CutoverStep.RELEASE);
    return switch (witness) {
      case RELEASED -> true;
      case NOT_RELEASED -> false;
      case NOBODY -> {
        if (tried) {
          String next = direction.next().word();
          throw new MoveException(
              MoveException.Kind.REFUSED,
              "whether clients were released to %s cannot be told: the gate on %s has gone, and its record too. Look at what %s has accepted since the %s, then say so: `godwit %s --released` or `godwit %s --not-released`"
                  .formatted(
                      next,
                      direction.serving().word(),
                      next,
                      direction == Direction.TO_NEW ? "cut-over" : "rollback",
                      direction.command(),
                      direction.opposite().command()));
        }
        yield false;
      }
    };
  }

  /** Whether the orders of a step may have gone out. */
  private boolean began(Optional<Run> cutOff, CutoverStep step) throws IOException {
    return cutOff.isPresent()
        && move.journal().steps(cutOff.get()).stream().anyMatch(s -> s.name().equals(step.word()));
  }

  /** Where the clients of an attempt are after {@link #run} has failed, and what to do. */
  String clientsNow(Direction direction) {
    String word = direction.serving().word();
    try {
      boolean tried = began(move.openRun(direction.command()), CutoverStep.RELEASE);
      Optional<GateStatus> status;
      try {
        status = Side.of(move, direction.serving()).gate().status();
      } catch (IOException e) {
        return tried
            ? unknown(direction)
            : "If the gate on %s holds the clients, it gives them back to %s by itself when the hold ends. Run the same command again when %s can be reached"
                .formatted(word, word, word);
      }
      if (status.isEmpty()) {
        return "No gate on %s is in the clients' way".formatted(word);
      }
      return switch (status.get().mode()) {
            case PASS -> "Clients go to the services of " + word;
            case HOLD ->
                "The gate on %s gives the clients back to %s by itself when the hold ends"
                    .formatted(word, word);
            case GOING_BACK ->
                "The gate on %s gives the clients back when its services listen, and tries that again by itself: %s"
                    .formatted(word, status.get().wayBack());
            case RELEASED -> "The switch has happened: " + direction.next().serves(move.plan());
          }
          + ". When what has failed is mended, run the same command again";
    } catch (IOException e) {
      return unknown(direction);
    }
  }

  private static String unknown(Direction direction) {
    return "Whether clients were released to %s is not known until the same command has been given again"
        .formatted(direction.next().word());
  }

  private void settle(Direction direction, Optional<Run> cutOff)
      throws IOException, InterruptedException {
    long epoch = move.raiseEpoch();
    if (direction.next() != dead) {
      Side next = await(direction.next());
      try {
        next.landing().settle(epoch);
        startOn(next, epoch);
      } catch (IOException e) {
        notAnswering(direction.next(), e);
      }
      String unused = checked(next, PlanServices.of(move.plan()));
    }
    Run run = cutOff.isPresent() ? cutOff.get() : move.journal().begin(direction.command(), epoch);
    move.reach(
        direction.after(),
        run,
        Outcome.DONE,
        direction.next().serves(move.plan()) + "; found so at the gate");
  }

  /**
   * Of a host that has the clients whatever comes of it: one that answers badly, or on which not
   * all starts, is left by the next switch, which would be kept from ever beginning if this failed.
   */
  String checked(Side serving, List<Service> services) throws IOException, InterruptedException {
    try {
      return AllChecks.make(serving, services, CHECK_LIMIT);
    } catch (MoveException e) {
      notAnswering(serving.role(), e);
      return "failed: " + e.getMessage();
    }
  }

  private void notAnswering(Role serving, IOException why) {
    move.warn(
        Warnings.Code.NOT_ANSWERING,
        "%s serves, but: %s".formatted(serving.word(), why.getMessage()));
  }

  /**
   * What is to be so in a settled phase, for clients of either host's address: whatever died since
   * the last switch is put up again.
   *
   * @throws MoveException REFUSED when the plan has other trees or services than it was begun with
   */
  void tend(Phase phase) throws IOException {
    StartedPlan.refuseOthers(move); // before what passes clients on is told of other ports
    Optional<Direction> last = Move.lastSwitch(move.journal());
    if (last.isPresent() && last.get().after() == phase) {
      if (Move.isCutOffAfterRelease(move.journal())) {
        serve(last.get().next());
      }
      home(last.get().next());
      if (!move.plan().isWithinHost()) {
        relayAgainUnlessImpossible(last.get());
      }
    }
  }

  /** A reboot between the release and the lift of their fences has left services down (H57). */
  private void serve(Role serving) {
    try {
      Side side = Side.of(move, serving);
      long epoch = move.raiseEpoch(); // the landing's own stop may have ended the one that there is
      settleLease(side, epoch);
      String unused = startWhatStarts(side, PlanServices.of(move.plan()), epoch);
    } catch (IOException e) {
      notAnswering(serving, e);
    }
  }

  /**
   * The gate of the host that serves lets its clients through, when an earlier switch has left it
   * in their way. It only makes their way shorter: until then they go round by the other host.
   */
  void home(Role serving) {
    try {
      Side side = Side.of(move, serving);
      if (isReleased(side)) {
        side.gate().home(move.epoch(), false);
      }
    } catch (IOException e) {
      move.warn(
          Warnings.Code.ROUNDABOUT,
          "Clients of %s go round by %s: %s"
              .formatted(
                  serving.word(),
                  move.plan().isWithinHost() ? "the gate" : serving.other().word(),
                  e.getMessage()));
    }
  }

  static boolean isReleased(Side side) throws IOException {
    return side.gate().status().filter(s -> s.mode() == GateStatus.Mode.RELEASED).isPresent();
  }

  /**
   * Nobody is kept from the way back, or from bringing the address, by what keeps late clients from
   * theirs: a landing that does not start on a sick host, for one.
   */
  private void relayAgainUnlessImpossible(Direction direction) {
    try {
      relayAgain(direction);
    } catch (IOException e) {
      String left = direction.serving().word();
      move.warn(
          Warnings.Code.NOT_PASSED_ON,
          "Whether what still comes to %s is passed on to %s is not certain: %s"
              .formatted(left, direction.next().word(), e.getMessage()));
    }
  }

  /**
   * What comes to the host that was left must go on to the one that serves: a gate or a landing
   * that died since the release is started again, and the gate is told where the landing is now.
   *
   * @param direction of the last switch
   */
  private void relayAgain(Direction direction) throws IOException {
    Side left = Side.of(move, direction.serving());
    Side serving = Side.of(move, direction.next());
    Optional<GateStatus.Mode> mode = left.gate().status().map(GateStatus::mode);
    if (mode.equals(Optional.of(GateStatus.Mode.RELEASED))) {
      Destination landing = Landings.destination(move, left, serving);
      long epoch = move.raiseEpoch();
      // A hold on top of a release leads nowhere but to that release, or to the next one.
      left.gate().hold(epoch, move.plan().limits().hold());
      left.gate().release(epoch, landing, move.plan().limits().releasePerSecond());
    } else if (!mode.equals(Optional.of(GateStatus.Mode.HOLD))) {
      // One that does not know of its release is not asked: a hold that ends would start services.
      String word = left.word();
      move.warn(
          Warnings.Code.NOT_PASSED_ON,
          "The gate on %s has gone and cannot be put up again: what still comes to %s is refused."
              .formatted(word, word));
    }
  }

  /**
   * The host that serves is followed by the other one, as the next switch needs it; what was paused
   * or halted goes on.
   *
   * @param direction of the next switch
   * @return one line for people
   */
  String follow(Direction direction) throws IOException, InterruptedException {
    return follow(direction, false);
  }

  /**
   * The same.
   *
   * @param isNewRoot whether a person says that the source's roots are right as they are
   */
  String follow(Direction direction, boolean isNewRoot) throws IOException, InterruptedException {
    List<MountChoice> mounts = new TreeMounts(move).follow(direction, isNewRoot);
    IdMap owners = new MovedOwners(move).numbers();
    stillness.refuseChanges(direction.next());
    refuseServing(direction.next());
    try (BackgroundClient background = Starter.background(move)) {
      background.follow(
          direction.serving(),
          mounts,
          owners,
          move.epoch(),
          PAUSE_LIMIT,
          isNewRoot,
          Move.isFenced(move.journal()),
          move.plan().limits().bytesPerSecond());
    }
    return "%s follows %s".formatted(direction.next().word(), direction.serving().word());
  }

  /**
   * Measured, not believed: a host whose services run has clients, whoever has given them to it.
   * That may have been another move, or a person, and the mirror that would begin here was dead
   * meanwhile.
   *
   * @throws MoveException REFUSED when it would replace what they write
   */
  private void refuseServing(Role next) throws IOException {
    if (move.plan().isWithinHost()) {
      return; // the same services, at the place of the host that serves
    }
    Side there = Side.of(move, next);
    List<String> running =
        startedOn(next, move.plan()).stream()
            .filter(service -> CutoverPreparation.isKnownToRun(there, service))
            .map(Service::name)
            .toList();
    if (!running.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "nothing is mirrored to %s: %s. If clients are to be served there, by another move for one: godwit finish --abandon %s"
              .formatted(
                  next.word(),
                  CutoverPreparation.running(running, next.word()),
                  move.plan().typed()));
    }
  }

  /** The same where the process with the mirrors may have died since it was told to. */
  void followAgain(Direction direction, BackgroundClient background)
      throws IOException, InterruptedException {
    if (background.status().source() != direction.serving()) {
      String unused = follow(direction);
    }
  }

  /** The same when nobody should be kept from what else is to be done. */
  void followUnlessImpossible(Direction direction) throws InterruptedException {
    try {
      String unused = follow(direction);
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_FOLLOWING,
          "%s does not follow %s: %s. To go on: godwit start %s"
              .formatted(
                  direction.next().word(),
                  direction.serving().word(),
                  e.getMessage(),
                  move.plan().typed()));
    }
  }

  /**
   * What may run on new before it serves runs there again: the switch back had to stop it, for the
   * sake of the connections that it had, and the next cut-over is not to begin with its start. It
   * answers nobody meanwhile: the gate of new leads its ports to old.
   *
   * @return what was started, for people; empty when there is nothing of the kind
   */
  String startAhead(Direction made) throws IOException {
    List<Service> ahead = ahead(move.plan());
    if (made != Direction.TO_OLD || ahead.isEmpty()) {
      return "";
    }
    String names = String.join(", ", ahead.stream().map(Service::name).toList());
    try {
      List<String> unused =
          Side.of(move, Role.NEW).services().startAll(ahead, move.epoch(), AHEAD_LIMIT);
      return "; %s: running on new already".formatted(names);
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_AHEAD,
          "%s should run on new already, and the next cut-over has to start it: %s"
              .formatted(names, e.getMessage()));
      return "";
    }
  }

  /** Those that may run on new before it serves. */
  static List<Service> ahead(Plan plan) {
    return PlanServices.of(plan).stream()
        .filter(service -> service.when() == Service.When.ALREADY_RUNNING)
        .toList();
  }

  private void takeBack(Direction direction, Side serving, boolean gateRuns, Optional<Run> cutOff)
      throws IOException, InterruptedException {
    // A new epoch first: an order of the one that was cut off is refused wherever it still travels.
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin(TAKE_BACK, epoch);
    List<Service> services = PlanServices.of(move.plan());
    String word = serving.word();
    stillness.end();
    try {
      GateException notBack = null;
      try {
        move.step(
            run,
            "back",
            "nothing to undo",
            () -> {
              boolean nextHasStopped = stopFirst(direction, epoch, gateRuns, cutOff);
              if (gateRuns) {
                serving.gate().back(epoch, nextHasStopped);
              }
              // Also after the gate's own way back: an order to stop that was under way when the
              // lease ended may have been obeyed after it.
              return startWhatStarts(serving, services, epoch);
            });
      } catch (GateException e) {
        if (!isGoingBack(serving)) {
          throw e;
        }
        notBack = backByThePlan(run, serving, services, epoch, e);
      }
      // At this point we know that the gate has not released and never will in this epoch.
      if (notBack == null) {
        move.step(run, "check-" + word, "nothing to undo", () -> checked(serving, services));
      }
      if (!move.plan().isWithinHost() && direction.next() != dead) {
        move.step(
            run,
            "stop-" + direction.next().word(),
            "nothing to undo",
            () -> stopNext(direction, epoch));
      }
      if (notBack != null) {
        throw notBack; // what served nobody is stopped all the same
      }
      if (direction.next() != dead) {
        move.step(
            run,
            "follow",
            "nothing to undo",
            () -> follow(direction) + "; it looks at everything again");
      }
    } catch (IOException e) {
      move.failed(run, e);
      throw e;
    }
    move.reach(direction.before(), run, Outcome.DONE, direction.serving().serves(move.plan()));
    tellHooks(direction, epoch, serving);
  }

  /**
   * A gate has the commands that the plan had when it took the clients. When these fail, those that
   * it has now are tried: they may have been put right since.
   *
   * @return null when the gate has given the clients back; else why it has not
   */
  private @Nullable GateException backByThePlan(
      Run run, Side serving, List<Service> services, long epoch, GateException failed)
      throws IOException, InterruptedException {
    String started = startWhatStarts(serving, services, epoch);
    try {
      move.step(
          run,
          "back",
          "nothing to undo",
          () -> {
            serving.gate().back(epoch);
            return started;
          });
      return null;
    } catch (GateException e) {
      if (!isGoingBack(serving)) {
        throw e;
      }
      e.addSuppressed(failed);
      return e;
    }
  }

  /**
   * What was started on next stops before serving's services are started again (H56). The gate sees
   * to that by itself; here it is done where the two hosts do not reach each other, and where no
   * gate is left.
   *
   * @return whether nothing of it runs any more, for certain
   */
  private boolean stopFirst(Direction direction, long epoch, boolean gateRuns, Optional<Run> cutOff)
      throws IOException, InterruptedException {
    if (move.plan().isWithinHost()
        || direction.next() == dead
        // It may be made in this moment: only when the gate has refused it is it certain.
        || (gateRuns && began(cutOff, CutoverStep.RELEASE))
        || (cutOff.isPresent() && !began(cutOff, CutoverStep.START))) {
      return false;
    }
    long gone =
        System.nanoTime()
            + move.plan().limits().hold().plus(StartLease.WORD).plus(NextHost.GONE).toNanos();
    while (true) {
      try {
        Side next = Side.of(move, direction.next());
        List<Service> started = startedOn(direction.next(), move.plan());
        List<String> unused = next.services().stopAll(started, epoch, true, FIRST_STOP_LIMIT);
        return true;
      } catch (IOException e) {
        if (gateRuns || System.nanoTime() - gone > 0) {
          return false; // by then its lease has ended, and the host has stopped them by itself
        }
        move.listener()
            .note(
                "Until it is certain that nothing runs on %s: %s"
                    .formatted(direction.next().word(), e.getMessage()));
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }

  /** What is started on the next host for a switch, and stopped when that is taken back. */
  static List<Service> startedOn(Role next, Plan plan) {
    // What ran on new before the first cut-over stays: no client has come to it.
    return PlanServices.of(plan).stream()
        .filter(s -> s.when() == Service.When.AT_CUTOVER || next == Role.OLD)
        .toList();
  }

  /** What runs there may stay, or has stopped. */
  static void settleLease(Side next, long epoch) {
    try {
      next.landing().settle(epoch);
    } catch (IOException e) {
      // The gate says it as well, until it is heard; and what has stopped is not stopped again.
      System.getLogger(Recovery.class.getName())
          .log(System.Logger.Level.DEBUG, "the landing on " + next.word(), e);
    }
  }

  /**
   * Gives the clients back without a record, under the epoch that there is; else the hold's end
   * does.
   */
  private void backUnrecorded(Side serving, boolean gateRuns, JournalException why) {
    try {
      if (gateRuns) {
        serving.gate().back(move.epoch()); // which starts the services
      } else {
        startOn(serving, move.epoch());
      }
    } catch (IOException e) {
      why.addSuppressed(e);
    }
  }

  /** It is taken back, whatever they say. */
  private void tellHooks(Direction direction, long epoch, Side serving)
      throws InterruptedException {
    if (move.plan().hooks().stream().noneMatch(hook -> hook.step().equals(Hook.TAKE_BACK))) {
      return;
    }
    try {
      Side next = Side.of(move, direction.next());
      for (String failure : new Hooks(move.plan(), direction, epoch, serving, next).takenBack()) {
        move.warn(Warnings.Code.HOOK_FAILED, failure);
      }
    } catch (IOException e) {
      move.warn(
          Warnings.Code.HOOK_FAILED,
          "The hooks after take-back were not run: " + String.valueOf(e.getMessage()));
    }
  }

  /**
   * Of a host that has the clients whatever comes of it: one service that does not start keeps
   * neither the others from their clients nor the other host's from their stop.
   */
  String startWhatStarts(Side serving, List<Service> services, long epoch) throws IOException {
    Optional<Place> place = serving.role().place(move.plan());
    if (place.isPresent()) {
      serving.services().point(services, place.get(), epoch, START_LIMIT);
    }
    String failed = serving.services().startWhatStarts(services, epoch, START_LIMIT);
    String word = serving.word();
    if (failed.isEmpty()) {
      return "clients go to " + word;
    }
    move.warn(
        Warnings.Code.NOT_STARTED,
        "%s serves, but not all of its services have started: %s".formatted(word, failed));
    return "clients go to %s, but: %s".formatted(word, failed);
  }

  /** Whether its gate keeps clients from a host that has nothing for them yet. */
  private static boolean isGoingBack(Side side) throws IOException {
    return side.gate().status().filter(s -> s.mode() == GateStatus.Mode.GOING_BACK).isPresent();
  }

  private void startOn(Side side, long epoch) throws IOException {
    List<String> unused = side.start(move.plan(), epoch, START_LIMIT);
  }

  /** Whatever its state: a start that was cut off may still be under way. */
  private String stopNext(Direction direction, long epoch)
      throws IOException, InterruptedException {
    String word = direction.next().word();
    Side next;
    try {
      next = await(direction.next());
    } catch (IOException e) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s serves, but %s cannot be reached to stop the services there: %s. When it is back, run the same command again; if it never comes back: %s %s"
              .formatted(
                  direction.serving().word(),
                  word,
                  String.valueOf(e.getMessage()).replaceFirst("\\.$", ""),
                  Finish.without(direction.next()),
                  move.plan().typed()),
          e);
    }
    List<Service> ours = startedOn(direction.next(), move.plan());
    List<String> times = next.services().stopAll(ours, epoch, true, STOP_LIMIT);
    settleLease(next, epoch);
    if (isReleased(next)) {
      next.gate().cover(epoch); // a service that stops takes the name of its socket with it
    }
    return "stopped on %s: %s".formatted(word, String.join(", ", times));
  }

  /** A host behind a line that may be cut for a while. */
  private Side await(Role role) throws IOException, InterruptedException {
    long until = System.nanoTime() + RECONNECT_LIMIT.toNanos();
    Set<String> told = new HashSet<>();
    while (true) {
      try {
        Host host = move.hosts().of(role);
        host.call("ping", new byte[0]);
        return Side.of(move, role, host);
      } catch (IOException e) {
        if (HostException.isRefusal(e)) {
          throw e;
        }
        if (System.nanoTime() > until) {
          move.listener()
              .note(
                  "If %s never comes back: %s %s"
                      .formatted(role.word(), Finish.without(role), move.plan().typed()));
          throw e;
        }
        String why = "Waiting for the connection: " + e.getMessage();
        if (told.add(why)) { // it is tried for minutes
          move.listener().note(why);
        }
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }
}
