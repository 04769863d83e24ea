package dev.godwit.move;

import dev.godwit.agent.WayBackServices;
import dev.godwit.forward.Busy;
import dev.godwit.forward.Destination;
import dev.godwit.forward.GateClient;
import dev.godwit.forward.GateStatus;
import dev.godwit.forward.LandingClient;
import dev.godwit.forward.PortGroup;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The switch: it either gives the clients to new, or old serves them again.
 *
 * <p>Invariants: no client connection is closed by us between hold and release; nothing goes from
 * old to new after new may have accepted its first write; whether the switch happened is decided in
 * one place, the gate, so that the end of its lease and our release cannot both win.
 */
public final class Cutover {
  /** The journal's fact of the last hold: milliseconds, connections held, longest wait in ms. */
  public static final String HOLD_FACT = "hold";

  /**
   * A connection on which the server spoke last and nothing was said for this long has no request
   * in progress. Longer than a scheduler's hiccup, shorter than a client notices.
   */
  private static final Duration QUIET = Duration.ofMillis(120);

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(5);

  /** For what is outside the hold, where nobody waits. */
  private static final Duration UNHURRIED = Duration.ofMinutes(10);

  private final Move move;
  private final Plan plan;
  private final Recovery.Witness witness;

  /**
   * The cut-over of a move.
   *
   * @param witness what a person says of an attempt that was cut off, for when the gate cannot
   */
  public Cutover(Move move, Recovery.Witness witness) {
    this.move = move;
    this.witness = witness;
    this.plan = move.plan();
  }

