package dev.godwit.move;

import dev.godwit.agent.StartedServices;
import dev.godwit.agent.WayBackServices;
import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.gate.Busy;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.NextHost;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.host.AtOnce;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.GateLimits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.CarriedQueue;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Place;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.survey.Running;
import dev.godwit.survey.SurveyClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The switch, in either direction: it either gives the clients to the next host, or the serving one
 * serves them again.
 *
 * <p>Invariants: no client connection is closed by us between hold and release; nothing goes from
 * the serving host to the next one after that may have accepted its first write; whether the switch
 * happened is decided in one place, the gate of the serving host, so that the end of its lease and
 * our release cannot both win.
 */
public final class Cutover {
  /**
   * The journal's fact of the last hold: milliseconds, connections held, longest wait in ms, as the
   * gate counted them; then microseconds here from the answer to the hold to the order to release,
   * the number of the run, and for how many milliseconds clients were refused.
   */
  public static final String HOLD_FACT = "hold";

  /**
   * A connection on which the server spoke last and nothing was said for this long has no request
   * in progress. Longer than a scheduler's hiccup, shorter than a client notices.
   */
  static final Duration QUIET = Duration.ofMillis(120);

  /** Of a check before anybody waits. */
  private static final Duration BEFORE_LIMIT = Duration.ofSeconds(5);

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(5);

  /** What is left of the hold when nothing is waited for any more that may not come. */
  private static final Duration NOT_WAITED = Duration.ofMillis(100);

  /** Between two questions for states; each may cost a host a process. */
  private static final Duration STATE_LOOK = Duration.ofMillis(50);

  /** For what is outside the hold, where nobody waits. */
  private static final Duration UNHURRIED = Duration.ofMinutes(10);

  private final Move move;
  private final Plan plan;
  private final Direction direction;
  private final boolean needsWayBack;
  private final Recovery recovery;

  /**
   * The switch of a move.
   *
   * @param witness what a person says of an attempt that was cut off, for when the gate cannot
   * @param needsWayBack whether a cut-over that could not be rolled back is refused
   */
  public Cutover(Move move, Direction direction, Recovery.Witness witness, boolean needsWayBack) {
    this.move = move;
    this.direction = direction;
    this.needsWayBack = needsWayBack;
    this.recovery = new Recovery(move, witness);
    this.plan = move.plan();
  }

  /**
   * Makes the switch, or goes on from where an earlier call was cut off.
   *
   * @throws MoveException TAKEN_BACK when a step inside the hold failed: the host that served
   *     before serves; FAILED when one before it did, so that it never stopped serving, or when all
   *     but the way back stands
   */
  public void run() throws IOException, InterruptedException {
    Phase phase = recovery.run();
    if (phase == direction.after()) {
      tellTooLate();
      recovery.tend(phase);
      move.listener().note(follow());
      move.listener().note("Address: " + AddressSwitch.bring(move, direction.next(), move.epoch()));
      return;
    }
    if (phase != direction.before()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be cut over: %s".formatted(plan.move(), phase.objection(plan)));
    }
    attempt();
  }

  /** Of services that run on the host that is to serve, all of them at once. */
  static String running(List<String> services, String host) {
    boolean isOne = services.size() == 1;
    return "%s %s on %s already, on files that the mirror replaces: stop %s there, and keep %s from starting by %s"
        .formatted(
            String.join(", ", services),
            isOne ? "runs" : "run",
            host,
            isOne ? "it" : "them",
            isOne ? "it" : "them",
            isOne ? "itself" : "themselves");
  }

  private void tellTooLate() {
    if (move.stopping().end()) {
      move.listener()
          .note(
              "Too late to stop: %s. The way back: godwit %s"
                  .formatted(direction.next().serves(plan), direction.opposite().command()));
    }
  }

  /**
   * For who wants to know now whether a cut-over that is to begin later would be refused.
   *
   * @throws MoveException REFUSED when there would be no way back, and that was not accepted
   */
  public void consider() throws IOException {
    if (needsWayBack) {
      NoWayBack.consider(move, false);
    }
  }

