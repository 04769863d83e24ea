package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The audits of one mirror: those in turn, and those that somebody asks for, which go before. One
 * that does not come to its end, because the connection is lost, the mirror is paused, the process
 * ends or another one goes before, is gone on with where it was; one that a fault inside has ended
 * is, too, after a pause. Any thread.
 */
final class Audits {
  /** Makes one, or a part of one. */
  @FunctionalInterface
  interface Work {
    /** See {@link Mirror#audit(AuditState, Duration, Consumer)}. */
    BarrierResult audit(AuditState from, Duration limit, Consumer<Report.Audited> told)
        throws MirrorException, InterruptedException;
  }

  /** An audit may read both trees a little at a time, however large. */
  private static final Duration LIMIT = Duration.ofDays(365);

  /** After a fault inside; twice as long after each one that follows. */
  private static final Duration FAULT_PAUSE_MIN = Duration.ofMinutes(1);

  private static final Duration FAULT_PAUSE_MAX = Duration.ofDays(1);

  /** One that has not come to its end. */
  private static final class Unfinished {
    AuditState state;
    boolean isRunning;
    Instant notBefore = Instant.MIN;

    Unfinished(AuditState state) {
      this.state = state;
    }
  }

  private final MirrorRule rule;
  private final Work work;
  private final InstantSource clock;
  private final Consumer<String> log;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  /** At most one that somebody has asked for, and behind it one in turn. */
  private final Deque<Unfinished> unfinished = new ArrayDeque<>();

  private PairStatus.@Nullable Audit last;
  private Instant next;

  private long faults;
  private Duration faultPause = FAULT_PAUSE_MIN;

  /**
   * @param clock for what is due
   * @param before what did not come to its end in an earlier process
   * @param log told a line at a time, for people
   */
  Audits(
      MirrorRule rule,
      Work work,
      InstantSource clock,
      List<AuditState> before,
      Consumer<String> log) {
    this.rule = rule;
    this.work = work;
    this.clock = clock;
    this.log = log;
    this.next = clock.instant().plus(rule.audit().every());
    before.stream()
        .filter(state -> state.isAsked() || !rule.audit().every().isZero())
        .map(state -> state.isAsked() ? state : state.with(rule.audit().share()))
        .forEach(state -> unfinished.add(new Unfinished(state)));
  }

  /**
   * Begins what is due, or goes on with it; to be called once a second while the mirror is live.
   */
  void tick() {
    Unfinished first;
    lock.lock();
    try {
      Instant now = clock.instant();
      boolean isDue = !rule.audit().every().isZero() && !now.isBefore(next);
      if (unfinished.isEmpty() && isDue) {
        unfinished.add(
            new Unfinished(
                AuditState.fresh(false, rule.audit().isOfContent(), rule.audit().share())));
      }
      first = unfinished.peekFirst();
      if (first == null || first.isRunning || now.isBefore(first.notBefore)) {
        return;
      }
      first.isRunning = true;
    } finally {
      lock.unlock();
    }
    Thread.ofPlatform()
        .daemon()
        .name("godwit audit " + rule.name())
        .start(() -> runInBackground(first));
  }

