package dev.godwit.move;

import dev.godwit.agent.WayBackServices;
import dev.godwit.forward.GateException;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.AtOnce;
import dev.godwit.plan.Plan;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Place;
import dev.godwit.service.Service;
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
import org.jspecify.annotations.Nullable;

/**
 * What a cut-over does before anybody waits: both hosts are compared, what is in the way is found,
 * and gates and landings are put up by the ways that clients will go, also for the way back.
 */
final class CutoverPreparation {
  /** Of a check before anybody waits. */
  private static final Duration BEFORE_LIMIT = Duration.ofSeconds(5);

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(5);

  /** For what is outside the hold, where nobody waits. */
  private static final Duration UNHURRIED = Duration.ofMinutes(10);

  private final Move move;
  private final Plan plan;
  private final Direction direction;
  private final boolean needsWayBack;
  private final Recovery recovery;
  private final long epoch;
  private final BackgroundClient background;
  private final Side serving;
  private final Side next;
  private List<Service> running = List.of();
  private Duration wayBack = Duration.ZERO;
  private @Nullable Destination destination;
  private @Nullable TreesOfHost trees;

  /**
   * @param needsWayBack whether a cut-over that could not be rolled back is refused
   */
  CutoverPreparation(
      Move move,
      Direction direction,
      boolean needsWayBack,
      Recovery recovery,
      long epoch,
      BackgroundClient background,
      Side serving,
      Side next) {
    this.move = move;
    this.plan = move.plan();
    this.direction = direction;
    this.needsWayBack = needsWayBack;
    this.recovery = recovery;
    this.epoch = epoch;
    this.background = background;
    this.serving = serving;
    this.next = next;
  }

  /** Those that run on the serving host; known after the audit. */
  List<Service> running() {
    return running;
  }

  /** What of the hold is kept for the way back; known after the audit. */
  Duration wayBack() {
    return wayBack;
  }

  /** Where the clients are released to; known after the capture. */
  Destination destination() {
    return Objects.requireNonNull(destination, "captured before");
  }

  /** On one host, what its trees are; known after the capture. */
  TreesOfHost trees() {
    return Objects.requireNonNull(trees, "seen at the capture");
  }

  String audit() throws IOException, InterruptedException {
    if (plan.isWithinHost()) {
      refuseOtherPlace();
    } else {
      refuseRunning();
      refusePortsTaken();
    }
    refuseMissing();
    wayBack = WayBackTime.kept(move.journal(), direction, plan.limits().hold());
    running =
        PlanServices.of(plan).stream().filter(service -> isKnownToRun(serving, service)).toList();
    new TreeMounts(move).audit(direction);
    recovery.followAgain(direction, background); // what it looks at anew is part of the audit
    // A mirror that looks at everything again, such as after a way back, is live in a moment.
    Starter.awaitLive(move, background);
    long busy = background.audit(direction.serving(), UNHURRIED).failures();
    String all = "%s has all that %s has".formatted(next.word(), serving.word());
    return busy == 0 ? all : all + ", but for %d files that change all the time".formatted(busy);
  }

  /** The plan may have got other commands since it was checked: a hold could only be taken back. */
  private void refuseMissing() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Side side : plan.isWithinHost() ? List.of(serving) : List.of(serving, next)) {
      for (Service service : PlanServices.of(plan)) {
        for (String program : side.services().missing(service)) {
          missing.add("%s of %s on %s".formatted(program, service.name(), side.word()));
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "not installed: %s. Install it there, or correct the plan"
              .formatted(String.join(", ", missing)));
    }
  }

  private void refuseRunning() throws IOException {
    List<String> running = new ArrayList<>();
    for (Service service : PlanServices.of(plan)) {
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
   * connection alone is passed by anybody; or he would be stopped as the service. It may have come
   * since {@code check}.
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
  void refuseWithoutMirrors() throws IOException {
    if (background.status().source() != direction.serving()) {
      throw new MoveException(
          MoveException.Kind.FAILED, "%s is not mirrored any more".formatted(serving.word()));
    }
  }

  String capture() throws IOException, InterruptedException {
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
            PlanServices.portGroups(plan),
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
    List<Service> services = PlanServices.of(plan);
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
      String none = "there would be no way back from %s: %s".formatted(next.word(), e.getMessage());
      if (direction == Direction.TO_NEW && needsWayBack) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            none + ". To cut over all the same: godwit cutover --no-way-back " + plan.typed(),
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

  /** One of which nobody can tell is none that does. */
  static boolean isKnownToRun(Side there, Service service) {
    try {
      return there.services().runs(service);
    } catch (IOException e) {
      return false;
    }
  }
}
