package dev.godwit.monitor;

import dev.godwit.forward.GateException;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalLock;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.mirror.MirrorMount;
import dev.godwit.mirror.MirrorState;
import dev.godwit.move.BackgroundClient;
import dev.godwit.move.Direction;
import dev.godwit.move.Finish;
import dev.godwit.move.FollowStatus;
import dev.godwit.move.GateDeaths;
import dev.godwit.move.Hosts;
import dev.godwit.move.KeptStatus;
import dev.godwit.move.MeasuredTrees;
import dev.godwit.move.Move;
import dev.godwit.move.NoWayBack;
import dev.godwit.move.Phase;
import dev.godwit.move.PlanServices;
import dev.godwit.move.Role;
import dev.godwit.move.StartedPlan;
import dev.godwit.move.Starter;
import dev.godwit.move.TakenOver;
import dev.godwit.move.Waiting;
import dev.godwit.move.Warnings;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.Plan;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a move stands: what the journal says, and what the processes say that run for it. Every value
 * was asked for just now, but for what the background process keeps, which it looks at every few
 * seconds; what could not be asked is said in {@link #problems} instead of shown as it was (H90).
 *
 * @param follow null when no background process runs
 * @param gate on old; null when none runs, or before there was one
 * @param gateOnNew null when none runs, before there was a cut-over, and where both are one host
 * @param checks of the services, made last; null when none were
 * @param waiting a cut-over that waits for its time; null for none
 * @param deaths of gates, which cut off what they had; past, and so no problem
 * @param takenOver that another controller has the move, for people; null when it has not. Then
 *     nothing else is asked: phase is what the journal here says of before
 * @param next what a person does next, a sentence
 * @param isWithinHost whether old and new are one host, so that {@code gate} is on it
 * @param measured how much there is to copy, as far as is known
 */
public record MoveStatus(
    String move,
    Phase phase,
    Instant at,
    @Nullable FollowStatus follow,
    @Nullable GateStatus gate,
    @Nullable GateStatus gateOnNew,
    @Nullable Checked checks,
    @Nullable Waiting waiting,
    List<String> problems,
    List<GateDeaths.Death> deaths,
    @Nullable String takenOver,
    String next,
    boolean isWithinHost,
    MeasuredTrees measured) {
  /** The steps of the commands that make the checks of the plan. */
  private static final Set<String> CHECKING = Set.of("check", "check-old", "check-new");

  /**
   * How the checks of the plan went, when a command made them last; none are made for a status.
   *
   * @param said what they answered, or what failed
   */
  public record Checked(Instant at, String command, boolean passed, String said) {
    private static @Nullable Checked last(Journal journal) throws IOException {
      for (Run run : journal.runs().reversed()) {
        for (Step step : journal.steps(run).reversed()) {
          if (CHECKING.contains(step.name()) && step.outcome() != null) {
            boolean passed = step.outcome() == Outcome.DONE;
            String said = Objects.toString(step.message(), "");
            return new Checked(step.started(), run.command(), passed, said);
          }
        }
      }
      return null;
    }

    private Map<String, Object> json() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("at", at.toString());
      object.put("command", command);
      object.put("passed", passed);
      object.put("said", said);
      return object;
    }
  }

  /**
   * Looks, and lets mirrors go on that should run and do not. Fails only when the journal cannot be
   * read.
   */
  public static MoveStatus of(Plan plan) throws IOException, InterruptedException {
    Path file = Move.journalFile(plan);
    Optional<JournalLock.Holder> holder = JournalLock.holder(file);
    boolean isHeld = holder.isPresent();
    Phase phase = Phase.PLANNED;
    boolean wasTakenBack = false;
    Optional<Direction> last = Optional.empty();
    boolean isRehearsed = false;
    Optional<String> noWayBack = Optional.empty();
    Optional<String> leftBehind = Optional.empty();
    Optional<String> otherPlan = Optional.empty();
    Optional<String> notTakenBack = Optional.empty();
    Checked checks = null;
    MeasuredTrees measured = MeasuredTrees.NONE;
    List<String> problems = new ArrayList<>();
    Optional<Journal> found = Journal.read(file);
    if (found.isPresent()) {
      try (Journal journal = found.get()) {
        phase = Move.phase(journal);
        last = Move.lastSwitch(journal);
        wasTakenBack = Move.wasTakenBack(journal);
        notTakenBack = Move.failedTakeBack(journal);
        isRehearsed = Move.isRehearsed(journal, plan);
        noWayBack = NoWayBack.of(journal);
        leftBehind = Warnings.leftBehind(journal);
        checks = Checked.last(journal);
        measured = MeasuredTrees.of(journal);
        if (phase != Phase.PLANNED && phase != Phase.FINISHED) {
          otherPlan = StartedPlan.problem(plan, journal, phase);
        }
        if (!isHeld) {
          Finish.cutOff(journal).ifPresent(problems::add);
          if (Move.isCutOffAfterRelease(journal)) {
            problems.add("the last switch failed after its release; godwit start goes on with it");
          }
        }
      }
    }
    List<GateDeaths.Death> deaths = new ArrayList<>();
    FollowStatus follow = TakenOver.of(plan).isPresent() ? null : follow(plan, phase, problems);
    follow = follow == null ? null : follow.measured(measured);
    Optional<String> takenOver = TakenOver.of(plan); // it may have been found out just now
    if (takenOver.isPresent()) {
      return takenOver(plan, phase, takenOver.get());
    }
    // Mirrors that were to go on are kept from it by just that.
    otherPlan
        .filter(words -> problems.stream().noneMatch(problem -> problem.contains(words)))
        .ifPresent(problems::add);
    if (follow != null) {
      follow.trees().forEach(tree -> tree.stuck().ifPresent(problems::add));
      follow.kept().forEach(kept -> problems.addAll(kept.problems()));
      for (FollowStatus.Tree tree : follow.trees()) {
        if (tree.state() == MirrorState.HALTED) {
          problems.add("the mirror of %s has halted: %s".formatted(tree.path(), tree.message()));
        }
      }
    }
    GateStatus gate = null;
    GateStatus gateOnNew = null;
    boolean isSwitching = phase == Phase.SWITCHING || phase == Phase.SWITCHING_BACK;
    boolean wasSwitched = last.isPresent() && phase != Phase.FINISHED;
    // Before and after the phase was read: a command may have begun or ended meanwhile.
    if (isSwitching && !isHeld && !JournalLock.isHeld(file)) {
      problems.add(cutOff(phase, notTakenBack));
    }
    holder.flatMap(MoveStatus::stopped).ifPresent(problems::add);
    boolean isTakenBack = wasTakenBack && !wasSwitched && phase == Phase.FOLLOWING;
    Set<Role> lost = EnumSet.noneOf(Role.class);
    if (isSwitching || wasSwitched || isTakenBack) {
      try (Asked asked = Asked.of(plan)) {
        // One that has nothing to do need not run.
        boolean oldIsLeft = phase == Phase.SWITCHING || phase == Phase.NEW_SERVES;
        boolean isWithin = plan.isWithinHost();
        gate = gate(plan, Role.OLD, asked, oldIsLeft && !isWithin, problems, deaths);
        if (!isWithin) {
          boolean newIsLeft = !oldIsLeft && !isTakenBack;
          gateOnNew = gate(plan, Role.NEW, asked, newIsLeft, problems, deaths);
          landing(gate, plan, Role.NEW, asked, problems);
          landing(gateOnNew, plan, Role.OLD, asked, problems);
        }
        lost.addAll(asked.lost());
        if (!isSwitching && !isHeld) {
          services(plan, phase == Phase.NEW_SERVES ? Role.NEW : Role.OLD, asked, problems);
        }
      }
    }
    return new MoveStatus(
        plan.move(),
        phase,
        Instant.now(),
        follow,
        gate,
        gateOnNew,
        checks,
        Waiting.of(plan).orElse(null),
        List.copyOf(problems),
        List.copyOf(deaths),
        null,
        holder.isPresent()
            ? atWork(holder.get())
            : phase == Phase.FINISHED && leftBehind.isPresent()
                ? "Nothing is left to do on new; " + leftBehind.get() + "."
                : lost.isEmpty() || isSwitching
                    ? next(
                        phase,
                        isRehearsed,
                        isBegun(phase, follow),
                        isFollowed(phase, follow),
                        noWayBack,
                        plan.isWithinHost())
                    : unreachable(phase == Phase.NEW_SERVES ? Role.NEW : Role.OLD, lost, plan),
        plan.isWithinHost(),
        measured);
  }

  /** What is true of the move now, for people. */
  public String sentence() {
    if (takenOver != null) {
      return "another controller has it";
    }
    if (isBegun(phase, follow)) {
      return isWithinHost
          ? "the services use the files of old; the first copy has not come to its end"
          : "old serves; the first copy to new has not come to its end";
    }
    return phase.sentence(isWithinHost);
  }

  /** Whether {@code start} has begun the mirrors, and has not seen them live and whole. */
  private static boolean isBegun(Phase phase, @Nullable FollowStatus follow) {
    return phase == Phase.PLANNED && follow != null;
  }

  /** Whether the host that does not serve follows the one that does: no switch begins without. */
  private static boolean isFollowed(Phase phase, @Nullable FollowStatus follow) {
    return follow != null
        && Direction.before(phase)
            .map(Direction::serving)
            .equals(Optional.ofNullable(follow.source()))
        && follow.trees().stream().noneMatch(tree -> tree.state() == MirrorState.HALTED);
  }

  private static MoveStatus takenOver(Plan plan, Phase phase, String words) {
    return new MoveStatus(
        plan.move(),
        phase,
        Instant.now(),
        null,
        null,
        null,
        null,
        null,
        List.of(words),
        List.of(),
        words,
        "Next: nothing here, unless that controller is gone.",
        plan.isWithinHost(),
        MeasuredTrees.NONE);
  }

  /**
   * Whether trees are looked at as a whole, so that bytes, a rate and the time left mean something.
   */
  public boolean isCopying() {
    return follow != null
        && follow.trees().stream().anyMatch(tree -> tree.state() == MirrorState.COPYING);
  }

  /**
   * The same with the mirrors as they are by now, for a rate; everything else stays as it was seen.
   * A background process that does not answer any more leaves the mirrors so, too.
   */
  public MoveStatus again(Plan plan) {
    Optional<FollowStatus> now;
    try {
      now = ask(plan);
    } catch (IOException e) {
      return this;
    }
    return now.isEmpty()
        ? this
        : new MoveStatus(
            move,
            phase,
            Instant.now(),
            now.get().measured(measured),
            gate,
            gateOnNew,
            checks,
            waiting,
            problems,
            deaths,
            takenOver,
            next,
            isWithinHost,
            measured);
  }

  /** What comes next while a command has the move; no other one is let in before its end. */
  static String atWork(JournalLock.Holder holder) {
    return holder.stopped().isPresent()
        ? "Next: let the command go on that is stopped, or kill it."
        : "Next: a command is at work, %s: %s.".formatted(holder.display(), holder.advice());
  }

  /**
   * Of a command that was stopped, perhaps by mistake, and goes on only when somebody sees to it.
   */
  static Optional<String> stopped(JournalLock.Holder holder) {
    return holder.stopped().map(unused -> holder.display() + ": " + holder.advice());
  }

  static String next(
      Phase phase,
      boolean isRehearsed,
      boolean isBegun,
      boolean isFollowed,
      Optional<String> noWayBack,
      boolean isWithinHost) {
    return switch (phase) {
      case PLANNED ->
          isBegun
              ? "Next: godwit start goes on with it, godwit finish --abandon gives it up."
              : "Next: godwit check, then godwit start.";
      case FOLLOWING ->
          !isFollowed
              ? "Next: put right what keeps the mirror from going on, then godwit start."
              : isRehearsed
                  ? "Next: godwit cutover."
                  : "Next: godwit rehearse says how long the hold will be, then godwit cutover.";
      case SWITCHING -> "Next: godwit cutover goes on, godwit rollback takes it back.";
      case NEW_SERVES ->
          "Next: when %s, godwit finish. %s"
              .formatted(
                  isWithinHost ? "it is to stay so" : "nobody comes to old any more",
                  noWayBack
                      .map(NoWayBack::sentence)
                      .orElse(
                          isFollowed
                              ? "The way back: godwit rollback."
                              : "The way back, once the mirror goes on (godwit start): godwit rollback."));
      case SWITCHING_BACK -> "Next: godwit rollback goes on, godwit cutover takes it back.";
      case FINISHED -> "Nothing is left to do.";
    };
  }

  /** To finish, or to go back, both hosts are needed. */
  private static String unreachable(Role serving, Set<Role> lost, Plan plan) {
    if (!lost.contains(serving)) {
      Role other = serving.other();
      return "Next: %s cannot be reached; when it is back, all goes on by itself. If it is dead for good: %s %s."
          .formatted(other.word(), Finish.without(other), plan.typed());
    }
    return "Next: %s has the clients, and cannot be reached: see to it, and to the way there. If it is dead for good, this says what would be lost: %s %s."
        .formatted(serving.word(), Finish.without(serving), plan.typed());
  }

  private static String cutOff(Phase phase, Optional<String> notTakenBack) {
    String next = phase == Phase.SWITCHING ? "new" : "old";
    return "%s, and no command goes on with it: what it has started on %s stops by itself, unless clients were released to it"
        .formatted(
            notTakenBack
                .map("a switch failed, and taking it back failed too (%s)"::formatted)
                .orElse("a switch was cut off"),
            next);
  }

  /** Clients are passed on to a host on which nothing takes them. */
  private static void services(Plan plan, Role serving, Asked asked, List<String> problems) {
    if (asked.lost().contains(serving)) {
      return; // which was told
    }
    try {
      ServiceClient services = new ServiceClient(asked.host(serving), plan.move());
      List<String> stopped = PlanServices.stopped(plan, services);
      if (!stopped.isEmpty()) {
        problems.add(
            "%s serves, but not running there: %s"
                .formatted(serving.word(), String.join(", ", stopped)));
      }
    } catch (IOException e) {
      problems.add(
          "whether the services of %s run cannot be asked: %s"
              .formatted(serving.word(), e.getMessage()));
    }
  }

  private static @Nullable FollowStatus follow(Plan plan, Phase phase, List<String> problems)
      throws InterruptedException {
    try {
      Optional<FollowStatus> status = ask(plan);
      Optional<Direction> wanted = Direction.before(phase);
      if (wanted.isPresent()
          && (status.isEmpty() || status.get().source() != wanted.get().serving())) {
        problems.add(goOn(plan, wanted.get()));
        status = ask(plan);
      }
      return status.orElse(null);
    } catch (IOException e) {
      problems.add("the mirror cannot be asked: " + e.getMessage());
      return null;
    }
  }

  private static String goOn(Plan plan, Direction direction) throws InterruptedException {
    String behind = "the mirror did not run: %s fell behind. ".formatted(direction.next().word());
    try {
      return behind
          + (Starter.goOn(plan)
              ? "It was started again just now"
              : "It goes on with: godwit start " + plan.typed());
    } catch (IOException e) {
      return behind + e.getMessage();
    }
  }

  private static Optional<FollowStatus> ask(Plan plan) throws IOException {
    Optional<BackgroundClient> background = BackgroundClient.find(plan);
    if (background.isEmpty()) {
      return Optional.empty();
    }
    try (BackgroundClient client = background.get()) {
      // One of another plan, for a move of the same name, is another controller's.
      return Optional.of(client.status())
          .filter(status -> status.plan().equals(plan.file().toString()));
    }
  }

  /**
   * The hosts, which are asked by the connections that the background process has, if one runs: one
   * of their own would need to log in and to start an agent first.
   *
   * @param lost those that were found not to answer, and are asked nothing more: each question
   *     would wait again
   */
  private record Asked(
      Plan plan, @Nullable BackgroundClient background, Hosts hosts, Set<Role> lost)
      implements AutoCloseable {
    static Asked of(Plan plan) throws IOException {
      return new Asked(
          plan,
          BackgroundClient.find(plan).orElse(null),
          Hosts.of(plan, remark -> {}),
          EnumSet.noneOf(Role.class));
    }

    Host host(Role role) throws HostException {
      Endpoint endpoint = role == Role.OLD ? plan.oldHost() : plan.newHost();
      return background == null || endpoint instanceof Endpoint.Local
          ? hosts.of(role)
          : background.host(role);
    }

    @Override
    public void close() {
      if (background != null) {
        background.close();
      }
      hosts.close();
    }
  }

  private static @Nullable GateStatus gate(
      Plan plan,
      Role role,
      Asked asked,
      boolean isNeeded,
      List<String> problems,
      List<GateDeaths.Death> deaths) {
    String word = role.word();
    try {
      GateClient client = new GateClient(asked.host(role), plan.move());
      client.deaths().forEach(death -> deaths.add(GateDeaths.Death.of(role, death)));
      Optional<GateStatus> status = client.status();
      if (status.isEmpty() && isNeeded) {
        problems.add(
            "the gate on %s does not run: clients that come to %s are not passed on"
                .formatted(word, word));
      }
      // Nobody is served, or not everybody; while it is released, what failed before is past.
      if (status.isPresent()
          && status.get().mode() != GateStatus.Mode.RELEASED
          && !status.get().wayBack().isEmpty()) {
        problems.add("%s: %s".formatted(word, status.get().wayBack()));
      }
      if (status.isPresent() && !status.get().watched()) {
        problems.add(unwatched("gate", role));
      }
      return status.orElse(null);
    } catch (GateException e) {
      problems.add("the gate on %s cannot be asked: %s".formatted(word, e.getMessage()));
      return null;
    } catch (IOException e) {
      asked.lost().add(role);
      problems.add(
          "%s cannot be asked for its gate, its landing and its services: %s"
              .formatted(word, e.getMessage()));
      return null;
    }
  }

  /** Where the clients of a gate that has released arrive. */
  private static void landing(
      @Nullable GateStatus gate, Plan plan, Role role, Asked asked, List<String> problems) {
    if (gate == null || gate.mode() != GateStatus.Mode.RELEASED || asked.lost().contains(role)) {
      return;
    }
    try {
      if (!new LandingClient(asked.host(role), plan.move()).status().watched()) {
        problems.add(unwatched("landing", role));
      }
    } catch (IOException e) {
      problems.add(
          "the landing on %s cannot be asked; connections that are passed on to it are cut off if it does not run: %s"
              .formatted(role.word(), e.getMessage()));
    }
  }

  private static String unwatched(String what, Role role) {
    return "no process stays beside the %s on %s: if it dies, it is started again only when it is asked, as by this command"
        .formatted(what, role.word());
  }

  /** For programs: maps, lists, texts and numbers. Times are instants of ISO 8601. */
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("move", move);
    object.put("phase", phase.word());
    object.put("at", at.toString());
    List<Object> mirrors = new ArrayList<>();
    if (follow != null) {
      for (FollowStatus.Tree tree : follow.trees()) {
        mirrors.add(json(tree));
      }
    }
    object.put(
        "follows", follow == null || follow.source() == null ? null : follow.source().word());
    object.put("mirrors", mirrors);
    for (String name : List.of("address", "fences")) {
      object.put(name, kept(name).map(KeptStatus::json).orElse(null));
    }
    object.put("gate", gate == null ? null : json(gate, at));
    object.put("gate_on_new", gateOnNew == null ? null : json(gateOnNew, at));
    object.put("checks", checks == null ? null : checks.json());
    object.put("waiting", waiting == null ? null : waiting.json());
    object.put("gate_deaths", deaths.stream().map(GateDeaths.Death::json).toList());
    object.put("taken_over", takenOver);
    object.put("problems", problems);
    object.put("next", next);
    return object;
  }

  private Optional<KeptStatus> kept(String name) {
    return follow == null
        ? Optional.empty()
        : follow.kept().stream().filter(kept -> kept.name().equals(name)).findFirst();
  }

  private static Map<String, Object> json(FollowStatus.Tree tree) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", tree.path());
    object.put("state", tree.state().name().toLowerCase(Locale.ROOT));
    object.put("message", tree.message());
    object.put("files", tree.files());
    object.put("bytes", tree.bytes());
    object.put("bytes_total", tree.bytesTotal());
    object.put("bytes_total_known", tree.isTotalKnown());
    object.put("bytes_copied", tree.copied());
    object.put("dirty", tree.dirty());
    object.put("lag_ms", tree.lagMillis());
    object.put(
        "last_contact", // null: none yet
        tree.lastContact().isAfter(Instant.EPOCH) ? tree.lastContact().toString() : null);
    object.put("rung", tree.rung());
    object.put("rescans", tree.rescans());
    object.put("reconnects", tree.reconnects());
    object.put("mounts", tree.mounts().stream().map(MirrorMount::json).toList());
    object.put("problems", tree.problems());
    return object;
  }

  private static Map<String, Object> json(GateStatus.Group group) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", group.name());
    object.put("ports", group.ports());
    object.put("sockets", group.sockets());
    object.put("mode", group.mode().word());
    object.put("open", group.open());
    object.put("held", group.held());
    object.put("total", group.total());
    object.put("refused", group.refused());
    object.put("bytes", group.bytes());
    object.put("oldest_ms", group.oldestMillis());
    object.put("errors", group.errors());
    return object;
  }

  private static Map<String, Object> json(GateStatus.Visitor visitor, Instant at) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("address", visitor.address());
    object.put("last_seen", at.minusMillis(visitor.sinceMillis()).toString());
    object.put("connections", visitor.connections());
    return object;
  }

  private static Map<String, Object> json(GateStatus gate, Instant at) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("mode", gate.mode().name().toLowerCase(Locale.ROOT));
    object.put("epoch", gate.epoch());
    object.put("open", gate.open());
    object.put("watched", gate.watched());
    object.put("way", gate.way());
    object.put("gap_ms", gate.gapMillis());
    object.put(
        "last_connection",
        gate.sinceLastConnection().map(since -> at.minus(since).toString()).orElse(null));
    object.put("bytes", gate.bytes());
    object.put("groups", gate.groups().stream().map(MoveStatus::json).toList());
    object.put("visitors", gate.visitors().stream().map(each -> json(each, at)).toList());
    object.put("summary", gate.summary());
    return object;
  }
}