  private void runInBackground(Unfinished one) {
    try {
      PairStatus.Audit unused = told(run(one));
    } catch (UnansweredException e) {
      log.accept("the audit goes on later where it was: " + e.getMessage());
    } catch (FaultException e) {
      log.accept(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      log.accept("the audit could not put everything right: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Compares both sides and puts right what differs.
   *
   * @param share see {@link Control.Audit}
   * @throws MirrorException when it could not be made, did not come to its end, or not everything
   *     could be put right
   */
  PairStatus.Audit ask(boolean content, double share) throws IOException, InterruptedException {
    Unfinished asked = new Unfinished(AuditState.fresh(true, content, share));
    lock.lock();
    try {
      Unfinished first = unfinished.peekFirst();
      if (first != null && first.state.isAsked()) {
        throw new MirrorException(
            rule.name()
                + ": an audit that was asked for is under way; `status` says how far it is");
      }
      asked.isRunning = true;
      unfinished.addFirst(asked);
    } finally {
      lock.unlock();
    }
    try {
      return told(run(asked));
    } catch (UnansweredException e) {
      if (forget(asked)) {
        throw e;
      }
      throw new MirrorException(
          e.getMessage() + ". The audit goes on by itself when it is live", e);
    }
  }

  /** Whoever has asked is told by an answer; the log stays when that is gone. */
  private PairStatus.Audit told(PairStatus.Audit audit) {
    if (audit.drift().drifted() > 0 || audit.parts() > 1) {
      audit.lines().forEach(line -> log.accept("audit: " + line));
    }
    return audit;
  }

  /** Forgets one that has looked at nothing; returns whether that is so. */
  private boolean forget(Unfinished asked) {
    lock.lock();
    try {
      return asked.state.place().equals(AuditPlace.START) && unfinished.remove(asked);
    } finally {
      lock.unlock();
    }
  }

  private PairStatus.Audit run(Unfinished one) throws IOException, InterruptedException {
    AuditState from;
    lock.lock();
    try {
      from = one.state.goingOn();
      one.state = from;
    } finally {
      lock.unlock();
    }
    try {
      BarrierResult result = work.audit(from, LIMIT, told -> told(one, from, told));
      return ended(
          one,
          result.isComplete() ? PairStatus.Audit.EQUAL : result.failures() + " written meanwhile");
    } catch (UnansweredException e) {
      throw e; // it is to be gone on with
    } catch (IOException e) {
      PairStatus.Audit unused = ended(one, String.valueOf(e.getMessage()));
      throw e;
    } catch (RuntimeException | Error e) {
      throw failed(one, e);
    } finally {
      stopped(one);
    }
  }

  private void told(Unfinished one, AuditState from, Report.Audited told) {
    lock.lock();
    try {
      one.state = from.at(told.place(), told.drift());
    } finally {
      lock.unlock();
    }
  }

  private PairStatus.Audit ended(Unfinished one, String outcome) {
    lock.lock();
    try {
      unfinished.remove(one);
      PairStatus.Audit ended = PairStatus.Audit.of(one.state, outcome);
      last = ended;
      next = clock.instant().plus(rule.audit().every());
      faultPause = FAULT_PAUSE_MIN;
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** A fault inside, in one line. */
  private static final class FaultException extends MirrorException {
    @Serial private static final long serialVersionUID = 1;

    FaultException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * One in turn is gone on with by itself. Nobody knows whether it would fail once more, so each
   * pause is longer than the one before.
   */
  private FaultException failed(Unfinished one, Throwable fault) {
    StackTraceElement[] trace = fault.getStackTrace();
    String text = "failed inside: " + fault + (trace.length == 0 ? "" : ", at " + trace[0]);
    String outcome = text.lines().map(String::strip).collect(Collectors.joining(" "));
    String told = "the audit " + outcome;
    lock.lock();
    try {
      faults++;
      last = PairStatus.Audit.of(one.state, outcome);
      if (one.state.isAsked()) {
        unfinished.remove(one); // who has asked is told
        return new FaultException(told, fault);
      }
      one.notBefore = clock.instant().plus(faultPause);
      told += ". It goes on where it was in " + faultPause.toMinutes() + " min";
      Duration doubled = faultPause.multipliedBy(2);
      faultPause = doubled.compareTo(FAULT_PAUSE_MAX) > 0 ? FAULT_PAUSE_MAX : doubled;
      return new FaultException(told, fault);
    } finally {
      lock.unlock();
    }
  }

  private void stopped(Unfinished one) {
    lock.lock();
    try {
      one.isRunning = false;
    } finally {
      lock.unlock();
    }
  }

  /** The source is another directory: what was looked at of the old one does not count. */
  void beginAnew() {
    lock.lock();
    try {
      unfinished.forEach(one -> one.state = one.state.anew());
    } finally {
      lock.unlock();
    }
  }

  /** Those that have not come to their end; the one that goes before at first. */
  List<AuditState> unfinished() {
    lock.lock();
    try {
      return unfinished.stream().map(one -> one.state).toList();
    } finally {
      lock.unlock();
    }
  }

  PairStatus.@Nullable Audit last() {
    lock.lock();
    try {
      return last;
    } finally {
      lock.unlock();
    }
  }

  /** How many have failed inside, or a part of one. */
  long faults() {
    lock.lock();
    try {
      return faults;
    } finally {
      lock.unlock();
    }
  }

  /** When the next one is due; null: never. */
  @Nullable Instant next() {
    lock.lock();
    try {
      return rule.audit().every().isZero() ? null : next;
    } finally {
      lock.unlock();
    }
  }
}
