package dev.godwit.move;

import dev.godwit.agent.ForgetAbility;
import dev.godwit.forward.GateException;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalException;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.Service;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code finish}: takes down all that Godwit put up on both hosts. */
public final class Finish {
  /** A mirror that is told to quit finishes what it has in hand. */
  private static final Duration BACKGROUND_LIMIT = Duration.ofSeconds(20);

  /** Who came no longer than this after the end of a switch may have been what watches it. */
  private static final Duration WATCHED = Duration.ofSeconds(1);

  /** The name of its runs in the journal. */
  static final String ABANDON = "abandon";

  /** The name of its runs in the journal. */
  public static final String COMMAND = "finish";

  /** From this step of {@link #ABANDON} on, who comes to new is passed on no more. */
  private static final String END_OF_PASSING_ON = gate(Role.NEW);

  private final Move move;
  private final Plan plan;

  /** The host that is dead for good; null for none. */
  private @Nullable Role without;

  private boolean lossAccepted;
  private boolean isCopyEqual = true;

  public Finish(Move move) {
    this.move = move;
    this.plan = move.plan();
  }

  /**
   * A person says that a host is another machine than at the start, such as one that was installed
   * anew. What Godwit put up on the machine that it was before is not taken down.
   */
  public void hostMayHaveChanged() {
    move.hosts().mayHaveChanged();
  }

  /**
   * A person says that a host is dead for good: nothing is taken down there. If the clients were
   * there, the other one serves from now on.
   *
   * @param lossAccepted what it has taken and the other one has not got may be lost
   */
  public void without(Role dead, boolean lossAccepted) {
    without = dead;
    this.lossAccepted = lossAccepted;
  }

  /** The command that ends a move one of whose hosts is dead for good. */
  public static String without(Role dead) {
    return dead == Role.OLD
        ? "godwit finish --without-old"
        : "godwit finish --abandon --without-new";
  }