  /** Makes the switch in the phase before it, which {@link Recovery} has settled. */
  void attempt() throws IOException, InterruptedException {
    move.refuseOtherMachines();
    StartedPlan.refuseOthers(move);
    if (direction == Direction.TO_NEW) {
      move.journal().requireReserve();
      NoWayBack.consider(move, !needsWayBack);
    }
    recovery.tend(direction.before());
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin(direction.command(), epoch);
    Outside outside = Outside.begin(move, direction);
    try (BackgroundClient background = Starter.background(move)) {
      move.recordEvents(background);
      new Attempt(run, epoch, background).make();
    } catch (IOException e) {
      if (!isUnsettled()) {
        move.failed(run, e);
      }
      throw e;
    } finally {
      outside.end(run);
    }
  }

  /** What came of the run is for the next command to find out, which ends it then. */
  private boolean isUnsettled() {
    try {
      return Direction.during(move.phase()).isPresent();
    } catch (IOException e) {
      return true;
    }
  }

  /** The way back: what the next host accepts from now on, the one that served has too. */
  private String follow() throws IOException, InterruptedException {
    Direction back = direction.opposite();
    try {
      String follows = recovery.follow(back);
      return back == Direction.TO_OLD && NoWayBack.of(move.journal()).isPresent()
          ? follows + "; there is no way back"
          : "%s; the way back: godwit %s".formatted(follows, back.command());
    } catch (IOException e) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s serves, but %s does not follow it, so there is no way back yet: %s%s"
              .formatted(
                  back.serving().word(),
                  back.next().word(),
                  e.getMessage(),
                  e instanceof MoveException refused && refused.kind() == MoveException.Kind.REFUSED
                      ? ""
                      : ". When the cause is removed: godwit start " + plan.file()),
          e);
    }
  }

  /** One attempt; its fields are what the steps learn. */
  private final class Attempt {
    private final Run run;
    private final long epoch;
    private final BackgroundClient background;
    private final Side serving;
    private final Side next;
    private final Hooks hooks;
    private RememberedMailboxes mailboxes = RememberedMailboxes.NONE;
    private List<CarriedQueue> carried = List.of();

    /** Those that ran on the serving host before the hold. */
    private List<Service> running = List.of();

    private @Nullable Destination destination;
    private @Nullable TreesOfHost trees;
    private long holdEnds;

    /** What of the hold is kept for the way back. */
    private Duration wayBack = Duration.ZERO;

    /** When the next host is to be ready: what comes after is for the way back. */
    private long nextEnds;

    private long holdAnswered;
    private long releaseOrdered;

    /** Milliseconds. */
    private long refusedOnNext;

    Attempt(Run run, long epoch, BackgroundClient background) throws IOException {
      this.run = run;
      this.epoch = epoch;
      this.background = background;
      this.serving = Side.of(move, direction.serving());
      this.next = Side.of(move, direction.next());
      this.hooks = new Hooks(plan, direction, epoch, serving, next);
    }

    void make() throws IOException, InterruptedException {
      try {
        move.stopping().allow();
        step(CutoverStep.AUDIT, this::audit);
        step(
            CutoverStep.CAPTURE,
            () -> {
              String done = capture();
              refuseWithoutMirrors();
              return done;
            });
      } catch (IOException | InterruptedException | RuntimeException e) {
        if (move.stopping().end()) {
          throw stopped(" before the hold: no client waited, " + serving.role().serves(plan), e);
        }
        throw e;
      }
      // From here on a crash may leave a hold: recovery looks at the gate.
      move.reach(direction.during());
      try {
        inHold();
      } catch (IOException | InterruptedException | RuntimeException e) {
        throw takenBack(move.stopping().end() ? stopped("", e) : e);
      }
      tellTooLate();
      move.reach(direction.after(), run, Outcome.DONE, next.role().serves(plan));
      recordHold();
      step(
          CutoverStep.FOLLOW,
          () -> {
            Recovery.settleLease(next, epoch);
            next.services().lift(services(plan), epoch); // a reboot starts them again from now on
            recovery.home(next.role());
            return follow() + recovery.startAhead(direction);
          });
      step(CutoverStep.ADDRESS, this::address);
    }

    private void step(CutoverStep step, Move.Work work) throws IOException, InterruptedException {
      move.step(
          run,
          step,
          direction,
          () -> {
            hooks.run(true, step, this::left);
            String done = work.run();
            hooks.run(false, step, this::left);
            return done;
          });
    }

    private void inHold() throws IOException, InterruptedException {
      step(CutoverStep.HOLD, this::hold);
      step(CutoverStep.DRAIN, this::drain);
      step(CutoverStep.STOP, this::stop);
      // At this point we know that nothing on the serving host writes below the plan's paths.
      step(CutoverStep.QUEUED, () -> serving.gate().takeQueued(epoch) + " taken over");
      step(CutoverStep.BARRIER, () -> barrier(left()));
      step(CutoverStep.PAUSE, this::pause);
      // At this point we know that both are equal and that nothing of us writes to next any more.
      step(CutoverStep.SETTLE, this::settle);
      step(CutoverStep.START, this::start);
      step(CutoverStep.CHECK, this::check);
      step(CutoverStep.RELEASE, this::release);
    }

    private String audit() throws IOException, InterruptedException {
      if (plan.isWithinHost()) {
        refuseOtherPlace();
      } else {
        refuseRunning();
        refusePortsTaken();
      }
      wayBack = WayBackTime.kept(move.journal(), direction, plan.limits().hold());
      running = services(plan).stream().filter(service -> isKnownToRun(serving, service)).toList();
      new TreeMounts(move).audit(direction);
      recovery.followAgain(direction, background); // what it looks at anew is part of the audit
      // A mirror that looks at everything again, such as after a way back, is live in a moment.
      Starter.awaitLive(move, background);
      long busy = background.audit(direction.serving(), UNHURRIED).failures();
      String all = "%s has all that %s has".formatted(next.word(), serving.word());
      return busy == 0 ? all : all + ", but for %d files that change all the time".formatted(busy);
    }

    private void refuseRunning() throws IOException {
      List<String> running = new ArrayList<>();
      for (Service service : services(plan)) {
        if (service.when() == Service.When.AT_CUTOVER && next.services().runs(service)) {
          running.add(service.name());
        }
      }
      if (!running.isEmpty()) {
        throw new MoveException(MoveException.Kind.FAILED, running(running, next.word()));
      }
    }

    /**
     * What somebody else listens on: clients would be released to him, for a check that asks for a
     * connection alone is passed by anybody; or he would be stopped as the service. It may have
     * come since {@code check}.
     */
    private void refusePortsTaken() throws IOException {
      List<Service> started = Recovery.startedOn(next.role(), plan);
      if (started.stream().allMatch(service -> service.ports().isEmpty())) {
        return;
      }
      Running there = new SurveyClient(next.host()).running();
      for (Service service : started) {
        for (int port : service.ports()) {
          Optional<String> taken = there.takenBy(port);
          if (taken.isPresent() && !next.services().runs(service)) {
            throw new MoveException(
                MoveException.Kind.FAILED,
                "port %d on %s, which is for %s, is taken by %s: stop it there"
                    .formatted(port, next.word(), service.name(), taken.get()));
          }
        }
      }
    }

    /** On one host: that somebody has pointed the services elsewhere by hand is found now. */
    private void refuseOtherPlace() throws IOException {
      Place wanted = serving.role().place(plan).orElseThrow();
      String now = serving.services().place(wanted);
      if (!now.equals(wanted.name())) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the services are pointed at \"%s\" instead of \"%s\", where %s has its files"
                .formatted(now, wanted.name(), serving.word()));
      }
    }

    /** Clients would wait for nothing: the hold could only be taken back. */
    private void refuseWithoutMirrors() throws IOException {
      if (background.status().source() != direction.serving()) {
        throw new MoveException(
            MoveException.Kind.FAILED, "%s is not mirrored any more".formatted(serving.word()));
      }
    }

    private String capture() throws IOException, InterruptedException {
      serving.gate().start();
      if (Recovery.isReleased(serving)) {
        // An earlier switch is over: this gate can only decide when its clients are here. A service
        // that does not start here must not keep the others from the way back.
        serving.gate().home(epoch, true);
      }
      if (plan.isWithinHost()) {
        prepare(serving);
        refuseNoHold();
        trees = TreesOfHost.of(plan, serving.host());
        destination = Destination.HERE;
        return "connections will wait for the services to start again";
      }
      if (direction == Direction.TO_NEW) {
        // On the way back it may be anywhere, and who wants to go back is not kept from it.
        new AddressSwitch(plan, move.hosts()).refuseUnfit();
      }
      destination = stand(serving, next);
      return "connections will be relayed to " + destination + prepareWayBack();
    }

    /** On one host: the start would find it too, while clients wait. */
    private void refuseNoHold() throws IOException {
      Optional<GateStatus> status = serving.gate().status();
      if (status.isPresent() && !status.get().holdsBesideServices()) {
        boolean unused = serving.gate().end(epoch, false); // the next one may find a better way
        throw new MoveException(
            MoveException.Kind.FAILED,
            "clients cannot wait here while the services start: that takes the kernel's socket look-up (Linux 5.9), nft or iptables; the gate got %s"
                .formatted(status.get().way()));
      }
    }

    /** A gate, the landing that it will release to, and the way between them. */
    private Destination stand(Side gateHost, Side landingHost)
        throws IOException, InterruptedException {
      Destination landing = Landings.destination(move, gateHost, landingHost);
      gateHost.gate().start();
      if (!Recovery.isReleased(gateHost)) {
        prepare(gateHost);
      }
      // By the way that clients will go: a firewall in between is found now.
      gateHost.gate().probe(landing, PROBE_LIMIT);
      return landing;
    }

    private void prepare(Side gateHost) throws IOException, InterruptedException {
      gateHost
          .gate()
          .capture(
              epoch,
              portGroups(plan),
              WayBackServices.encode(
                  plan.move(), epoch, asTheyAnswer(gateHost), gateHost.role().place(plan)),
              0,
              gateHost.role() == direction.serving());
    }

    /**
     * The services with the checks that pass before anybody waits: to wait on the way back for what
     * did not work before would keep all clients from all services.
     */
    private List<Service> asTheyAnswer(Side gateHost) throws IOException, InterruptedException {
      List<Service> services = services(plan);
      if (gateHost.role() != direction.serving()) {
        return services;
      }
      List<Check> checks =
          services.stream().flatMap(s -> s.checks().stream()).filter(Check::comesPastGate).toList();
      List<CheckResult> results =
          AtOnce.all(checks, check -> gateHost.services().check(check, BEFORE_LIMIT));
      Set<Check> failing = new HashSet<>();
      for (int i = 0; i < checks.size(); i++) {
        if (!results.get(i).passed()) {
          failing.add(checks.get(i));
          move.warn(
              Warnings.Code.NOT_ANSWERING,
              "%s: check %s fails before the switch already, and would not be waited for on the way back: %s"
                  .formatted(gateHost.word(), checks.get(i).display(), results.get(i).said()));
        }
      }
      return services.stream()
          .map(s -> s.withChecks(s.checks().stream().filter(c -> !failing.contains(c)).toList()))
          .toList();
    }

    /** Whether the switch back could be made is to be known before it is the only way back. */
    private String prepareWayBack() throws IOException, InterruptedException {
      try {
        return leadToServing(stand(next, serving));
      } catch (IOException e) {
        String none =
            "there would be no way back from %s: %s".formatted(next.word(), e.getMessage());
        if (direction == Direction.TO_NEW && needsWayBack) {
          throw new MoveException(
              MoveException.Kind.FAILED,
              none + ". To cut over all the same: godwit cutover --no-way-back " + plan.file(),
              e);
        }
        move.warn(Warnings.Code.NO_WAY_BACK, none);
        return "";
      }
    }

    /**
     * Who comes to next before it serves goes to the host that does: what he wrote on next would be
     * lost if this were taken back. After a switch the gate of the host that was left does that
     * already.
     *
     * @return what to add for people
     */
    private String leadToServing(Destination servingLanding) throws IOException {
      List<Service> ahead = direction == Direction.TO_NEW ? Recovery.ahead(plan) : List.of();
      if (!ahead.isEmpty()) {
        // They may have clients of their own there, who want nothing of old.
        if (ahead.size() < plan.services().size()) {
          servedEarly(
              "he is not led to %s because %s runs on %s already"
                  .formatted(serving.word(), ahead.getFirst().name(), next.word()));
        }
        return "";
      }
      try {
        next.gate().lead(epoch, servingLanding);
        return "; until then who comes to %s goes to %s".formatted(next.word(), serving.word());
      } catch (GateException e) {
        if (e.kind() != GateException.Kind.UNSUPPORTED) {
          throw e;
        }
        servedEarly(String.valueOf(e.getMessage()));
        return "";
      }
    }

    private void servedEarly(String because) {
      move.warn(
          Warnings.Code.SERVED_EARLY,
          "Who comes to %s by its own address between the start of its services and the release is served there, and what he writes is lost if the switch is taken back: %s"
              .formatted(next.word(), because));
    }

    private String hold() throws IOException {
      Duration limit = plan.limits().hold();
      if (plan.isWithinHost()) {
        serving.gate().hold(epoch, limit);
      } else {
        // Before the hold: it has ended when the hold has, by whatever clock, and whoever sleeps.
        Duration lease = limit.plus(StartLease.WORD);
        List<Service> started = Recovery.startedOn(next.role(), plan);
        next.landing().lease(epoch, lease, StartedServices.encode(plan.move(), started));
        Destination to = Objects.requireNonNull(destination, "captured before");
        serving.gate().hold(epoch, limit, new NextHost.Lease(to, lease));
      }
      holdAnswered = System.nanoTime();
      holdEnds = holdAnswered + plan.limits().hold().toNanos();
      return "for at most %d ms".formatted(plan.limits().hold().toMillis());
    }

    private String drain() throws IOException, InterruptedException {
      DrainTime time = DrainTime.of(plan.limits().drain(), left());
      List<Move.Work> waits = new ArrayList<>();
      AtomicLong waited = new AtomicLong();
      waits.add(
          () -> {
            long began = System.nanoTime();
            String quiet = quiet(time);
            waited.set(System.nanoTime() - began);
            return quiet;
          });
      for (Queue queue : queues()) {
        waits.add(() -> serving.services().awaitQuiet(shortened(queue)));
      }
      List<String> said = new ArrayList<>(AtOnce.all(waits, Move.Work::run));
      // After it: what a session in progress still changes is to be the same on next.
      mailboxes = mailboxes();
      if (!mailboxes.isEmpty()) {
        // That took long enough for a session to begin something.
        said.set(0, quiet(time.after(Duration.ofNanos(waited.get()), left())));
      }
      return String.join(", ", said);
    }

    /** Waits until no connection has a request in progress. */
    private String quiet(DrainTime time) throws IOException {
      List<Busy> left = serving.gate().awaitQuiet(time.limit(), QUIET.toMillis());
      return "%d connections still open, %d of them at work"
          .formatted(
              left.stream().mapToInt(Busy::open).sum(), left.stream().mapToInt(Busy::active).sum());
    }

    /** A mail store that does not answer on new is a reason to go back, not one to stay. */
    private RememberedMailboxes mailboxes() throws IOException, InterruptedException {
      if (direction == Direction.TO_NEW) {
        return RememberedMailboxes.of(plan, serving.services(), this::left);
      }
      try {
        return RememberedMailboxes.of(plan, serving.services(), () -> left().dividedBy(4));
      } catch (IOException e) {
        move.warn(
            Warnings.Code.NOT_COMPARED,
            "What mail clients remember was not compared: %s: %s"
                .formatted(serving.word(), e.getMessage()));
        return RememberedMailboxes.NONE;
      }
    }

    private String sameMailboxes() throws IOException {
      if (mailboxes.isEmpty()) {
        return "";
      }
      mailboxes.keep(move.journal(), serving.word());
      return ", " + mailboxes.same(serving.word());
    }

    /** What is in delivery may take a quarter of the hold; it is carried then. */
    private Queue shortened(Queue queue) throws MoveException {
      Duration quarter = left().dividedBy(4);
      return queue.drain().compareTo(quarter) < 0
          ? queue
          : new Queue(queue.kind(), queue.path(), quarter);
    }

    private List<Queue> queues() {
      return plan.services().stream().map(PlannedService::queue).filter(Objects::nonNull).toList();
    }

    /**
     * Before the start: a service that runs would already have looked at it. Where no hook is to
     * come in between, it is made fit while other services start.
     */
    private String settle() throws IOException, InterruptedException {
      Settled settled = Cutover.settle(plan, serving.services(), next, epoch);
      carried = settled.withStart();
      return settled.said();
    }

    private String stop() throws IOException, InterruptedException {
      String times =
          String.join(
              ", ", serving.services().stopAll(services(plan), epoch, true, left()).reversed());
      int cutOff = serving.gate().cutOff(epoch);
      refuseWriters("the services on %s have stopped".formatted(serving.word()));
      new Stillness(move).begin(serving);
      return times
          + (cutOff == 0 ? "" : ", %d connections that outlived it cut off".formatted(cutOff))
          + ", no writers left";
    }

    private void refuseWriters(String although) throws IOException, InterruptedException {
      Cutover.refuseWriters(serving.services(), serving.role().roots(plan), holdEnds, although);
    }

    private String barrier(Duration limit) throws IOException {
      return equal(background.barrier(direction.serving(), limit));
    }

    private String equal(BackgroundClient.Barrier barrier) throws MoveException {
      if (barrier.failures() > 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%d changes are not on %s: %s"
                .formatted(barrier.failures(), next.word(), String.join("; ", barrier.first())));
      }
      return "all that %s holds is on %s and durable".formatted(serving.word(), next.word());
    }

    private String pause() throws IOException {
      background.pause(epoch, left());
      return "%d mirrors stopped".formatted(background.status().trees().size());
    }

    /**
     * Asked before a release is tried: a gate that has died took those who waited with it, and when
     * a release was tried, nobody but a person can say whether it happened. Until then it was not.
     */
    private void requireHold() throws IOException {
      Optional<GateStatus> status = serving.gate().status();
      if (status.filter(gate -> gate.mode() == GateStatus.Mode.HOLD).isEmpty()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the gate on %s does not hold the clients any more: %s"
                .formatted(
                    serving.word(), status.map(GateStatus::summary).orElse("it does not run")));
      }
    }

    /** Asks for the hold as well: from here on its way back comes after the end of next's. */
    private void nextStarts() throws IOException {
      try {
        serving.gate().nextStarts(epoch);
      } catch (GateException e) {
        requireHold(); // says it better
        throw e;
      }
    }

    private String start() throws IOException, InterruptedException {
      // Never less than half of what is left: the steps before may have taken long.
      long left = left().toNanos();
      nextEnds = System.nanoTime() + Math.max(left - wayBack.toNanos(), left / 2);
      if (plan.isWithinHost()) {
        requireHold();
        serving.gate().makeRoom(epoch);
      } else {
        nextStarts();
      }
      String times = String.join(", ", startOnNext());
      refuseEnded();
      if (plan.isWithinHost()) {
        Objects.requireNonNull(trees, "seen at the capture").refuseChange();
      }
      return times;
    }

    private List<String> startOnNext() throws IOException {
      List<String> asking = asking(plan);
      if (asking.isEmpty() || !Recovery.isReleased(next)) {
        return next.startAhead(plan, carried, epoch, leftForNext());
      }
      // Who comes to next's own sockets is refused meanwhile: there is no other way.
      long before = gap(next);
      next.gate().clear(epoch, asking, leftForNext());
      List<String> times = next.startAhead(plan, carried, epoch, leftForNext());
      refusedOnNext = gap(next) - before;
      return times;
    }

    /**
     * A start that said "done" is not believed: what ran before the switch says of itself that it
     * runs now. Some do so a moment after their start.
     */
    private void refuseEnded() throws IOException, InterruptedException {
      long end = System.nanoTime() + leftForNext().dividedBy(4).toNanos();
      while (true) {
        List<String> ended = new ArrayList<>(running.stream().map(Service::name).toList());
        ended.removeAll(next.services().running(running));
        if (ended.isEmpty()) {
          return;
        }
        if (System.nanoTime() - end >= 0) {
          throw new MoveException(
              MoveException.Kind.FAILED,
              "%s: started on %s, but its state says that it does not run"
                  .formatted(String.join(", ", ended), next.word()));
        }
        Thread.sleep(STATE_LOOK);
      }
    }

    private static long gap(Side side) throws IOException {
      return side.gate().status().map(GateStatus::gapMillis).orElse(0L);
    }

    private String check() throws IOException, InterruptedException {
      AllChecks.Further remembered =
          answered -> mailboxes.differences(answered, next, leftForNext());
      String done =
          AllChecks.make(next, services(plan), leftForNext(), remembered) + sameMailboxes();
      if (direction == Direction.TO_NEW
          && !AllChecks.notPastGate(services(plan)).isEmpty()
          && Move.lastSwitch(move.journal()).isEmpty()
          && Recovery.isReleased(next)) {
        // This once nobody has been told of new yet, and whether it can serve is to be found out.
        awaitHome();
        done +=
            "; then, without the gate: "
                + AllChecks.make(
                    next.services(),
                    services(plan),
                    leftForNext(),
                    check -> !check.comesPastGate(),
                    answered -> List.of());
      }
      if (plan.isWithinHost()) {
        refuseWriters("the services have started with the files of " + next.word());
      }
      requireHold();
      return done;
    }

    /** Not at once: no check may have waited for some of the services to listen. */
    private void awaitHome() throws IOException, InterruptedException {
      while (true) {
        try {
          next.gate().home(epoch, false);
          return;
        } catch (GateException e) {
          if (e.kind() != GateException.Kind.FAILED
              || nextEnds - System.nanoTime() < NOT_WAITED.toNanos()) {
            throw e;
          }
          Thread.sleep(Duration.ofMillis(10));
        }
      }
    }

    private String release() throws IOException {
      Destination to = Objects.requireNonNull(destination, "captured before");
      releaseOrdered = System.nanoTime();
      serving.gate().release(epoch, to, plan.limits().releasePerSecond());
      return "to " + to;
    }

    private String address() throws IOException, InterruptedException {
      try {
        return AddressSwitch.bring(move, direction.next(), epoch);
      } catch (IOException e) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s serves, but the address is not there yet; what comes to %s is passed on: %s. To try again: godwit %s %s"
                .formatted(
                    next.word(), serving.word(), e.getMessage(), direction.command(), plan.file()),
            e);
      }
    }

    /** For the report; the switch stands whether or not this can still be asked. */
    private void recordHold() throws IOException {
      Optional<GateStatus> status;
      try {
        GateDeaths.record(move);
        status = serving.gate().status();
      } catch (IOException e) {
        move.warn(
            Warnings.Code.NOT_ASKED,
            "The length of the hold could not be asked: " + e.getMessage());
        return;
      }
      if (status.isPresent() && !status.get().holds().isEmpty()) {
        GateStatus.Hold hold = status.get().holds().getLast();
        move.journal()
            .setFact(
                HOLD_FACT,
                "%d %d %d %d %d %d"
                    .formatted(
                        hold.endMillis() - hold.startMillis(),
                        hold.connections(),
                        hold.longestWaitMillis(),
                        (releaseOrdered - holdAnswered) / 1000,
                        run.id(),
                        status.get().gapMillis() + refusedOnNext));
      }
    }

    /** What is left of the hold; its end is the end of the attempt. */
    private Duration left() throws MoveException {
      long left = holdEnds - System.nanoTime();
      if (left <= 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the hold has reached its limit of %d ms".formatted(plan.limits().hold().toMillis()));
      }
      return Duration.ofNanos(left);
    }

    /** What is left of the hold for the next host. */
    private Duration leftForNext() throws MoveException {
      long left = Math.min(left().toNanos(), nextEnds - System.nanoTime());
      if (left <= 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s is not ready, and what is left of the hold of %d ms is for the way back"
                .formatted(next.word(), plan.limits().hold().toMillis()));
      }
      return Duration.ofNanos(left);
    }

    private static MoveException stopped(String when, Exception interrupted) {
      return new MoveException(
          MoveException.Kind.FAILED, "it was stopped by hand" + when, interrupted);
    }

    private MoveException takenBack(Exception failure) throws InterruptedException {
      Recovery ofThis = new Recovery(move);
      try {
        Phase found = ofThis.run();
        if (found != direction.after() && found != direction.before()) {
          // Such as finished: it is another one's by now, and nothing was taken back here.
          return new MoveException(
              MoveException.Kind.FAILED,
              "%s. Another controller has gone on meanwhile: %s"
                  .formatted(failure.getMessage(), found.sentence(plan.isWithinHost())),
              failure);
        }
        if (found == direction.after()) {
          // Only the answer to the release was lost.
          return new MoveException(
              MoveException.Kind.FAILED,
              "%s, but on the way this happened: %s"
                  .formatted(next.role().serves(plan), failure.getMessage()),
              failure);
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
        return new MoveException(
            MoveException.Kind.FAILED,
            "%s; and taking it back failed: %s. %s"
                .formatted(failure.getMessage(), e.getMessage(), ofThis.clientsNow(direction)),
            failure);
      }
      return new MoveException(
          MoveException.Kind.TAKEN_BACK,
          "taken back, %s: %s".formatted(serving.role().serves(plan), failure.getMessage()),
          failure);
    }
  }

  /**
   * Returns when nobody writes below the roots any more.
   *
   * @param end until which is waited, of the monotonic clock
   * @throws MoveException naming those who still do, a moment before it
   */
  static void refuseWriters(ServiceClient on, List<byte[]> roots, long end, String although)
      throws IOException, InterruptedException {
    List<String> writers = on.writers(roots);
    while (!writers.isEmpty()) {
      // Not at the end, which would say that the time is over instead of what has used it up.
      if (end - System.nanoTime() < NOT_WAITED.toNanos()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s, but still: %s".formatted(although, String.join("; ", writers)));
      }
      Thread.sleep(Duration.ofMillis(10));
      writers = on.writers(roots);
    }
  }

  /** One of which nobody can tell is none that does. */
  private static boolean isKnownToRun(Side there, Service service) {
    try {
      return there.services().runs(service);
    } catch (IOException e) {
      return false;
    }
  }

  static List<Service> services(Plan plan) {
    return plan.services().stream().map(PlannedService::service).toList();
  }

  /** The names of {@link Plan#askingServers}. */
  static List<String> asking(Plan plan) {
    return plan.askingServers().stream().map(planned -> planned.service().name()).toList();
  }

  static List<PortGroup> portGroups(Plan plan) {
    return plan.services().stream()
        .filter(planned -> !planned.service().ports().isEmpty() || !planned.sockets().isEmpty())
        .map(planned -> portGroup(planned, planned.limits().orElse(plan.limits().gate())))
        .toList();
  }

  private static PortGroup portGroup(PlannedService planned, GateLimits limits) {
    return new PortGroup(
        planned.service().name(),
        planned.service().ports(),
        planned.sockets(),
        planned.clientAddress(),
        limits.connections(),
        limits.perClient());
  }

  /**
   * What has become of the queues that were carried.
   *
   * @param withStart those that are made fit when their services start
   * @param said for people
   */
  record Settled(List<CarriedQueue> withStart, String said) {}

  /** See {@link Attempt#settle}. */
  static Settled settle(Plan plan, ServiceClient serving, Side next, long epoch)
      throws IOException, InterruptedException {
    List<PlannedService> owners =
        plan.services().stream().filter(planned -> planned.queue() != null).toList();
    List<CarriedQueue> queues =
        AtOnce.all(
            owners,
            planned ->
                serving.carried(planned.service().name(), Objects.requireNonNull(planned.queue())));
    if (queues.isEmpty()) {
      return new Settled(List.of(), "nothing needs it");
    }
    if (!Hooks.areBetween(plan, CutoverStep.SETTLE, CutoverStep.START)) {
      return new Settled(
          queues,
          "with the start of "
              + queues.stream().map(CarriedQueue::service).collect(Collectors.joining(", ")));
    }
    List<String> said = new ArrayList<>();
    for (CarriedQueue queue : queues) {
      said.add(next.services().settle(queue, epoch));
    }
    return new Settled(List.of(), String.join(", ", said));
  }
}
