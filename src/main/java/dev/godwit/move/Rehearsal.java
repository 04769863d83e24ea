package dev.godwit.move;

import dev.godwit.database.DatabaseClient;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.Host;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Database;
import dev.godwit.plan.Plan;
import dev.godwit.service.CarriedQueue;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.stage.Seal;
import dev.godwit.stage.StageHost;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code rehearse}: the services of the plan are started on the host that is to serve, on a view of
 * its files that takes writes and keeps none, in a network that nobody else is in; the plan's
 * checks are made there; each part of the hold is measured as far as it can be without one.
 *
 * <p>Invariants: no client and no file of either host is touched; the mirrors rest meanwhile, since
 * what lies below an overlay must not change, and go on by themselves when this process ends. At
 * the end the host is compared with how it was.
 */
public final class Rehearsal {
  /** The name of its runs in the journal. */
  public static final String COMMAND = "rehearse";

  private static final Duration UNHURRIED = Duration.ofMinutes(10);

  /** Longer than any hold: how long it takes is what is to be found out. */
  private static final Duration SERVICE_LIMIT = Duration.ofMinutes(6);

  /** Hold, queues and release, which the gate is given one after the other. */
  private static final int ORDERS = 3;

  /** A service that has been started answers by then, or never. */
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(20);

  private final Move move;
  private final Plan plan;
  private final Set<String> without;
  private boolean byHand;

