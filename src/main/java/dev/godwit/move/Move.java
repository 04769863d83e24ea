package dev.godwit.move;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalException;
import dev.godwit.journal.JournalLock;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.mirror.RootStore;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A move in the hands of one controller: its plan, its journal, its hosts. Whoever holds one is the
 * only controller on this journal; the epoch keeps older ones out on the hosts.
 *
 * <p>Threads: one controller's thread at a time, but for {@link #stop}.
 */
public final class Move implements AutoCloseable {
  /** These hold a move only while they let its mirrors go on, which nobody has asked for. */
  private static final Set<String> GOES_ON = Set.of(AfterBoot.COMMAND, "status");

  private static final Duration GOES_ON_LIMIT = Duration.ofSeconds(30);

  private static final String PHASE = "phase";
  private static final String EPOCH = "epoch";

  private final Plan plan;
  private final JournalLock lock;
  private final Journal journal;
  private final Hosts hosts;
  private final MoveListener listener;
  private final Stopping stopping = new Stopping();

  private Move(Plan plan, JournalLock lock, Journal journal, Hosts hosts, MoveListener listener) {
    this.plan = plan;
    this.lock = lock;
    this.journal = journal;
    this.hosts = hosts;
    this.listener = listener;
  }

  /** What is remembered of the roots that are mirrored, from one background process to the next. */
  static RootStore roots(Plan plan) {
    return new RootStore(plan.file().toAbsolutePath().resolveSibling(plan.move() + ".roots"));
  }

  /** Where the journal of a plan is: beside it, named after the move. */
  public static Path journalFile(Plan plan) {
    return plan.file().toAbsolutePath().resolveSibling(plan.move() + ".journal");
  }