  /**
   * Makes the switch, or goes on from where an earlier call was cut off.
   *
   * @throws MoveException TAKEN_BACK when a step inside the hold failed: old serves; FAILED when
   *     one before it did: old never stopped serving
   */
  public void run() throws IOException, InterruptedException {
    Recovery recovery = new Recovery(move, witness);
    if (recovery.run() == Phase.NEW_SERVES) {
      recovery.relayAgain();
      return;
    }
    if (move.phase() != Phase.FOLLOWING) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be cut over: %s; %s"
              .formatted(
                  plan.move(),
                  move.phase().sentence(),
                  move.phase() == Phase.PLANNED ? "first: godwit start " + plan.file() : ""));
    }
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin("cutover", epoch);
    try (BackgroundClient background =
        BackgroundClient.find(plan)
            .orElseThrow(
                () ->
                    new MoveException(
                        MoveException.Kind.FAILED,
                        "the mirror of %s does not run; first: godwit start %s"
                            .formatted(plan.move(), plan.file())))) {
      new Attempt(run, epoch, background).make();
    } catch (IOException e) {
      move.journal().end(run, Outcome.FAILED, String.valueOf(e.getMessage()));
      throw e;
    }
    move.journal().end(run, Outcome.DONE, "new serves");
  }

  /** One attempt; its fields are what the steps learn. */
  private final class Attempt {
    private final Run run;
    private final long epoch;
    private final BackgroundClient background;
    private final ServiceClient onOld;
    private final ServiceClient onNew;
    private final GateClient gate;
    private final LandingClient landing;
    private @Nullable Destination destination;
    private long holdEnds;

    Attempt(Run run, long epoch, BackgroundClient background) throws IOException {
      this.run = run;
      this.epoch = epoch;
      this.background = background;
      this.onOld = new ServiceClient(move.hosts().oldHost(), plan.move());
      this.onNew = new ServiceClient(move.hosts().newHost(), plan.move());
      this.gate = new GateClient(move.hosts().oldHost(), plan.move());
      this.landing = new LandingClient(move.hosts().newHost(), plan.move());
    }

    void make() throws IOException, InterruptedException {
      move.step(run, CutoverStep.AUDIT, this::audit);
      move.step(run, CutoverStep.CAPTURE, this::capture);
      // From here on a crash may leave a hold: recovery looks at the gate.
      move.reach(Phase.SWITCHING);
      try {
        inHold();
      } catch (IOException | RuntimeException e) {
        throw takenBack(e);
      }
      move.reach(Phase.NEW_SERVES);
      recordHold();
      background.quit();
    }

    private void inHold() throws IOException, InterruptedException {
      move.step(run, CutoverStep.HOLD, this::hold);
      move.step(run, CutoverStep.DRAIN, this::drain);
      move.step(run, CutoverStep.STOP, this::stop);
      // At this point we know that nothing on old writes below the plan's paths.
      move.step(run, CutoverStep.QUEUED, () -> gate.takeQueued(epoch) + " taken over");
      move.step(run, CutoverStep.BARRIER, () -> barrier(left()));
      move.step(run, CutoverStep.PAUSE, this::pause);
      // At this point we know that new equals old and that nothing of us writes to new any more.
      move.step(run, CutoverStep.START, this::start);
      move.step(run, CutoverStep.CHECK, this::check);
      move.step(run, CutoverStep.RELEASE, this::release);
    }

    private String audit() throws IOException, InterruptedException {
      for (Service service : services(plan)) {
        if (onNew.runs(service)) {
          throw new MoveException(
              MoveException.Kind.FAILED,
              "%s runs on new already, on files that the mirror replaces: stop it there, and keep it from starting by itself"
                  .formatted(service.name()));
        }
      }
      Preflight.refuseMounts(plan, move.hosts().oldHost());
      // A mirror that looks at everything again, such as after a way back, is live in a moment.
      Starter.awaitLive(move, background);
      long busy = background.audit(UNHURRIED).failures();
      return busy == 0
          ? "new has all that old has"
          : "new has all that old has, but for %d files that change all the time".formatted(busy);
    }

    private String capture() throws IOException {
      gate.start();
      destination = Landings.destination(move, landing);
      gate.capture(
          epoch, portGroups(plan), WayBackServices.encode(plan.move(), epoch, services(plan)), 0);
      // From old, by the way that clients will go: a firewall in between is found now.
      gate.probe(destination, PROBE_LIMIT);
      return "connections will be relayed to " + destination;
    }

    private String hold() throws IOException {
      gate.hold(epoch, plan.limits().hold());
      holdEnds = System.nanoTime() + plan.limits().hold().toNanos();
      return "for at most %d ms".formatted(plan.limits().hold().toMillis());
    }

    private String drain() throws IOException {
      // At most half of the hold: a session that never rests must not use up the time to switch.
      Duration limit = plan.limits().drain();
      Duration half = left().dividedBy(2);
      List<Busy> left = gate.awaitQuiet(limit.compareTo(half) < 0 ? limit : half, QUIET.toMillis());
      return "%d connections still open, %d of them at work"
          .formatted(
              left.stream().mapToInt(Busy::open).sum(), left.stream().mapToInt(Busy::active).sum());
    }

    private String stop() throws IOException, InterruptedException {
      String times = timed(services(plan).reversed(), s -> onOld.stop(s, epoch, true, left()));
      List<byte[]> roots = plan.files().stream().map(FileTree::oldRoot).toList();
      List<String> writers = onOld.writers(roots);
      while (!writers.isEmpty()) {
        if (left().compareTo(Duration.ofMillis(100)) < 0) {
          throw new MoveException(
              MoveException.Kind.FAILED,
              "the services on old have stopped, but still: " + String.join("; ", writers));
        }
        Thread.sleep(Duration.ofMillis(10));
        writers = onOld.writers(roots);
      }
      return times + ", no writers left";
    }

    private String barrier(Duration limit) throws IOException {
      return equal(background.barrier(limit));
    }

    private String equal(BackgroundClient.Barrier barrier) throws MoveException {
      if (barrier.failures() > 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%d changes are not on new: %s"
                .formatted(barrier.failures(), String.join("; ", barrier.first())));
      }
      return "all that old holds is on new and durable";
    }

    private String pause() throws IOException {
      background.pause(left());
      return "%d mirrors stopped".formatted(plan.files().size());
    }

    private String start() throws IOException {
      return timed(services(plan), s -> onNew.start(s, epoch, left()));
    }

    private String check() throws IOException, InterruptedException {
      return checkAll(onNew, services(plan), left());
    }

    private String release() throws IOException {
      Destination to = Objects.requireNonNull(destination, "captured before");
      gate.release(epoch, to);
      return "to " + to;
    }

    /** For the report; the switch stands whether or not this can still be asked. */
    private void recordHold() throws IOException {
      Optional<GateStatus> status;
      try {
        status = gate.status();
      } catch (IOException e) {
        move.listener().note("The length of the hold could not be asked: " + e.getMessage());
        return;
      }
      if (status.isPresent() && !status.get().holds().isEmpty()) {
        GateStatus.Hold hold = status.get().holds().getLast();
        move.journal()
            .setFact(
                HOLD_FACT,
                "%d %d %d"
                    .formatted(
                        hold.endMillis() - hold.startMillis(),
                        hold.connections(),
                        hold.longestWaitMillis()));
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

    private MoveException takenBack(Exception failure) throws InterruptedException {
      try {
        if (new Recovery(move).run() == Phase.NEW_SERVES) {
          // Only the answer to the release was lost.
          return new MoveException(
              MoveException.Kind.FAILED,
              "new serves, but the connection was lost on the way: " + failure.getMessage(),
              failure);
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
        return new MoveException(
            MoveException.Kind.FAILED,
            "%s; and taking it back failed: %s. The gate on old gives the clients back to old by"
                    .formatted(failure.getMessage(), e.getMessage())
                + " itself when the hold ends; then run the same command again",
            failure);
      }
      return new MoveException(
          MoveException.Kind.TAKEN_BACK,
          "taken back, old serves: " + failure.getMessage(),
          failure);
    }
  }

  @FunctionalInterface
  private interface Order {
    void give(Service service) throws IOException;
  }

  /**
   * Gives the order to one service after the other.
   *
   * @return how long each took: {@code nginx 21 ms, dovecot 180 ms}
   */
  private static String timed(List<Service> services, Order order) throws IOException {
    List<String> times = new ArrayList<>();
    for (Service service : services) {
      long started = System.nanoTime();
      order.give(service);
      times.add(service.name() + " " + (System.nanoTime() - started) / 1_000_000 + " ms");
    }
    return String.join(", ", times);
  }

  static List<Service> services(Plan plan) {
    return plan.services().stream().map(PlannedService::service).toList();
  }

  static List<PortGroup> portGroups(Plan plan) {
    return plan.services().stream()
        .filter(planned -> !planned.service().ports().isEmpty())
        .map(
            planned ->
                new PortGroup(
                    planned.service().name(), planned.service().ports(), planned.clientAddress()))
        .toList();
  }

  /**
   * Makes all checks of all services at once.
   *
   * @return what they answered
   * @throws MoveException naming each check that failed and what it answered
   */
  static String checkAll(ServiceClient host, List<Service> services, Duration limit)
      throws IOException, InterruptedException {
    record Asked(Service service, Check check) {}
    List<Asked> asked = new ArrayList<>();
    services.forEach(s -> s.checks().forEach(check -> asked.add(new Asked(s, check))));
    List<String> failures = new ArrayList<>();
    List<CheckResult> results = AtOnce.all(asked, each -> host.check(each.check(), limit));
    for (int i = 0; i < results.size(); i++) {
      CheckResult result = results.get(i);
      if (!result.passed()) {
        failures.add(
            "%s: check %s failed: %s"
                .formatted(
                    asked.get(i).service().name(), asked.get(i).check().display(), result.said()));
      }
    }
    if (!failures.isEmpty()) {
      throw new MoveException(MoveException.Kind.FAILED, String.join("; ", failures));
    }
    return "%d checks passed".formatted(asked.size());
  }
}