  /**
   * Ends a move whose clients have left old.
   *
   * @param quiet nobody may have come to old for this long
   * @param now finish although somebody still comes
   * @return the last words, for people
   */
  public String run(Duration quiet, boolean now) throws IOException, InterruptedException {
    if (move.phase() == Phase.FINISHED && !Failover.wasCutOff(move.journal())) {
      return "It was finished before: nothing is left to take down.";
    }
    Optional<Failed> failed = failed(Role.OLD, now);
    Recovery recovery = recovery();
    Phase phase = recovery.run();
    if (failed.isPresent() && failed.get().failover().isNeeded(phase)) {
      return failOver(failed.get(), recovery, COMMAND, Phase.FINISHED);
    }
    if (phase != Phase.NEW_SERVES && phase != Phase.FINISHED) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be finished: %s; to give it up: godwit finish --abandon %s"
              .formatted(plan.move(), phase.sentence(plan.isWithinHost()), plan.typed()));
    }
    if (!now) {
      refuseWhileSomebodyComes(Role.OLD, quiet, "godwit finish --now");
      refuseToCut(Role.NEW, "godwit finish --now");
      refuseStopped(Role.NEW);
    }
    refuseAddressElsewhere(Role.NEW, "godwit cutover");
    // A host that has forgotten the move, and could not say so any more, obeys no order of before.
    Run run = move.journal().begin(COMMAND, move.raiseEpoch());
    takeDown(run, true);
    move.reach(Phase.FINISHED);
    Failover.end(move.journal());
    move.journal().end(run, Outcome.DONE, "nothing of Godwit is left on " + on("either host"));
    failed.ifPresent(host -> tellLeft(host, false));
    return "Finished. Nothing of Godwit runs on %s any more.".formatted(on("either host"));
  }

  /**
   * Gives up a move before its cut-over, or after a rollback: old goes on as if nothing had been.
   *
   * @param quiet after a rollback, nobody may have come to new for this long
   * @param now also cut what goes through the gates since a switch
   * @return the last words, for people
   */
  public String abandon(Duration quiet, boolean now) throws IOException, InterruptedException {
    Optional<Failed> failed = failed(Role.NEW, now);
    Recovery recovery = recovery();
    Phase phase = recovery.run();
    if (failed.isPresent() && failed.get().failover().isNeeded(phase)) {
      return failOver(failed.get(), recovery, ABANDON, Phase.PLANNED);
    }
    if (phase == Phase.NEW_SERVES || phase == Phase.FINISHED) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be abandoned: %s".formatted(plan.move(), phase.sentence(plan.isWithinHost())));
    }
    if (without == null) {
      UnknownSwitch.refuse(move);
      StartedPlan.refuseForgotten(move);
    }
    new Controllers(move, false).refuseBegun(hosts());
    if (!now) {
      refuseToCut(Role.OLD, "godwit finish --abandon --now");
      refuseWhileSomebodyComes(Role.NEW, quiet, "godwit finish --abandon --now");
    }
    if (Move.lastSwitch(move.journal()).isPresent()) {
      refuseAddressElsewhere(Role.OLD, "godwit rollback");
    }
    // The background process may be about to put a fence up again: in this epoch it is refused.
    Run run = move.journal().begin(ABANDON, move.raiseEpoch());
    if (without == null) {
      move.step(run, "unfence", "nothing to undo", this::unfenceNew);
    }
    takeDown(run, now);
    move.reach(Phase.PLANNED);
    Failover.end(move.journal());
    move.journal().end(run, Outcome.DONE, "what was copied to new stays there");
    failed.ifPresent(host -> tellLeft(host, false));
    return "Abandoned. Old serves as before; what was copied to new stays there.";
  }

  /**
   * Whether old was left with all that new had, as far as is known; what it lacks was told. Always
   * so for a move that is given up.
   */
  public boolean isCopyEqual() {
    return isCopyEqual;
  }

  /** That giving up a host that had the clients has not come to its end, for people. */
  public static Optional<String> cutOff(Journal journal) throws JournalException {
    return Failover.wasCutOff(journal)
        ? Optional.of(
            "a host was being given up, and the command has not come to its end: give it again")
        : Optional.empty();
  }

  /**
   * The host that is said to be dead, and is.
   *
   * @param why it cannot be reached
   */
  private record Failed(Role role, Failover failover, String why) {}

  private Recovery recovery() {
    Recovery recovery = new Recovery(move);
    recovery.without(without);
    return recovery;
  }

  /** The clients were at the host that is dead: the other one serves, and the move is over. */
  private String failOver(Failed failed, Recovery recovery, String command, Phase after)
      throws IOException, InterruptedException {
    if (!lossAccepted) {
      failed.failover().refuseLoss(without(failed.role()));
    }
    Role living = failed.role().other();
    Run run = move.journal().begin(command, move.raiseEpoch());
    endMirrors(run);
    failed.failover().make(run, after, recovery);
    bringAddress(living);
    clearAddress(run);
    takeDownHosts(run, true);
    Failover.end(move.journal());
    move.journal().end(run, Outcome.DONE, living.serves(plan) + " with what had come to it");
    tellLeft(failed, true);
    return "The move is over: %s with what had come to it. Nothing of Godwit runs there any more."
        .formatted(living.serves(plan));
  }

  /**
   * @param two what both are called
   */
  private String on(String two) {
    return without != null ? without.other().word() : plan.isWithinHost() ? "the host" : two;
  }

  /** Those on which something is taken down. */
  private List<Role> hosts() {
    return Role.hosts(plan).stream().filter(role -> role != without).toList();
  }

  /**
   * Before anything is done. Without a host that lives, its gate would go on leading clients to
   * where nobody takes them any more, or two hosts would serve.
   *
   * @param left the host that is left when the command has done its work
   * @return the host that is said to be dead; empty when none is
   * @throws MoveException REFUSED when it answers, or connections still come by it
   */
  private Optional<Failed> failed(Role left, boolean now) throws IOException {
    if (without == null) {
      move.refuseOtherMachines(); // half of it would be done on the right host already
      return Optional.empty();
    }
    if (plan.isWithinHost() || without != left) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          plan.isWithinHost()
              ? "old and new are one host: without it there is nothing to take down"
              : "what this command ends serves on %s. When %s is dead: %s %s"
                  .formatted(left.other().word(), without.word(), without(without), plan.typed()));
    }
    Side living = Side.of(move, left.other());
    int open = comingByDead(living);
    if (open > 0 && !now) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s is not dead: %d connections come in by it now. Wait until they end, or cut them with --now"
              .formatted(left.word(), open));
    }
    try {
      Host unused = move.hosts().of(left);
    } catch (HostException e) {
      if (HostException.isRefusal(e)) {
        throw e;
      }
      String why = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
      return Optional.of(new Failed(left, new Failover(move, left), why));
    }
    throw new MoveException(
        MoveException.Kind.REFUSED,
        "%s is not dead: it answers. Give the command without --without-%s"
            .formatted(left.word(), left.word()));
  }

  /** Through the landing of the host that serves. */
  private static int comingByDead(Side serving) throws IOException {
    try {
      return serving.landing().status().open();
    } catch (GateException e) {
      if (e.kind() == GateException.Kind.ABSENT) {
        return 0;
      }
      throw e;
    }
  }

  /**
   * What is left on a host that was given up, for when it comes back; also in the report.
   *
   * @param mayServe whether its services may start there: it had the clients when it died
   */
  private void tellLeft(Failed failed, boolean mayServe) {
    List<String> free =
        PlanServices.of(plan).stream()
            .filter(service -> mayServe || !service.control().canBeFenced())
            .map(Service::name)
            .toList();
    move.warn(
        Warnings.Code.LEFT_BEHIND,
        "%s was given up, and nothing was taken down there (%s). If it ever comes back: %s; its gate and landing serve nobody. What else is left there is undone by hand, as docs/by-hand.md says under \"A host that was given up\", with M=%s"
            .formatted(
                failed.role().word(),
                failed.why(),
                mayServe
                    ? "let it boot without a network first, for nothing keeps %s from starting, and two hosts would serve"
                        .formatted(String.join(", ", free))
                    : "fences that keep its services from starting stay there, which is good"
                        + (free.isEmpty()
                            ? ""
                            : ", but nothing keeps %s: let it boot without a network first"
                                .formatted(String.join(", ", free))),
                plan.move()));
  }

  /**
   * A switch whose last step has failed, or somebody since, has left the address where nobody is
   * served any more once the way on from there has gone. Without the other host, only this can
   * bring it.
   *
   * @param command that brings it to the host that serves
   */
  private void refuseAddressElsewhere(Role serving, String command)
      throws IOException, InterruptedException {
    PlannedAddress address = plan.address();
    if (address == null) {
      return;
    }
    if (without != null) {
      bringAddress(serving);
    } else if (!new AddressSwitch(plan, move.hosts()).holders(address).equals(Set.of(serving))) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s serves, but the address is not on %s alone: who knows the services by it would be refused. To bring it there: %s %s"
              .formatted(serving.word(), serving.word(), command, plan.typed()));
    }
  }

  private void bringAddress(Role serving) throws IOException, InterruptedException {
    if (plan.address() != null) {
      String done = new AddressSwitch(plan, move.hosts()).bring(serving, move.epoch());
      move.listener().note("Address: " + done);
    }
  }

  /** Asked before anything is taken down: a refusal changes nothing. */
  private void refuseToCut(Role role, String command) throws IOException {
    Optional<GateStatus> status = Side.of(move, role).gate().status();
    if (status.isPresent() && status.get().open() > 0) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%d connections that came during a switch still go through the gate on %s%s. Wait until they end, or cut them: %s %s"
              .formatted(
                  status.get().open(),
                  role.word(),
                  Visitors.words(status.get()),
                  command,
                  plan.typed()));
    }
  }

  private void refuseWhileSomebodyComes(Role role, Duration quiet, String command)
      throws IOException, InterruptedException {
    if (role == without) {
      return; // nobody can
    }
    Duration sinceSwitch = sinceSwitch(Direction.of(role));
    Optional<GateStatus> status = Side.of(move, role).gate().status();
    if (status.isEmpty()) {
      return;
    }
    Optional<Duration> recent =
        status
            .get()
            .sinceLastConnection()
            .filter(since -> status.get().mode() == GateStatus.Mode.RELEASED)
            .filter(since -> since.compareTo(quiet) < 0);
    if (status.get().open() == 0
        && recent.filter(since -> since.plus(WATCHED).compareTo(sinceSwitch) > 0).isPresent()) {
      // It may have been Godwit itself, which watches a switch by both hosts.
      Duration left = quiet.minus(recent.get());
      move.listener()
          .note(
              "Waiting %d s, for nobody to have come to %s since the switch for %d s."
                  .formatted(left.toSeconds() + 1, role.word(), quiet.toSeconds()));
      Thread.sleep(left);
      refuseWhileSomebodyComes(role, quiet, command);
      return;
    }
    if (status.get().open() > 0 || recent.isPresent()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "clients still come to %s: %s%s. Wait until they have the other address, or: %s %s"
              .formatted(
                  role.word(),
                  status.get().summary(),
                  Visitors.words(status.get()),
                  command,
                  plan.typed()));
    }
  }

  /** Without the way back, what does not run there serves nobody. */
  private void refuseStopped(Role serving) throws IOException {
    List<String> stopped = PlanServices.stopped(plan, Side.of(move, serving).services());
    if (!stopped.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s: not running on %s, which serves. Start what is missing there%s; all the same: godwit finish%s --now %s"
              .formatted(
                  String.join(", ", stopped),
                  serving.word(),
                  without == null ? ", or go back: godwit rollback " + plan.typed() : "",
                  without == null ? "" : " " + without(without),
                  plan.typed()));
    }
  }

  /** Since the last switch that left a host was no longer watched; long, where there was none. */
  private Duration sinceSwitch(Direction made) throws IOException {
    Optional<Run> last = move.journal().lastRun(made.command());
    List<Step> steps = last.isEmpty() ? List.of() : move.journal().steps(last.get());
    return steps.isEmpty()
        ? ChronoUnit.FOREVER.getDuration()
        : Duration.between(steps.getLast().started(), Instant.now());
  }

  /** After a rollback units are kept down on new; it is an ordinary host again. */
  private String unfenceNew() throws IOException {
    Side neu = Side.of(move, Role.NEW);
    neu.services().lift(PlanServices.of(plan), move.epoch());
    return "nothing keeps services of new from starting";
  }

  private void takeDown(Run run, boolean force) throws IOException, InterruptedException {
    clearAddress(run);
    endMirrors(run);
    takeDownHosts(run, force);
  }

  private void clearAddress(Run run) throws IOException, InterruptedException {
    if (plan.address() != null) {
      move.step(
          run,
          "address",
          "nothing to undo",
          () -> {
            new AddressSwitch(plan, move.hosts()).clear(hosts(), move.epoch());
            return "what was open through the host that gave it has ended";
          });
    }
  }

  private static String gate(Role role) {
    return "gate-" + role.word();
  }

  /**
   * Whether a run has given the move up, or has come so far that what it has taken down is not put
   * up again when the move goes on.
   */
  static boolean hasGivenUp(Journal journal, Run run) throws JournalException {
    return run.command().equals(ABANDON)
        && (run.outcome() == Outcome.DONE
            || journal.steps(run).stream().anyMatch(s -> s.name().equals(END_OF_PASSING_ON)));
  }

  /** What is on the hosts, and what is remembered of them. */
  private void takeDownHosts(Run run, boolean force) throws IOException, InterruptedException {
    for (Role role : hosts()) {
      move.step(
          run,
          gate(role),
          "nothing to undo",
          () -> Side.of(move, role).gate().end(move.epoch(), force) ? "ended" : "did not run");
    }
    for (Role role : hosts()) {
      move.step(
          run,
          "landing-" + role.word(),
          "nothing to undo",
          () -> Side.of(move, role).landing().end(move.epoch()) ? "ended" : "did not run");
    }
    move.step(
        run,
        "forget",
        "nothing to undo",
        () -> {
          byte[] name =
              new MessageWriter().text(plan.move()).text(Controllers.mine(move).text()).toBytes();
          for (Role role : hosts()) {
            move.hosts().of(role).call(ForgetAbility.NAME, name);
          }
          // The mirrors' own, where the commands are typed.
          RuntimeDirectory.remove(plan.move(), BACKGROUND_LIMIT);
          Move.roots(plan).clear();
          new TreeMounts(move).forget();
          new MovedOwners(move).forget();
          RememberedMailboxes.forget(move.journal());
          Machines.forget(move.journal());
          Controllers.forget(move.journal());
          return "sockets, locks and logs are removed from " + on("both hosts");
        });
  }

  /** At once: should this be cut off, the report has it all the same. */
  private void tellUnequal(String why) throws IOException {
    isCopyEqual = false;
    move.warn(
        Warnings.Code.NOT_FOLLOWING,
        "old has not all that new has: %s. What was being written there may be left half-written, as docs/by-hand.md says under \"Half-written files\". If its copy is still wanted: remove the cause, then copy once more with godwit sync"
            .formatted(why));
  }

  private void endMirrors(Run run) throws IOException, InterruptedException {
    move.step(
        run,
        "mirror",
        "nothing to undo",
        () -> {
          AfterBoot.end(plan);
          Optional<BackgroundClient> background = BackgroundClient.find(plan);
          if (background.isEmpty()) {
            return "did not run";
          }
          try (BackgroundClient client = background.get()) {
            Optional<String> lacks = Starter.end(move, client);
            // Who gives a move up has no use for the copy on new.
            if (lacks.isPresent() && without == null && move.phase() == Phase.NEW_SERVES) {
              tellUnequal(lacks.get());
            }
            return Starter.ended(lacks);
          }
        });
  }
}