  /**
   * Takes the move.
   *
   * @param command for whoever comes second
   * @throws dev.godwit.journal.HeldException when another controller has it
   */
  public static Move open(Plan plan, String command, MoveListener listener) throws IOException {
    Path file = journalFile(plan);
    JournalLock lock = JournalLock.take(file, command, Clock.systemUTC(), GOES_ON, GOES_ON_LIMIT);
    try {
      Journal journal = Journal.open(file, Clock.systemUTC());
      return new Move(plan, lock, journal, Hosts.of(plan, journal, listener::note), listener);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  public Plan plan() {
    return plan;
  }

  Journal journal() {
    return journal;
  }

  Hosts hosts() {
    return hosts;
  }

  /**
   * Connects both hosts, for a command that needs them: when one of them is another machine than at
   * the start, nothing is begun on the other one (H61).
   */
  void refuseOtherMachines() throws HostException {
    for (Role role : Role.hosts(plan)) {
      Host unused = hosts.of(role);
    }
  }

  MoveListener listener() {
    return listener;
  }

  /** Tells what did not go as it should, and keeps it for the report. */
  void warn(Warnings.Code code, String what) {
    listener.note(what);
    try {
      Warnings.add(journal, Instant.now(), code, what);
    } catch (IOException e) {
      listener.note("This will not be in the report: " + e.getMessage());
    }
  }

  Stopping stopping() {
    return stopping;
  }

  /**
   * A person wants what is under way stopped: before the hold a switch is given up, also one that
   * is about to begin, inside it is taken back; a rehearsal is taken down. May be called by any
   * thread; returns at once.
   *
   * @return false when there is nothing to stop: it has released the clients, or it is being taken
   *     back already
   */
  public boolean stop() {
    return stopping.wish();
  }

  public Phase phase() throws IOException {
    return phase(journal);
  }

  /** The phase that a journal has recorded. */
  public static Phase phase(Journal journal) throws IOException {
    return journal.fact(PHASE).map(Phase::ofWord).orElse(Phase.PLANNED);
  }

  /** What the last cut-over has left no way back for, in words; see {@link NoWayBack}. */
  public Optional<String> noWayBack() throws IOException {
    return NoWayBack.of(journal);
  }

  /** Whether the switch was rehearsed as the plan is now, and nothing spoke against it. */
  public boolean isRehearsed() throws IOException {
    return isRehearsed(journal, plan);
  }

  /** The same from a journal. */
  public static boolean isRehearsed(Journal journal, Plan plan) throws IOException {
    return Rehearsed.of(journal, Direction.TO_NEW)
        .filter(last -> last.objection(plan).isEmpty() && !last.isOfAnotherPlan(plan))
        .isPresent();
  }

  /** The last switch that was made since the move began, or was begun anew. */
  public static Optional<Direction> lastSwitch(Journal journal) throws IOException {
    return lastSwitchRun(journal).flatMap(run -> Direction.ofCommand(run.command()));
  }

  /** The run that has made it; that of giving the move up, when nothing was switched since. */
  static Optional<Run> lastSwitchRun(Journal journal) throws IOException {
    for (Run run : journal.runs().reversed()) {
      if (isSwitch(journal, run)) {
        return Optional.of(run);
      }
    }
    return Optional.empty();
  }

  /** Whether a switch was ever taken back: a gate stands before the host that serves then, too. */
  public static boolean wasTakenBack(Journal journal) throws IOException {
    return journal.lastRun(Recovery.TAKE_BACK).isPresent();
  }

  /** Why the last switch could not be taken back; empty when nothing of the kind was tried last. */
  public static Optional<String> failedTakeBack(Journal journal) throws IOException {
    List<Run> runs = journal.runs();
    return runs.isEmpty() || !runs.getLast().command().equals(Recovery.TAKE_BACK)
        ? Optional.empty()
        : Optional.of(runs.getLast())
            .filter(run -> run.outcome() == Outcome.FAILED)
            .map(Run::message);
  }

  /** Whether the host that does not serve was left by a switch, or by one that was taken back. */
  static boolean isFenced(Journal journal) throws IOException {
    for (Run run : journal.runs().reversed()) {
      if (run.command().equals(Recovery.TAKE_BACK) || isSwitch(journal, run)) {
        return !run.command().equals(Finish.ABANDON);
      }
    }
    return false;
  }

  /**
   * Whether the last switch has not come through the first step after its release, and neither
   * {@code start} nor another switch has begun to go on from there.
   */
  public static boolean isCutOffAfterRelease(Journal journal) throws IOException {
    if (Direction.during(phase(journal)).isPresent()) {
      return false;
    }
    for (Run run : journal.runs().reversed()) {
      if (run.command().equals(Starter.COMMAND) && run.outcome() == Outcome.DONE) {
        return false;
      }
      if (isSwitch(journal, run)) {
        return journal.steps(run).stream()
            .filter(step -> step.name().equals(CutoverStep.FOLLOW.word()))
            .anyMatch(step -> step.outcome() != Outcome.DONE);
      }
    }
    return false;
  }

  /** Whether a run has made another host serve, or given the move up. */
  private static boolean isSwitch(Journal journal, Run run) throws JournalException {
    return Finish.hasGivenUp(journal, run)
        || run.outcome() == Outcome.DONE && Direction.ofCommand(run.command()).isPresent();
  }

  /** What the background process has noticed since, for the report. */
  void recordEvents(BackgroundClient background) {
    try {
      Warnings.addEvents(journal, background.status());
    } catch (IOException e) {
      warn(
          Warnings.Code.NOT_ASKED,
          "What the background process has put right could not be asked: " + e.getMessage());
    }
  }

  /** The last run of a command, if it was killed or is under way. */
  Optional<Run> openRun(String command) throws JournalException {
    return journal.lastRun(command).filter(Run::isOpen);
  }

  void reach(Phase phase) throws JournalException {
    journal.setFact(PHASE, phase.word());
  }

  /**
   * The phase and how the run ended that has brought it, in one record: what is kept up after a
   * switch goes by the last run that was done.
   */
  void reach(Phase phase, Run run, Outcome outcome, String message) throws IOException {
    journal.together(
        () -> {
          journal.setFact(PHASE, phase.word());
          journal.end(run, outcome, message);
        });
  }

  /** A run has failed; that this cannot be written does not hide why. */
  void failed(Run run, Exception why) {
    try {
      journal.end(run, Outcome.FAILED, why(why));
    } catch (IOException e) {
      why.addSuppressed(e);
    }
  }

  long epoch() throws IOException {
    return epoch(journal);
  }

  /** The epoch that a journal has recorded. */
  static long epoch(Journal journal) throws IOException {
    return journal.fact(EPOCH).map(Long::parseLong).orElse(0L);
  }

  /** A new epoch, durable before it is used: the hosts refuse every lower one from then on. */
  long raiseEpoch() throws IOException {
    long last = epoch();
    // The first one is the time: a journal that was lost must not begin below what hosts remember.
    long epoch = last == 0 ? Instant.now().getEpochSecond() : last + 1;
    journal.setFact(EPOCH, Long.toString(epoch));
    return epoch;
  }

  /**
   * The next epoch is higher than one that hosts have obeyed: of a journal that was lost, or of
   * another controller. Higher than the time, too, as the first one is.
   */
  void beginEpochsAbove(long obeyed) throws IOException {
    if (obeyed > epoch()) {
      long above = Math.max(obeyed, Instant.now().getEpochSecond() - 1);
      journal.setFact(EPOCH, Long.toString(above));
    }
  }

  /** What a step does. */
  @FunctionalInterface
  interface Work {
    /**
     * @return what was done or found, one line for people
     */
    String run() throws IOException, InterruptedException;
  }

  /** Makes one step: intent on disk, work, outcome on disk. */
  void step(Run run, CutoverStep step, Direction direction, Work work)
      throws IOException, InterruptedException {
    step(run, step.word(), step.undo(direction), work);
  }

  void step(Run run, String name, String undo, Work work) throws IOException, InterruptedException {
    Step intent = journal.intend(run, name, undo);
    listener.stepBegan(name);
    long started = System.nanoTime();
    try {
      String message = work.run();
      Duration took = Duration.ofNanos(System.nanoTime() - started);
      journal.conclude(intent, Outcome.DONE, took.toNanos() / 1000, message);
      listener.stepDone(name, took, message);
    } catch (IOException | InterruptedException | RuntimeException e) {
      Duration took = Duration.ofNanos(System.nanoTime() - started);
      String message = why(e);
      try {
        journal.conclude(intent, Outcome.FAILED, took.toNanos() / 1000, message);
      } catch (IOException unwritten) {
        e.addSuppressed(unwritten);
      }
      listener.stepFailed(name, took, message);
      throw e;
    }
  }

  private static String why(Exception e) {
    String message = e.getMessage();
    if (message == null) {
      return e instanceof InterruptedException ? "interrupted" : e.getClass().getSimpleName();
    }
    return message;
  }

  @Override
  public void close() throws IOException {
    hosts.close();
    journal.close();
    lock.close();
  }
}
