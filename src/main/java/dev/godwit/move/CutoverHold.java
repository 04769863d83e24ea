package dev.godwit.move;

import dev.godwit.agent.StartedServices;
import dev.godwit.forward.GateException;
import dev.godwit.forward.gate.Busy;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.NextHost;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.host.AtOnce;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.CarriedQueue;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The steps of a cut-over while clients wait, from the hold to the release; its fields are what
 * they learn. When one fails, the attempt is taken back.
 */
final class CutoverHold {
  /**
   * A connection on which the server spoke last and nothing was said for this long has no request
   * in progress. Longer than a scheduler's hiccup, shorter than a client notices.
   */
  static final Duration QUIET = Duration.ofMillis(120);

  /** What is left of the hold when nothing is waited for any more that may not come. */
  private static final Duration NOT_WAITED = Duration.ofMillis(100);

  /** Less than {@link #NOT_WAITED}: what is given up in time tells the cause. */
  private static final Duration AT_END = Duration.ofMillis(50);

  /** Between two questions for states; each may cost a host a process. */
  private static final Duration STATE_LOOK = Duration.ofMillis(50);

  private final Move move;
  private final Plan plan;
  private final Direction direction;
  private final Run run;
  private final long epoch;
  private final BackgroundClient background;
  private final Side serving;
  private final Side next;
  private final CutoverPreparation prepared;
  private RememberedMailboxes mailboxes = RememberedMailboxes.NONE;
  private List<CarriedQueue> carried = List.of();
  private long holdEnds;

  /**
   * When the serving host is to have stopped, and then the next one to be ready: what comes after
   * is for the way back. 0 for what has the whole hold.
   */
  private long partEnds;

  private long holdAnswered;
  private long releaseOrdered;

  /** Milliseconds. */
  private long refusedOnNext;

  CutoverHold(
      Move move,
      Direction direction,
      Run run,
      long epoch,
      BackgroundClient background,
      Side serving,
      Side next,
      CutoverPreparation prepared) {
    this.move = move;
    this.plan = move.plan();
    this.direction = direction;
    this.run = run;
    this.epoch = epoch;
    this.background = background;
    this.serving = serving;
    this.next = next;
    this.prepared = prepared;
  }

  String hold() throws IOException {
    Duration limit = plan.limits().hold();
    if (plan.isWithinHost()) {
      serving.gate().hold(epoch, limit);
    } else {
      // Before the hold: it has ended when the hold has, by whatever clock, and whoever sleeps.
      Duration lease = limit.plus(StartLease.WORD);
      List<Service> started = Recovery.startedOn(next.role(), plan);
      next.landing().lease(epoch, lease, StartedServices.encode(plan.move(), started));
      Destination to = prepared.destination();
      serving.gate().hold(epoch, limit, new NextHost.Lease(to, lease));
    }
    holdAnswered = System.nanoTime();
    holdEnds = holdAnswered + plan.limits().hold().toNanos();
    return "for at most %d ms".formatted(plan.limits().hold().toMillis());
  }