  /**
   * A rehearsal.
   *
   * @param without names of services that are not to be started
   * @throws MoveException REFUSED when the plan has no such service
   */
  public Rehearsal(Move move, Set<String> without) throws MoveException {
    this.move = move;
    this.plan = move.plan();
    this.without = Set.copyOf(without);
    Set<String> unknown = new TreeSet<>(without);
    PlanServices.of(plan).forEach(service -> unknown.remove(service.name()));
    if (!unknown.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "the plan has no service %s; it has %s"
              .formatted(
                  String.join(", ", unknown),
                  PlanServices.of(plan).stream()
                      .map(Service::name)
                      .collect(Collectors.joining(", "))));
    }
  }

  /**
   * One part of the hold.
   *
   * @param step that it is for
   * @param basis how it is known
   */
  public record Part(String step, Duration length, Basis basis, String remark) {}

  /** How the length of a part is known. */
  public enum Basis {
    MEASURED,
    /** In a switch of this move that was made or taken back. */
    BEFORE,
    /** As the systemd of a host started or stopped the unit the last time, whenever that was. */
    SYSTEMD,
    GUESSED
  }

  /**
   * What a rehearsal that went well has found.
   *
   * @param tried the services that were started
   * @param untried why the others were not, by their names
   * @param notIncluded what else takes its time in the hold, and is not known; for people
   */
  public record Result(
      String next,
      List<String> tried,
      Map<String, String> untried,
      List<Part> parts,
      List<String> notIncluded,
      Duration limit) {
    public Duration predicted() {
      return parts.stream().map(Part::length).reduce(Duration.ZERO, Duration::plus);
    }

    /** That of the switch that was rehearsed. */
    public String command() {
      return (next.equals(Role.NEW.word()) ? Direction.TO_NEW : Direction.TO_OLD).command();
    }

    public boolean isWithinLimit() {
      return predicted().compareTo(limit) <= 0;
    }
  }

  /**
   * Rehearses the next switch.
   *
   * @throws MoveException FAILED when a service does not start or a check does not pass: what a
   *     cut-over would have met; REFUSED when nothing follows yet
   */
  public Result run() throws IOException, InterruptedException {
    Recovery recovery = new Recovery(move);
    Phase phase = recovery.run();
    Direction direction =
        Direction.before(phase)
            .orElseThrow(
                () ->
                    new MoveException(
                        MoveException.Kind.REFUSED,
                        "%s cannot be rehearsed: %s"
                            .formatted(plan.move(), phase.objection(plan))));
    move.refuseOtherMachines(); // which says nothing of the switch
    StartedPlan.refuseOthers(move);
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin(COMMAND, epoch);
    try (BackgroundClient background = Starter.background(move)) {
      move.stopping().allow();
      recovery.followAgain(direction, background);
      Result result = new Play(run, epoch, direction, background).perform();
      Rehearsed.done(plan, Instant.now(), result).write(move.journal(), direction);
      move.journal()
          .end(
              run,
              Outcome.DONE,
              "the hold is to be %d ms".formatted(result.predicted().toMillis()));
      return result;
    } catch (IOException | InterruptedException e) {
      if (byHand || move.stopping().end()) {
        // It says nothing about the switch: what was rehearsed before still counts.
        move.journal().end(run, Outcome.FAILED, "stopped by hand");
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the rehearsal was stopped by hand; nothing was changed, and nothing of it is left",
            e);
      }
      String why = String.valueOf(e.getMessage());
      Rehearsed.failed(plan, Instant.now(), why).write(move.journal(), direction);
      move.journal().end(run, Outcome.FAILED, why);
      throw e;
    }
  }

  /**
   * Ends what a rehearsal has left that was cut off. Its processes, mounts and network have gone
   * with it, and the mirrors go on by themselves; folders are left when the host itself died.
   */
  static void tidyUp(Move move) throws IOException {
    Optional<Run> cutOff = move.openRun(COMMAND);
    Optional<Direction> direction = Direction.before(move.phase());
    if (cutOff.isEmpty() || direction.isEmpty()) {
      return;
    }
    Role role = direction.get().next();
    try {
      int folders =
          StageHost.tidy(move.hosts().of(role), move.plan().move(), staged(move.plan(), role));
      move.journal()
          .end(
              cutOff.get(),
              Outcome.FAILED,
              "cut off; %s"
                  .formatted(folders == 0 ? "nothing was left" : "what was left was removed"));
    } catch (IOException e) {
      move.warn(
          Warnings.Code.REHEARSAL_LEFT,
          "A rehearsal was cut off, and %s cannot be asked what it has left: %s"
              .formatted(role.word(), e.getMessage()));
    }
  }

  /** The trees that are to be views of their own: where services may write, by mistake too. */
  private static List<byte[]> staged(Plan plan, Role next) {
    List<byte[]> roots = new ArrayList<>(next.roots(plan));
    if (plan.isWithinHost()) {
      roots.addAll(next.other().roots(plan));
    }
    return roots;
  }

  /** One rehearsal; its fields are what the steps learn. */
  private final class Play {
    private final Run run;
    private final long epoch;
    private final Direction direction;
    private final BackgroundClient background;
    private final String word;
    private final Host next;
    private final List<byte[]> roots;
    private final Prediction prediction;
    private StagedServices services = new StagedServices(PlanServices.of(plan), List.of());
    private RememberedMailboxes mailboxes = RememberedMailboxes.NONE;
    private List<CarriedQueue> carried = List.of();
    private BackgroundClient.@Nullable Rest rest;
    private @Nullable Seal before;
    private @Nullable StageHost stage;

    Play(Run run, long epoch, Direction direction, BackgroundClient background) throws IOException {
      this.run = run;
      this.epoch = epoch;
      this.direction = direction;
      this.background = background;
      this.prediction = new Prediction(move, direction);
      this.word = direction.next().word();
      this.next = move.hosts().of(direction.next());
      this.roots = direction.next().roots(plan);
    }

    Result perform() throws IOException, InterruptedException {
      if (StagedServices.hasUnits(services.tried()) || !without.isEmpty()) {
        step("units", this::units);
      }
      drain();
      step("barrier", this::barrier);
      try {
        step("pause", () -> prediction.measured(CutoverStep.PAUSE, "", this::pause));
        if (!services.tried().isEmpty()) {
          step("look", this::look);
          step("stage", this::stage);
          onStage();
        }
      } finally {
        if (stage != null) {
          stage.close();
        }
        if (rest != null) {
          rest.close();
        }
      }
      step("follow", this::goOn);
      if (!services.untried().isEmpty()) {
        step("untried", this::untried);
      }
      fence();
      orders();
      return prediction.result(word, services);
    }

    private String units() throws IOException {
      services =
          StagedServices.of(services.tried(), new ServiceClient(next, plan.move()), word, without);
      return services.summary();
    }

    private String pause() throws IOException {
      rest = background.rest(epoch, UNHURRIED);
      return "the mirrors rest; what changes on %s waits".formatted(serving());
    }

    private String look() throws IOException {
      before = StageHost.seal(next, plan.move(), roots);
      return "%d names on %s".formatted(before.names(), word);
    }

    private String stage() throws IOException {
      stage = StageHost.on(next, plan.move(), staged(plan, direction.next()));
      return String.join("; ", stage.said());
    }

    private String goOn() throws IOException, InterruptedException {
      String unused = Starter.awaitLive(move, background);
      return "%s follows %s again".formatted(word, serving());
    }

    /** Whatever happens there, the host is looked at afterwards. */
    private void onStage() throws IOException, InterruptedException {
      StageHost host = Objects.requireNonNull(stage, "put up before");
      Exception failure = null;
      try {
        play(Side.of(move, direction.next(), host));
      } catch (IOException | InterruptedException e) {
        failure = e;
      }
      byHand = move.stopping().end();
      try {
        step("remove", () -> remove(host, Objects.requireNonNull(before, "looked at before")));
      } catch (IOException e) {
        if (failure == null || byHand) {
          byHand = false; // more has to be said than that
          throw e;
        }
        failure.addSuppressed(e); // its step was told
      }
      switch (failure) {
        case null -> {}
        case IOException e -> throw e;
        case InterruptedException e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }

    /** What the cut-over does on the next host, and at the end what it does on the serving one. */
    private void play(Side staged) throws IOException, InterruptedException {
      List<Service> ahead = Recovery.ahead(plan);
      if (direction.next() == Role.NEW && !ahead.isEmpty()) {
        // In the view nothing runs yet; what runs on new already is not started in the hold.
        step(
            "ahead",
            () ->
                String.join(", ", staged.services().startAll(ahead, epoch, SERVICE_LIMIT))
                    + ", not in the hold");
      }
      if (plan.services().stream().anyMatch(planned -> planned.queue() != null)) {
        step("settle", () -> prediction.measured(CutoverStep.SETTLE, "", () -> settle(staged)));
      }
      String started = services.hasStaged() ? "units without systemd" : "";
      step("start", () -> timed(CutoverStep.START, started, () -> hinted(() -> start(staged))));
      step("check", () -> timed(CutoverStep.CHECK, "", () -> hinted(() -> withEnded(staged))));
      step("stop", () -> stop(staged.services()));
    }

    /** A service that has ended since its start says more than the check that it did not answer. */
    private String withEnded(Side staged) throws IOException, InterruptedException {
      try {
        return check(staged);
      } catch (IOException e) {
        for (Service service : services.tried()) {
          refuseEnded(service, staged, e);
        }
        throw e;
      }
    }

    private static void refuseEnded(Service service, Side staged, IOException failed)
        throws MoveException {
      if (service.control() instanceof Control.Staged) {
        try {
          boolean unused = staged.services().runs(service);
        } catch (IOException ended) {
          throw new MoveException(
              MoveException.Kind.FAILED,
              "%s; %s".formatted(failed.getMessage(), ended.getMessage()),
              failed);
        }
      }
    }

    /** What fails for want of systemd would not fail in a cut-over; a person may know. */
    private String hinted(Move.Work work) throws IOException, InterruptedException {
      try {
        return work.run();
      } catch (IOException e) {
        if (!services.hasStaged()) {
          throw e;
        }
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s. Units are run without systemd here: for one that is known to start on %s, rehearse --without it"
                .formatted(e.getMessage(), word),
            e);
      }
    }

    private String start(Side staged) throws IOException {
      Optional<TreesOfHost> trees =
          plan.isWithinHost() ? Optional.of(TreesOfHost.of(plan, staged.host())) : Optional.empty();
      String times = String.join(", ", startAll(staged));
      if (trees.isPresent()) {
        trees.get().refuseChange();
      }
      return times;
    }

    private List<String> startAll(Side staged) throws IOException {
      try {
        return staged.start(plan, services.tried(), carried, epoch, SERVICE_LIMIT);
      } catch (IOException e) {
        if (plan.databases().isEmpty()) {
          throw e;
        }
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s. The files of %s were copied while its server runs and need not be fit for a start, as those need be that are copied in the hold after its stop"
                .formatted(e.getMessage(), databases()),
            e);
      }
    }

    /** In the view of the files, so that the queue itself stays as it is. */
    private String settle(Side staged) throws IOException, InterruptedException {
      Settled settled = Settled.of(plan, onServing(), staged, epoch);
      carried = settled.withStart();
      return settled.said();
    }

    private ServiceClient onServing() throws IOException {
      return Side.of(move, direction.serving()).services();
    }

    private String databases() {
      return plan.databases().stream().map(Database::data).collect(Collectors.joining(", "));
    }

    private String check(Side staged) throws IOException, InterruptedException {
      long end = System.nanoTime() + checkLimit().toNanos();
      Set<String> others = new ConcurrentSkipListSet<>();
      String passed =
          AllChecks.make(
              staged.services(),
              services.tried(),
              checkLimit(),
              check -> true,
              answered -> {
                others.addAll(mailboxes.differences(answered, staged, checkLimit()));
                return List.of();
              });
      passed += mailboxes.isEmpty() ? "" : ", " + compared(others);
      if (plan.isWithinHost()) {
        CutoverHold.refuseWriters(
            staged.services(),
            direction.serving().roots(plan),
            end,
            "the services have started with the files of " + word);
      }
      return passed;
    }

    /** Clients go on changing their mailboxes on the one side, as in the hold they cannot. */
    private String compared(Set<String> others) throws IOException {
      if (others.isEmpty()) {
        return RememberedMailboxes.logins(services.tried()).size() == mailboxes.size()
            ? mailboxes.same(serving())
            : "mailboxes not compared, since not all services with an imap check are started here";
      }
      if (mailboxes.isStill(onServing(), checkLimit())) {
        throw new MoveException(MoveException.Kind.FAILED, String.join("; ", others));
      }
      return "mailboxes not compared, since clients have changed them meanwhile";
    }

    private Duration checkLimit() {
      Duration hold = plan.limits().hold();
      return hold.compareTo(CHECK_LIMIT) > 0 ? hold : CHECK_LIMIT;
    }

    /** The one that serves cannot be stopped to see how long it takes. */
    private String stop(ServiceClient host) throws IOException, InterruptedException {
      Move.Work stopping =
          () ->
              String.join(
                  ", ", host.stopAll(services.tried(), epoch, false, SERVICE_LIMIT).reversed());
      return prediction.addLastTime(CutoverStep.STOP)
          ? stopping.run()
          : prediction.measured(
              CutoverStep.STOP,
              "on %s, where nobody was connected: %s may take longer".formatted(word, serving()),
              stopping);
    }

    /** Before the stop systemd is told of the fences, and reads all of its units for that. */
    private void fence() throws IOException {
      if (StagedServices.hasUnits(PlanServices.of(plan))) {
        prediction.addUnlessFromSwitch(
            new Part(
                CutoverStep.STOP.word(),
                onServing().readingOfUnits(),
                Basis.SYSTEMD,
                "to fence the units on %s: as it took to read all units at boot"
                    .formatted(serving())));
      }
    }

    /** There may be no gate yet; to be told so takes the same way. */
    private void orders() throws IOException {
      GateClient gate = Side.of(move, direction.serving()).gate();
      long began = System.nanoTime();
      for (int i = 0; i < ORDERS; i++) {
        Optional<GateStatus> unused = gate.status();
      }
      prediction.addOrders(Duration.ofNanos(System.nanoTime() - began), serving());
    }

    /** A switch had all services in it, also those that are not started here. */
    private String timed(CutoverStep step, String remark, Move.Work work)
        throws IOException, InterruptedException {
      return !services.untried().isEmpty() && prediction.addLastTime(step)
          ? work.run()
          : prediction.measured(step, remark, work);
    }

    /** What is known of those that were not started; their checks are asked where they run. */
    private String untried() throws IOException, InterruptedException {
      Side there = Side.of(move, direction.serving());
      UntriedTimes times =
          UntriedTimes.of(
              services.untried(),
              there.services(),
              serving(),
              new ServiceClient(next, plan.move()),
              word);
      prediction.addUnlessFromSwitch(times.start());
      prediction.addUnlessFromSwitch(times.stop());
      String names = String.join(", ", times.services().stream().map(Service::name).toList());
      if (times.services().stream().allMatch(service -> service.checks().isEmpty())) {
        return names;
      }
      long began = System.nanoTime();
      String said = AllChecks.make(there, times.services(), checkLimit());
      prediction.addUnlessFromSwitch(
          new Part(
              CutoverStep.CHECK.word(),
              Duration.ofNanos(System.nanoTime() - began),
              Basis.MEASURED,
              "of %s on %s, where they run".formatted(names, serving())));
      return "%s: %s on %s".formatted(names, said, serving());
    }

    private void drain() throws IOException, InterruptedException {
      long began = System.nanoTime();
      if (!RememberedMailboxes.logins(plan).isEmpty()) {
        step("mailboxes", this::rememberMailboxes);
      }
      Duration asked = Duration.ofNanos(System.nanoTime() - began);
      Duration half = plan.limits().hold().dividedBy(2);
      Duration most = plan.limits().drain().compareTo(half) < 0 ? plan.limits().drain() : half;
      if (!prediction.addLastTime(CutoverStep.DRAIN)) {
        prediction.add(
            CutoverStep.DRAIN,
            CutoverHold.QUIET.plus(asked),
            Basis.GUESSED,
            "as long as requests in progress take, at most %d ms%s"
                .formatted(
                    most.toMillis(),
                    mailboxes.isEmpty()
                        ? ""
                        : "; %d ms of it to ask for mailboxes, measured"
                            .formatted(asked.toMillis())));
      }
    }

    /** Before the barrier, so that all of it is on the next host then. */
    private String rememberMailboxes() throws IOException, InterruptedException {
      mailboxes = RememberedMailboxes.of(plan, onServing(), this::checkLimit);
      return "asked on " + serving();
    }

    private String barrier() throws IOException, InterruptedException {
      String live = Starter.awaitLive(move, background);
      if (!plan.databases().isEmpty()) {
        // A server that writes all the time would be waited for; after its stop there is an end.
        background.audit(direction.serving(), UNHURRIED);
        lastCopy();
        return live;
      }
      return prediction.measured(CutoverStep.BARRIER, "", () -> equal(live));
    }

    /** What a database's server has written to is copied after its stop, and not before. */
    private void lastCopy() throws IOException {
      if (prediction.addLastTime(CutoverStep.BARRIER)) {
        return;
      }
      long standing = bytes();
      long began = System.nanoTime();
      background.catchUp(direction.serving(), UNHURRIED);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      prediction.add(
          LastCopy.of(
              plan.databases(),
              new DatabaseClient(move.hosts().of(direction.serving())),
              bytes() - standing,
              took));
    }

    private long bytes() throws IOException {
      return background.status().trees().stream().mapToLong(FollowStatus.Tree::bytes).sum();
    }

    private String equal(String live) throws IOException {
      BackgroundClient.Barrier barrier = background.barrier(direction.serving(), UNHURRIED);
      if (barrier.failures() > 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%d changes are not on %s: %s"
                .formatted(barrier.failures(), word, String.join("; ", barrier.first())));
      }
      return live;
    }

    private String remove(StageHost host, Seal seen) throws IOException, InterruptedException {
      host.takeDown();
      Seal after = StageHost.seal(next, plan.move(), roots);
      if (!after.equals(seen)) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the plan's trees on %s are not as they were before the rehearsal (%d names, now %d): something else has written there. The mirror looks at all of it again"
                .formatted(word, seen.names(), after.names()));
      }
      return "nothing of it is left; %d names on %s are as they were"
          .formatted(after.names(), word);
    }

    private String serving() {
      return direction.serving().word();
    }

    private void step(String name, Move.Work work) throws IOException, InterruptedException {
      move.step(run, name, "nothing to undo", work);
    }
  }
}
