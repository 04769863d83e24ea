package dev.godwit.mirror;

import dev.godwit.host.HostException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.CameLately;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a directory on one host equal to a directory on another, for as long as it is open: makes
 * the connections, passes the messages between the two hosts, makes the connections anew when they
 * are lost, and answers what the state is.
 *
 * <p>Invariants: at most one session writes to the target. After {@link #pause} has returned, none
 * does. After a loss everything is looked at again, with the watch in place before. A root that is
 * not the one seen before is never mirrored (H27).
 *
 * <p>Threads: all methods may be called by any thread; every wait has the caller's limit.
 */
public final class Mirror implements AutoCloseable {
  /** In which sessions that are cut off come to their end, mostly: nobody needs more for that. */
  private static final Duration OTHER_WAY_MAX = Duration.ofSeconds(2);

  private static final String SILENT =
      "the source side does not say how it is: what has changed since it did is not known";

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final MirrorJob job;
  private final String loss;
  private final Thread worker;
  private final Backoff backoff = new Backoff();
  private volatile Consumer<MirrorStatus> whenEnded = status -> {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by lock.
  private MirrorState state = MirrorState.COPYING;
  private String message = "";
  private Report.@Nullable State report;
  private Instant lastContact = Instant.EPOCH;

  /** In System.nanoTime(). */
  private final long made = System.nanoTime();

  /** When the source side has said last how it is, in System.nanoTime(). */
  private long lastTold = System.nanoTime();

  private final MirrorMemory memory;

  /** Whether the connection is not to stop at a share of removals. */
  private boolean removesAny;

  private long runs;
  private final Map<Rescan, Long> rescansBefore = new EnumMap<>(Rescan.class);

  /** Why the next look at everything is made; null: it is the first one of all. */
  private @Nullable Rescan nextRescan;

  /** Whether the one of this connection is counted. */
  private boolean isRescanCounted;

  private Counters countersBefore = Counters.NONE;

  /** As the source side said last. */
  private Extent extent = Extent.NONE;

  /** Of the last connection, while there is none. */
  private Counters countersLast = Counters.NONE;

  /** How long the first connection looks at nothing. */
  private Duration calm = Duration.ZERO;

  /** How often a person has said that it goes on, or that other things are right than before. */
  private long resumed;

  private boolean pauseWanted;
  private boolean closed;
  private boolean working;

  /** Whether the hosts are being reached, at which nothing is lost when it is interrupted. */
  private boolean connecting;

  private @Nullable MirrorRun run;

  /** How the last run ended: in order, and what it could not apply. */
  private boolean endedInOrder;

  /** Whether the session was ended from here before its time; who did so tells that. */
  private boolean isCutShort;

  /** Whether it ended because a host could not be reached, or the line to it was lost. */
  private boolean isUnreachable;

  private @Nullable String unfinished;

  /** Whether the mirror was live since it was started or resumed, so that changes are expected. */
  private boolean wasLive;

  /** What is mounted below the source. */
  private List<MirrorMount> mounts = List.of();

  /** Whether the halt ends by itself, when a mount that takes part is back. */
  private boolean isTriedAgain;

  /** Whether a session may still be writing to the target. */
  private boolean targetInUse;

  private final Questions questions = new Questions();

  /** Null: as the manner's rules have it. */
  private Control.@Nullable Bandwidth bandwidth;

  /** Done when the connection's source was told of it: one after the other, the last one counts. */
  private CompletableFuture<Void> bandwidthTold = CompletableFuture.completedFuture(null);

  public Mirror(MirrorJob job) {
    this(job, RootMemory.NONE);
  }

  /**
   * @param kept what {@link #memory} said the last time this directory was mirrored
   */
  public Mirror(MirrorJob job, RootMemory kept) {
    this(job, kept, "");
  }

  /**
   * @param loss why what was remembered is not known any more; empty when it is. Then a mirror that
   *     removes anything halts before the first look: what was mounted below the source is not
   *     known either, and may be missing (H27).
   */
  Mirror(MirrorJob job, RootMemory kept, String loss) {
    this.job = job;
    this.loss = loss;
    if (!loss.isEmpty() && job.manner().rules().deletes()) {
      halt(
          loss
              + ". Nothing was looked at, and nothing is deleted on the target. See that the source"
              + " is the right one, and that all is mounted there that should be; then resume the"
              + " mirror, which compares every file by its content.",
          false);
    }
    this.memory = new MirrorMemory(job, kept);
    this.nextRescan =
        kept.identity().isEmpty() || job.manner().isChangesOnly() ? null : Rescan.RESTART;
    this.worker =
        Thread.ofPlatform().daemon().name("godwit mirror " + job.name()).unstarted(this::work);
  }

  /** What is to be remembered of the source's root. */
  public RootMemory memory() {
    lock.lock();
    try {
      return memory.kept();
    } finally {
      lock.unlock();
    }
  }

  /** Begins to connect and to copy; returns at once. To be called once. */
  public void start() {
    start(Duration.ZERO);
  }

  /**
   * The same, where the hosts have something more urgent to do: changes are noticed from the
   * beginning, and the look at everything, which takes all processors, is begun after a while.
   *
   * @param until how long after it was connected; at most an hour
   */
  public void start(Duration until) {
    lock.lock();
    try {
      calm = until;
    } finally {
      lock.unlock();
    }
    worker.start();
  }

  /**
   * Tells from now on how it is whenever a connection has ended: the next one may come before
   * anybody looks, and why the last one was lost would be known to nobody.
   *
   * @param told does not wait
   */
  void whenEnded(Consumer<MirrorStatus> told) {
    whenEnded = told;
  }

  public MirrorStatus status() {
    lock.lock();
    try {
      Report.State seen = report;
      long reconnects = Math.max(0, runs - 1);
      long silent = silentMillis();
      String shown = silent > 0 && message.isEmpty() ? SILENT : message;
      if (seen == null) {
        return new MirrorStatus(
            state,
            shown,
            0,
            lastContact.equals(Instant.EPOCH) ? millisSince(made) : silent,
            new MirrorStatus.Sight(silent, false, 0),
            "",
            0,
            extent,
            memory.wasEqual(),
            countersLast,
            countersBefore,
            List.of(),
            List.of(),
            mounts,
            rescansBefore,
            reconnects,
            lastContact);
      }
      return new MirrorStatus(
          state,
          shown.isEmpty() ? warning(seen) : shown,
          seen.dirty(),
          seen.lagMillis() + silent,
          new MirrorStatus.Sight(silent, seen.unverified(), seen.unwatched()),
          seen.rung(),
          seen.directories(),
          extent,
          memory.wasEqual(),
          seen.counters(),
          countersBefore.plus(seen.counters()),
          seen.problems(),
          seen.waiting(),
          mounts,
          rescans(seen),
          reconnects,
          lastContact);
    } finally {
      lock.unlock();
    }
  }

  /** With the lock held. */
  private Map<Rescan, Long> rescans(Report.State seen) {
    Map<Rescan, Long> all = new EnumMap<>(rescansBefore);
    if (seen.rescans() > 0) {
      all.merge(Rescan.LOST_EVENTS, seen.rescans(), Long::sum);
    }
    return all;
  }

  /**
   * Whether the last connection ended, or did not come about, because a host could not be reached.
   */
  boolean isUnreachable() {
    lock.lock();
    try {
      return isUnreachable;
    } finally {
      lock.unlock();
    }
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /** What is told first on a connection is that everything is looked at. With the lock held. */
  private void countRescan() {
    if (!isRescanCounted && nextRescan != null) {
      boolean isBack = state == MirrorState.HALTED && isTriedAgain;
      rescansBefore.merge(isBack ? Rescan.RETURN : nextRescan, 1L, Long::sum);
    }
    isRescanCounted = true;
    nextRescan = Rescan.CONNECTION;
  }

  /** With the lock held. */
  private long silentMillis() {
    boolean isConnected = state == MirrorState.LIVE || state == MirrorState.COPYING;
    long millis = millisSince(lastTold);
    return isConnected
            && lastContact.isAfter(Instant.EPOCH)
            && millis > MirrorStatus.SILENT_AFTER.toMillis()
        ? millis
        : 0;
  }

  private String warning(Report.State seen) {
    String warning = seenWarning(seen);
    if (!job.manner().isChangesOnly()) {
      return warning;
    }
    return "only what changes is brought; what differed before is not known"
        + (warning.isEmpty() ? "" : "; " + warning);
  }

  private String seenWarning(Report.State seen) {
    return loss.isEmpty()
        ? seen.warning()
        : loss
            + "; every file is compared by its content"
            + (seen.warning().isEmpty() ? "" : "; " + seen.warning());
  }

  /**
   * Waits until the mirror is live.
   *
   * @throws MirrorException when it halts, is closed, or the time is over; says what is in the way
   */
  public void awaitLive(Duration limit) throws MirrorException, InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (state != MirrorState.LIVE) {
        if (state == MirrorState.HALTED || closed || left <= 0) {
          throw new MirrorException(
              this + " is not live: " + state.shown() + (message.isEmpty() ? "" : ", " + message));
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * How much goes to the target from now on, at most, in the place of what the manner's rules say.
   * Does not wait.
   *
   * @param bytesPerSecond 0: any number
   */
  public void bandwidth(long bytesPerSecond) {
    lock.lock();
    try {
      Control.Bandwidth wanted = new Control.Bandwidth(bytesPerSecond);
      if (!wanted.equals(bandwidth)) {
        bandwidth = wanted;
        if (run != null) {
          tellBandwidth(run);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** With the lock held. */
  private void tellBandwidth(MirrorRun to) {
    Control.Bandwidth wanted = bandwidth;
    if (wanted != null) {
      bandwidthTold = bandwidthTold.thenCompose(unused -> to.control(wanted));
    }
  }

  /** As {@link #barrier(Duration, boolean)}, durable. */
  public BarrierResult barrier(Duration limit) throws MirrorException, InterruptedException {
    return barrier(limit, true);
  }

  /**
   * Waits until everything that happened at the source before this call is on the target.
   *
   * @param durable whether it must be on the target's disk too
   * @throws MirrorException when the mirror is not live, when anything could not be applied (the
   *     message names the first), when the connection is lost, or when the time is over
   */
  public BarrierResult barrier(Duration limit, boolean durable)
      throws MirrorException, InterruptedException {
    return ask(number -> new Control.Barrier(number, durable), limit).complete();
  }

  /**
   * As {@link #barrier(Duration)} without the disk, where something cannot be applied or changes
   * all the time.
   *
   * @return what could not be applied
   * @throws MirrorException when the mirror is not live, or the time is over
   */
  public BarrierResult catchUp(Duration limit) throws MirrorException, InterruptedException {
    return ask(number -> new Control.Barrier(number, false), limit).result();
  }

  /**
   * As {@link #barrier(Duration)}, after a look at the whole tree on both sides: what was removed,
   * edited or renamed on the target since it was mirrored is found and put right (H23). Reads all
   * directories, and the content of files where size or time differ or are in doubt.
   */
  public BarrierResult audit(Duration limit) throws MirrorException, InterruptedException {
    return audit(limit, false);
  }

  /**
   * As {@link #audit(Duration)}.
   *
   * @param content whether the content of all files is read on both sides, so that also what was
   *     edited with its size and time kept is found
   */
  public BarrierResult audit(Duration limit, boolean content)
      throws MirrorException, InterruptedException {
    return audit(AuditState.fresh(true, content, 1), limit, found -> {});
  }

  /**
   * As {@link #audit(Duration)}, for as long as it takes: how long a look at everything takes says
   * nothing about whether it comes to its end.
   *
   * @param standstill without which it is waited for; it tells once a second how far it is
   */
  public BarrierResult auditWhileItAdvances(Duration standstill)
      throws MirrorException, InterruptedException {
    return auditWhileItAdvances(AuditState.fresh(true, false, 1), standstill);
  }

  BarrierResult auditWhileItAdvances(AuditState from, Duration standstill)
      throws MirrorException, InterruptedException {
    AtomicLong advanced = new AtomicLong(System.nanoTime());
    return audit(from, standstill, found -> advanced.set(System.nanoTime()), advanced::get);
  }

  /**
   * As {@link #audit(Duration, boolean)}, from where an earlier part has come to, with the pauses
   * that were said. Takes the place of one that is under way here.
   *
   * @param told of how far it is, and at its end; must not wait
   * @throws UnansweredException when it can be gone on with later
   */
  BarrierResult audit(AuditState from, Duration limit, Consumer<Report.Audited> told)
      throws MirrorException, InterruptedException {
    long now = System.nanoTime();
    return audit(from, limit, told, () -> now);
  }

  private BarrierResult audit(
      AuditState from, Duration limit, Consumer<Report.Audited> told, LongSupplier since)
      throws MirrorException, InterruptedException {
    lock.lock();
    try {
      questions.endAudit();
    } finally {
      lock.unlock();
    }
    Asked asked =
        ask(
            number -> {
              questions.audit(number, told);
              return from.order(number, MirrorMemory.unseen(from.seen()));
            },
            limit,
            since);
    // What is written all the time is no drift: the barrier after the writers' stop has it.
    BarrierResult result = asked.result();
    boolean isWritten =
        result.failures() <= result.first().size()
            && result.first().stream().allMatch(Problem::isUnstable);
    return isWritten ? result : asked.complete();
  }

  /** What was answered. */
  private final class Asked {
    private final BarrierResult result;
    private final MirrorRun through;

    Asked(BarrierResult result, MirrorRun through) {
      this.result = result;
      this.through = through;
    }

    BarrierResult result() {
      return result;
    }

    /**
     * @throws MirrorException when something could not be applied
     */
    BarrierResult complete() throws MirrorException {
      if (!result.isComplete()) {
        throw new MirrorException(incomplete(result, through));
      }
      return result;
    }
  }

  /**
   * @param order what is asked; made with the lock held
   */
  private Asked ask(LongFunction<Control> order, Duration limit)
      throws MirrorException, InterruptedException {
    long now = System.nanoTime();
    return ask(order, limit, () -> now);
  }

  /**
   * The same.
   *
   * @param since when the limit begins, of the monotonic clock; may move on
   */
  private Asked ask(LongFunction<Control> order, Duration limit, LongSupplier since)
      throws MirrorException, InterruptedException {
    Questions.Question question;
    Control control;
    MirrorRun through;
    lock.lock();
    try {
      through = run;
      if (state != MirrorState.LIVE || through == null) {
        throw new UnansweredException(
            this
                + " is not live but "
                + state.shown()
                + (message.isEmpty() ? "" : " (" + message + ")")
                + ": it cannot be said that the target has everything"
                + (state == MirrorState.PAUSED
                    ? "; `godwit mirror resume " + job.name() + "` lets it go on"
                    : ""),
            null);
      }
      question = questions.ask();
      control = order.apply(question.number());
    } finally {
      lock.unlock();
    }
    try {
      var unused =
          through
              .control(control)
              .exceptionally(
                  e -> {
                    question.answer().completeExceptionally(e);
                    return null;
                  });
      return new Asked(Questions.await(question.answer(), limit, since), through);
    } catch (TimeoutException e) {
      throw new MirrorException(
          this + " did not have everything on the target within " + limit.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new UnansweredException(this + ": " + (cause == null ? e : cause).getMessage(), e);
    } finally {
      lock.lock();
      try {
        questions.forget(question);
      } finally {
        lock.unlock();
      }
    }
  }

  private String incomplete(BarrierResult result, MirrorRun through) {
    return this
        + ": "
        + result.failures()
        + " could not be applied: "
        + result.first().stream()
            .limit(3)
            .map(problem -> shown(problem, through))
            .collect(Collectors.joining("; "))
        + (result.failures() > 3 ? "; and more" : "");
  }

  /** With the host and the whole path, which the session does not know. */
  private String shown(Problem problem, MirrorRun through) {
    boolean isSource = problem.side() == Problem.Side.SOURCE;
    String root = Names.display(isSource ? job.sourceRoot() : job.targetRoot());
    return "on %s: %s%s: %s"
        .formatted(
            isSource ? through.sourceName() : through.targetName(),
            root,
            problem.path().length == 0 ? "" : "/" + problem.shownPath(),
            problem.cause());
  }

  /**
   * Brings what has changed to the target, stops, and returns when nothing more is applied there:
   * because both sides have finished in order, or because the target host says that no session is
   * at work there. Also ends a halt.
   *
   * @throws MirrorException when this could not be made sure within the limit, or when something
   *     that changed before this call could not be applied, or nobody knows (H64); the mirror stays
   *     stopped all the same, and pause may be called again
   */
  public void pause(Duration limit) throws MirrorException, InterruptedException {
    pause(limit, true, limit.dividedBy(2), limit, Rest.PAUSE);
  }

  /**
   * As {@link #pause}, for who does not need all that has changed: it comes when the mirror is
   * resumed.
   *
   * @throws MirrorException when it could not be made sure within the limit that nothing more is
   *     applied
   */
  public void rest(Duration limit) throws MirrorException, InterruptedException {
    pause(limit, false, limit.dividedBy(2), limit, Rest.PAUSE);
  }

  /**
   * As {@link #pause}, at the end of a process: nothing waits for it but that end, so what is under
   * way gets nearly all of the time.
   */
  public void finish(Duration limit) throws MirrorException, InterruptedException {
    Duration other = shorter(limit.dividedBy(10), OTHER_WAY_MAX);
    pause(limit, true, other, other, Rest.END);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /**
   * @param other the part of the limit for another way than the orderly end
   * @param asking the part of it in which the target host may say that nothing is at work there
   */
  private void pause(
      Duration limit, boolean isAllNeeded, Duration other, Duration asking, Rest rest)
      throws MirrorException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    boolean owes;
    lock.lock();
    try {
      // Once paused or halted it has been said that the target may lack something.
      owes = isAllNeeded && wasLive && state != MirrorState.PAUSED && state != MirrorState.HALTED;
      pauseWanted = true;
      changed.signalAll();
      MirrorRun now = run;
      if (now != null) {
        var unused = now.control(new Control.Finish());
        isCutShort = !awaitIdle(end - other.toNanos());
        now.abort(job.name() + rest.why);
      } else if (connecting) {
        worker.interrupt(); // a host that does not answer would have all of the limit
      }
      if (!awaitIdle(end)) {
        throw new MirrorException(
            this + " is still connecting and did not stop within " + limit.toMillis() + " ms");
      }
      if (!targetInUse) {
        paused(owes, rest);
        return;
      }
    } finally {
      lock.unlock();
    }
    Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    TargetRest.await(job, shorter(left, asking));
    lock.lock();
    try {
      targetInUse = false;
      paused(owes, rest);
    } finally {
      lock.unlock();
    }
  }

  /** Why a session is ended, and what is said where it has not brought everything. */
  private enum Rest {
    PAUSE(" is paused", ", but its last session did not come to its end in order"),
    END(" ends", " before everything was brought");

    private final String why;
    private final String broken;

    Rest(String why, String broken) {
      this.why = why;
      this.broken = broken;
    }
  }

  /** At this point we know: nothing is applied any more. With the lock held. */
  private void paused(boolean owes, Rest rest) throws MirrorException {
    state = MirrorState.PAUSED;
    message = "";
    if (owes && unfinished != null) {
      throw new MirrorException(unfinished + ". It" + rest.why + " all the same");
    }
    if (owes && !endedInOrder) {
      throw new MirrorException(
          this
              + rest.why
              + rest.broken
              + ": what changed since the last barrier may not be on the target");
    }
  }

  /** Waits with the lock held; returns whether no run is going on or being made. */
  private boolean awaitIdle(long end) throws InterruptedException {
    while (working) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      long unused = changed.awaitNanos(left);
    }
    return true;
  }

  /** Goes on after a pause or a halt; looks at everything again. Returns at once. */
  public void resume() {
    resume(false, false);
  }

  /**
   * As {@link #resume()}, after a person has looked.
   *
   * @param anyRemovals whether any share of the target's names may go until the mirror is live;
   *     what was removed before does not count any more then
   * @param newRoot whether the roots of source and target are right, whatever they were before
   */
  public void resume(boolean anyRemovals, boolean newRoot) {
    lock.lock();
    try {
      pauseWanted = false;
      removesAny = anyRemovals;
      if (newRoot) {
        memory.forgetRoots();
      } else if (anyRemovals) {
        memory.forgetRemovals();
      }
      boolean isStill = state == MirrorState.HALTED || state == MirrorState.PAUSED;
      if (isStill || run == null && (anyRemovals || newRoot)) {
        resumed++; // a connection that is being made knows what was right before
      }
      if (isStill) {
        goOn();
        nextRescan = nextRescan == null ? null : Rescan.RESUME;
        memory.forgetMounts();
        if (run != null) {
          run.abort(job.name() + " is resumed"); // it waits for what may not be wanted any more
        }
      }
      backoff.reset();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends a halt or a pause, with the lock held. */
  private void goOn() {
    state = MirrorState.COPYING;
    message = "";
    wasLive = false;
    isTriedAgain = false;
  }

  /** Ends the mirror; what is under way on the target may still come to its end. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (run != null) {
        run.abort(job.name() + " is closed");
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (worker.getState() == Thread.State.NEW) {
      return;
    }
    worker.interrupt();
    try {
      worker.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- the worker

  private void work() {
    try {
      while (awaitWanted()) {
        oneRun();
      }
    } catch (InterruptedException e) {
      // Closed; nobody is left who could be told.
    } finally {
      lock.lock();
      try {
        closed = true;
        working = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits until a connection is wanted; false when the mirror is closed. */
  private boolean awaitWanted() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && (pauseWanted || state == MirrorState.HALTED && !isTriedAgain)) {
        changed.await();
      }
      working = !closed;
      connecting = working;
      isCutShort = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void oneRun() throws InterruptedException {
    String ended = "";
    boolean inOrder = false;
    boolean isBroken = false;
    boolean isAbsent = false;
    boolean isHostLost = false;
    boolean isUntouched = false;
    boolean isBegun = false;
    Wanted wanted = wanted();
    try (MirrorRun now =
        MirrorRun.open(
            job,
            wanted.removesAny(),
            wanted.source(),
            wanted.target(),
            wanted.came(),
            this::begin,
            report -> report(report, wanted.asked()),
            this::removed,
            this::came)) {
      isBegun = begun(now, wanted.asked());
      if (isBegun) {
        try {
          now.await();
        } finally {
          isUntouched = now.isTargetUntouched();
        }
        inOrder = true;
      }
    } catch (IOException e) {
      ended = String.valueOf(e.getMessage());
      isAbsent = e instanceof AbsentException;
      // What a side says itself comes from a host that was reached.
      isHostLost =
          e instanceof HostException || e instanceof WireException && !(e instanceof PeerFailure);
    } catch (RuntimeException | Error e) {
      // Nobody knows whether it would be so the next time: who can read the trace is to look. What
      // is thrown on would end this thread, and the mirror would look as it did for ever.
      e.printStackTrace();
      ended = "the mirror failed inside: " + e + ". Resume it to try again";
      isBroken = true;
    }
    lock.lock();
    try {
      run = null;
      working = false;
      connectingIsOver();
      endedInOrder = inOrder;
      isUnreachable = isHostLost;
      if (inOrder) {
        targetInUse = false;
      } else if (isUntouched) {
        targetInUse = wanted.isTargetInUse();
      }
      if (report != null) {
        rescansBefore.putAll(rescans(report));
        countersLast = report.counters();
        countersBefore = countersBefore.plus(countersLast);
        report = null;
      }
      String why = ended.isEmpty() ? "the mirror was stopped" : ended;
      questions.fail(why);
      if (isBroken || isAbsent) {
        halt(ended, isAbsent);
      } else if (state != MirrorState.HALTED) {
        state = MirrorState.RECONNECTING;
        message = ended;
      }
      if (!pauseWanted || isBegun && !inOrder && !isCutShort) { // else it ends as it was told to
        whenEnded.accept(status());
      }
      changed.signalAll();
      long nanos = backoff.next().toNanos();
      boolean isHalted = state == MirrorState.HALTED;
      while (nanos > 0
          && !closed
          && !pauseWanted
          && (state == MirrorState.RECONNECTING || isHalted && state == MirrorState.HALTED)) {
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * What a connection is to be made with.
   *
   * @param asked how often it had been resumed when it was asked for
   * @param isTargetInUse whether an older session may hold the lock by which this one is refused
   */
  private record Wanted(
      long asked,
      boolean isTargetInUse,
      boolean removesAny,
      MirrorSourceOptions source,
      KnownTarget target,
      CameLately.Told came) {}

  private Wanted wanted() {
    lock.lock();
    try {
      return new Wanted(
          resumed,
          targetInUse,
          removesAny,
          memory.sourceOptions(runs == 0 ? calm : Duration.ZERO),
          memory.target(),
          memory.came());
    } finally {
      lock.unlock();
    }
  }

  /** From here on a session may write to the target. */
  private void begin() {
    lock.lock();
    try {
      connectingIsOver();
      targetInUse = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * From here on {@link #pause} interrupts nothing, and what it has is over. With the lock held.
   */
  private void connectingIsOver() {
    connecting = false;
    if (!closed) {
      var unused = Thread.interrupted();
    }
  }

  /**
   * Makes the run known; false when it is not wanted any more.
   *
   * @param asked as in {@link Wanted}
   */
  private boolean begun(MirrorRun now, long asked) {
    lock.lock();
    try {
      if (closed || pauseWanted || asked != resumed) {
        return false;
      }
      run = now;
      unfinished = null;
      isRescanCounted = false;
      countersLast = Counters.NONE;
      runs++;
      if (state != MirrorState.HALTED) {
        state = MirrorState.COPYING;
        message = "";
      }
      bandwidthTold = CompletableFuture.completedFuture(null);
      tellBandwidth(now);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Called by the thread that receives from the source; does not wait.
   *
   * @param asked as in {@link Wanted}: what came before it was resumed, and comes late, would halt
   *     it once more, or have the old root for the right one
   */
  private void report(Report seen, long asked) {
    lock.lock();
    try {
      if (asked != resumed) {
        return;
      }
      lastContact = Instant.now();
      switch (seen) {
        case Report.State s -> {
          countRescan();
          report = s;
          extent = s.extent();
          lastTold = System.nanoTime();
          memory.seen(s, lastContact);
          if (state == MirrorState.HALTED && isTriedAgain) {
            goOn(); // what was missing is back
          }
          if (state == MirrorState.COPYING && s.live()) {
            state = MirrorState.LIVE;
            wasLive = true;
            memory.live(lastContact);
            removesAny = false; // the next connection has its limit again
            backoff.reset();
          }
        }
        case Report.BarrierDone(long number, BarrierResult result) ->
            questions.answered(number, result);
        case Report.Audited audited -> questions.advanced(audited);
        case Report.Unfinished(BarrierResult result) -> {
          if (run != null) {
            unfinished = incomplete(result, run);
          }
        }
        case Report.Mounts(List<byte[]> paths) ->
            memory.mounted(paths.stream().map(PathText::of).toList());
        case Report.Joined(List<KnownMount> known) -> memory.joined(known);
        case Report.Mounted(List<MirrorMount> mounted) -> mounts = mounted;
        case Report.Seen(List<Witness> seenNow) -> memory.witnesses(seenNow);
        case Report.Waiting(String why) -> halt(why, true);
        case Report.Halted(String why, boolean again) -> halt(why, again);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Called by the thread that receives from the target; does not wait. */
  private void removed(long names) {
    lock.lock();
    try {
      memory.removed(names);
    } finally {
      lock.unlock();
    }
  }

  /** The same, of names that came there. */
  private void came(List<Long> names) {
    lock.lock();
    try {
      memory.came(names);
    } finally {
      lock.unlock();
    }
  }

  private void halt(String why, boolean again) {
    state = MirrorState.HALTED;
    message = why;
    isTriedAgain = again;
  }

  /** For people; where its ends are, the status tells. */
  @Override
  public String toString() {
    return "the mirror " + job.name();
  }
}