  String drain() throws IOException, InterruptedException {
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

  String settle() throws IOException, InterruptedException {
    Settled settled = Settled.of(plan, serving.services(), next, epoch);
    carried = settled.withStart();
    return settled.said();
  }

  String stop() throws IOException, InterruptedException {
    Duration limit = besideWayBack();
    partEnds = System.nanoTime() + limit.toNanos();
    String times =
        String.join(
            ", ", serving.services().stopAll(PlanServices.of(plan), epoch, true, limit).reversed());
    int cutOff = serving.gate().cutOff(epoch);
    refuseWriters("the services on %s have stopped".formatted(serving.word()));
    partEnds = 0;
    new Stillness(move).begin(serving);
    return times
        + (cutOff == 0 ? "" : ", %d connections that outlived it cut off".formatted(cutOff))
        + ", no writers left";
  }

  private void refuseWriters(String although) throws IOException, InterruptedException {
    refuseWriters(serving.services(), serving.role().roots(plan), partEnds, although);
  }

  String barrier(Duration limit) throws IOException {
    return equal(withinHold(limit, () -> background.barrier(direction.serving(), limit)));
  }

  /** What asks the mirrors, which know no hold, only the time that they have. */
  @FunctionalInterface
  private interface OfMirrors<T> {
    T ask() throws IOException;
  }

  /**
   * A mirror that had no time for its end says what that leads to, not whose time it was: it keeps
   * half of it for another way than the orderly one.
   */
  private <T> T withinHold(Duration left, OfMirrors<T> work) throws IOException {
    long began = System.nanoTime();
    try {
      return work.ask();
    } catch (IOException e) {
      if (System.nanoTime() - began < left.dividedBy(2).toNanos()) {
        throw e;
      }
      throw tooShort(e);
    }
  }

  /**
   * The same of whatever fails as its part of the hold ends: it had the rest of it as its limit.
   */
  Exception explained(Exception failure) {
    return failure instanceof IOException e
            && holdEnds != 0
            && ends() - System.nanoTime() < AT_END.toNanos()
            && !String.valueOf(e.getMessage()).contains("the hold")
        ? tooShort(e)
        : failure;
  }

  /** What has to be done by now has until then. */
  private long ends() {
    boolean isPart = partEnds != 0 && releaseOrdered == 0;
    return isPart ? Math.min(partEnds, holdEnds) : holdEnds;
  }

  private MoveException tooShort(IOException failure) {
    return new MoveException(
        MoveException.Kind.FAILED,
        "the hold was too short, its limit is %d ms (`hold` under `limits` in the plan): %s"
            .formatted(plan.limits().hold().toMillis(), failure.getMessage()),
        failure);
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

  String pause() throws IOException {
    Duration left = left();
    boolean unused =
        withinHold(
            left,
            () -> {
              background.pause(epoch, left);
              return true;
            });
    return "%d mirrors stopped".formatted(background.status().trees().size());
  }

  /**
   * Asked before a release is tried: a gate that has died took those who waited with it, and when a
   * release was tried, nobody but a person can say whether it happened. Until then it was not.
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

  String start() throws IOException, InterruptedException {
    partEnds = System.nanoTime() + besideWayBack().toNanos();
    if (plan.isWithinHost()) {
      requireHold();
      serving.gate().makeRoom(epoch);
    } else {
      nextStarts();
    }
    String times = String.join(", ", startOnNext());
    refuseEnded();
    if (plan.isWithinHost()) {
      prepared.trees().refuseChange();
    }
    return times;
  }

  private List<String> startOnNext() throws IOException {
    List<String> asking = PlanServices.asking(plan);
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
    List<Service> running = prepared.running();
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

  String check() throws IOException, InterruptedException {
    AllChecks.Further remembered = answered -> mailboxes.differences(answered, next, leftForNext());
    List<Move.Work> work = new ArrayList<>();
    work.add(() -> AllChecks.make(next, PlanServices.of(plan), leftForNext(), remembered));
    if (!plan.isWithinHost()) {
      work.add(this::refuseStartedAgain); // meanwhile: it makes the hold no longer
    }
    String done = AtOnce.all(work, Move.Work::run).getFirst() + sameMailboxes();
    if (direction == Direction.TO_NEW
        && !AllChecks.notPastGate(PlanServices.of(plan)).isEmpty()
        && Move.lastSwitch(move.journal()).isEmpty()
        && Recovery.isReleased(next)) {
      // This once nobody has been told of new yet, and whether it can serve is to be found out.
      awaitHome();
      done +=
          "; then, without the gate: "
              + AllChecks.make(
                  next.services(),
                  PlanServices.of(plan),
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

  /**
   * What has been started again since the stop, by a supervisor that knows of no fence for one,
   * writes to files that are copied already (H56). As long as clients wait, nothing of it is lost:
   * they are given back.
   */
  private String refuseStartedAgain() throws IOException {
    // States are not asked: that takes a turn, in which a controller that sleeps is in others' way.
    List<String> again = new ArrayList<>(serving.services().listeners(PlanServices.of(plan)));
    again.addAll(serving.services().writers(serving.role().roots(plan)));
    if (!again.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "the services on %s had stopped, but since then: %s. What has started it again, a supervisor or a job? Stop that first, or name its commands in the plan"
              .formatted(serving.word(), String.join("; ", again)));
    }
    return "nobody has started on %s again".formatted(serving.word());
  }

  /** Not at once: no check may have waited for some of the services to listen. */
  private void awaitHome() throws IOException, InterruptedException {
    while (true) {
      try {
        next.gate().home(epoch, false);
        return;
      } catch (GateException e) {
        if (e.kind() != GateException.Kind.FAILED
            || partEnds - System.nanoTime() < NOT_WAITED.toNanos()) {
          throw e;
        }
        Thread.sleep(Duration.ofMillis(10));
      }
    }
  }

  String release() throws IOException {
    Destination to = prepared.destination();
    releaseOrdered = System.nanoTime();
    serving.gate().release(epoch, to, plan.limits().releasePerSecond());
    return "to " + to;
  }

  /** For the report; the switch stands whether or not this can still be asked. */
  void recordHold() throws IOException {
    Optional<GateStatus> status;
    try {
      GateDeaths.record(move);
      status = serving.gate().status();
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_ASKED, "The length of the hold could not be asked: " + e.getMessage());
      return;
    }
    if (status.isPresent() && !status.get().holds().isEmpty()) {
      GateStatus.Hold hold = status.get().holds().getLast();
      move.journal()
          .setFact(
              Cutover.HOLD_FACT,
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
  Duration left() throws MoveException {
    long left = holdEnds - System.nanoTime();
    if (left <= 0) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "the hold has reached its limit of %d ms".formatted(plan.limits().hold().toMillis()));
    }
    return Duration.ofNanos(left);
  }

  /**
   * What is left of the hold without what is kept for the way back, but never less than half of it:
   * the steps before may have taken long.
   */
  private Duration besideWayBack() throws MoveException {
    long left = left().toNanos();
    return Duration.ofNanos(Math.max(left - prepared.wayBack().toNanos(), left / 2));
  }

  /** What is left of the hold for the next host. */
  private Duration leftForNext() throws MoveException {
    long left = Math.min(left().toNanos(), partEnds - System.nanoTime());
    if (left <= 0) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s is not ready, and what is left of the hold of %d ms is for the way back"
              .formatted(next.word(), plan.limits().hold().toMillis()));
    }
    return Duration.ofNanos(left);
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
}
