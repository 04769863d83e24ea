package dev.godwit.move;

import dev.godwit.database.Amount;
import dev.godwit.database.DatabaseClient;
import dev.godwit.host.Host;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.plan.Database;
import dev.godwit.plan.Hook;
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
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
  static final String COMMAND = "rehearse";

  /** The one part that is of no single step. */
  private static final String ALL_ORDERS = "orders";

  /** As in the hold, whatever the order in which they became known. */
  private static final Comparator<String> IN_ORDER =
      Comparator.comparing(
          step -> step.equals(ALL_ORDERS) ? CutoverStep.values().length : stepOf(step).ordinal());

  private static CutoverStep stepOf(String word) {
    return CutoverStep.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static final Duration UNHURRIED = Duration.ofMinutes(10);

  /** Longer than any hold: how long it takes is what is to be found out. */
  private static final Duration SERVICE_LIMIT = Duration.ofMinutes(6);

  /** A service that has been started answers by then, or never. */
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(20);

  /** What the gate needs for hold, queues and release: orders over a line that stands. */
  private static final Duration ORDERS = Duration.ofMillis(30);

  private final Move move;
  private final Plan plan;
  private boolean byHand;

  public Rehearsal(Move move) {
    this.move = move;
    this.plan = move.plan();
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
    GUESSED
  }

  /**
   * What a rehearsal that went well has found.
   *
   * @param notIncluded what else takes its time in the hold, and is not known; for people
   */
  public record Result(String next, List<Part> parts, List<String> notIncluded, Duration limit) {
    public Duration predicted() {
      return parts.stream().map(Part::length).reduce(Duration.ZERO, Duration::plus);
    }

    public boolean isWithinLimit() {
      return predicted().compareTo(limit) <= 0;
    }
  }

  /**
   * Rehearses the next switch.
   *
   * @throws MoveException FAILED when a service does not start or a check does not pass: what a
   *     cut-over would have met; REFUSED when nothing follows yet, or a service cannot be rehearsed
   */
  public Result run() throws IOException, InterruptedException {
    Phase phase = new Recovery(move).run();
    Direction direction =
        Direction.before(phase)
            .orElseThrow(
                () ->
                    new MoveException(
                        MoveException.Kind.REFUSED,
                        "%s cannot be rehearsed: %s%s"
                            .formatted(
                                plan.move(),
                                phase.sentence(plan.isWithinHost()),
                                phase == Phase.PLANNED
                                    ? "; first: godwit start " + plan.file()
                                    : "")));
    refuseUnits();
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin(COMMAND, epoch);
    move.stopping().allow();
    try (BackgroundClient background = Starter.background(move)) {
      Result result = new Play(run, epoch, direction, background).perform();
      Rehearsed.done(plan, Instant.now(), result.predicted()).write(move.journal(), direction);
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

  /** The host's service manager would start them on the real files. */
  private void refuseUnits() throws MoveException {
    List<String> units =
        Cutover.services(plan).stream()
            .filter(service -> service.control() instanceof Control.Unit)
            .map(Service::name)
            .toList();
    if (!units.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s: units of systemd cannot be rehearsed yet, only services with start, stop and state commands. A unit is started by the host's own systemd, outside of the rehearsal's view of the files"
              .formatted(String.join(", ", units)));
    }
  }

  /**
   * Ends what a rehearsal has left that was cut off. Its processes, mounts and network have gone
   * with it, and the mirrors go on by themselves; folders are left when the host itself died.
   */
  static void tidyUp(Move move) throws IOException {
    Optional<Run> cutOff = move.journal().lastRun(COMMAND).filter(Run::isOpen);
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
    private final List<Service> services = Cutover.services(plan);
    private final List<Part> parts = new ArrayList<>();
    private final List<String> notIncluded = new ArrayList<>();
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
      this.word = direction.next().word();
      this.next = move.hosts().of(direction.next());
      this.roots = direction.next().roots(plan);
    }

    Result perform() throws IOException, InterruptedException {
      drain();
      step("barrier", this::barrier);
      try {
        step("pause", () -> measured(CutoverStep.PAUSE, "", this::pause));
        step("look", this::look);
        step("stage", this::stage);
        onStage();
      } finally {
        if (stage != null) {
          stage.close();
        }
        if (rest != null) {
          rest.close();
        }
      }
      step("follow", this::goOn);
      parts.add(
          new Part(ALL_ORDERS, ORDERS, Basis.GUESSED, "hold, queues and release at the gate"));
      parts.sort(Comparator.comparing(Part::step, IN_ORDER));
      hooks();
      return new Result(word, List.copyOf(parts), List.copyOf(notIncluded), plan.limits().hold());
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
      if (plan.services().stream().anyMatch(planned -> planned.queue() != null)) {
        step("settle", () -> measured(CutoverStep.SETTLE, "", () -> settle(staged)));
      }
      step("start", () -> measured(CutoverStep.START, "", () -> start(staged)));
      step("check", () -> measured(CutoverStep.CHECK, "", () -> check(staged)));
      step("stop", () -> stop(staged.services()));
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
        return staged.start(plan, carried, epoch, SERVICE_LIMIT);
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
      Cutover.Settled settled = Cutover.settle(plan, onServing(), staged, epoch);
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
          Cutover.checkAll(
              staged.services(),
              services,
              checkLimit(),
              answered -> {
                others.addAll(mailboxes.differences(answered, staged, checkLimit()));
                return List.of();
              });
      passed += mailboxes.isEmpty() ? "" : ", " + compared(others);
      if (plan.isWithinHost()) {
        Cutover.refuseWriters(
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
        return mailboxes.same(serving());
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
          () -> String.join(", ", host.stopAll(services, epoch, false, SERVICE_LIMIT).reversed());
      Optional<Step> known = lastTime(CutoverStep.STOP);
      if (known.isPresent()) {
        parts.add(asBefore(CutoverStep.STOP, known.get()));
        return stopping.run();
      }
      return measured(
          CutoverStep.STOP,
          "on %s, where nobody was connected: %s may take longer".formatted(word, serving()),
          stopping);
    }

    private void drain() throws IOException, InterruptedException {
      long began = System.nanoTime();
      if (!RememberedMailboxes.logins(plan).isEmpty()) {
        step("mailboxes", this::rememberMailboxes);
      }
      Duration asked = Duration.ofNanos(System.nanoTime() - began);
      Optional<Step> known = lastTime(CutoverStep.DRAIN);
      Duration half = plan.limits().hold().dividedBy(2);
      Duration most = plan.limits().drain().compareTo(half) < 0 ? plan.limits().drain() : half;
      parts.add(
          known.isPresent()
              ? asBefore(CutoverStep.DRAIN, known.get())
              : new Part(
                  CutoverStep.DRAIN.word(),
                  Cutover.QUIET.plus(asked),
                  Basis.GUESSED,
                  "as long as requests in progress take, at most %d ms%s"
                      .formatted(
                          most.toMillis(),
                          mailboxes.isEmpty()
                              ? ""
                              : "; %d ms of it to ask for mailboxes, measured"
                                  .formatted(asked.toMillis()))));
    }

    /** Before the barrier, so that all of it is on the next host then. */
    private String rememberMailboxes() throws IOException, InterruptedException {
      mailboxes = RememberedMailboxes.of(plan, onServing(), this::checkLimit);
      return "asked on " + serving();
    }

    /** What is known of a step from the last switch has its hooks in it. */
    private void hooks() {
      for (Hook hook : plan.hooks()) {
        boolean isKnown =
            parts.stream()
                .anyMatch(part -> part.step().equals(hook.step()) && part.basis() == Basis.BEFORE);
        if (Hooks.isInHold(hook, stepOf(hook.step())) && !isKnown) {
          notIncluded.add(
              "%s, which may take %d ms".formatted(hook.display(), hook.limit().toMillis()));
        }
      }
    }

    private String barrier() throws IOException, InterruptedException {
      String live = Starter.awaitLive(move, background);
      if (!plan.databases().isEmpty()) {
        // A server that writes all the time would be waited for; after its stop there is an end.
        background.audit(UNHURRIED);
        lastCopy();
        return live;
      }
      return measured(CutoverStep.BARRIER, "", () -> equal(live));
    }

    /** What a database's server has written to is copied after its stop, and not before. */
    private void lastCopy() throws IOException {
      Optional<Step> known = lastTime(CutoverStep.BARRIER);
      if (known.isPresent()) {
        parts.add(asBefore(CutoverStep.BARRIER, known.get()));
        return;
      }
      Host serving = move.hosts().of(direction.serving());
      for (Database database : plan.databases()) {
        Amount amount = new DatabaseClient(serving).measure(database.data(), Amount.LATELY);
        notIncluded.add(
            "the last copy of %s after its server's stop: %.1f MB of it have changed in the last %d minutes"
                .formatted(
                    database.data(), amount.changedBytes() / 1e6, Amount.LATELY.toMinutes()));
      }
    }

    private String equal(String live) throws IOException {
      BackgroundClient.Barrier barrier = background.barrier(UNHURRIED);
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

    private String measured(CutoverStep step, String remark, Move.Work work)
        throws IOException, InterruptedException {
      long started = System.nanoTime();
      String said = work.run();
      Duration took = Duration.ofNanos(System.nanoTime() - started);
      parts.add(new Part(step.word(), took, Basis.MEASURED, remark));
      return said;
    }

    /** How this step went in the last switch that got past it. */
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

    private static Part asBefore(CutoverStep step, Step made) {
      return new Part(
          step.word(),
          Duration.ofNanos(made.tookMicros() * 1000),
          Basis.BEFORE,
          "in the switch of " + made.started());
    }
  }
}
