package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The audits of one mirror: those in turn, and those that somebody asks for, which go before. One
 * that does not come to its end, because the connection is lost, the mirror is paused, the process
 * ends or another one goes before, is gone on with where it was. Any thread.
 */
final class Audits {
  /** An audit may read both trees a little at a time, however large. */
  private static final Duration LIMIT = Duration.ofDays(365);

  /** One that has not come to its end. */
  private static final class Unfinished {
    AuditState state;
    boolean isRunning;

    Unfinished(AuditState state) {
      this.state = state;
    }
  }

  private final MirrorRule rule;
  private final Mirror mirror;
  private final Consumer<String> log;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  /** At most one that somebody has asked for, and behind it one in turn. */
  private final Deque<Unfinished> unfinished = new ArrayDeque<>();

  private PairStatus.@Nullable Audit last;
  private Instant next;

  /**
   * @param before what did not come to its end in an earlier process
   * @param log told a line at a time, for people
   */
  Audits(MirrorRule rule, Mirror mirror, List<AuditState> before, Consumer<String> log) {
    this.rule = rule;
    this.mirror = mirror;
    this.log = log;
    this.next = Instant.now().plus(rule.audit().every());
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
      boolean isDue = !rule.audit().every().isZero() && !Instant.now().isBefore(next);
      if (unfinished.isEmpty() && isDue) {
        unfinished.add(
            new Unfinished(
                AuditState.fresh(false, rule.audit().isOfContent(), rule.audit().share())));
      }
      first = unfinished.peekFirst();
      if (first == null || first.isRunning) {
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
      PairStatus.Audit audit = run(one);
      if (audit.drift().drifted() > 0 || audit.parts() > 1) {
        audit.lines().forEach(line -> log.accept("audit: " + line));
      }
    } catch (UnansweredException e) {
      log.accept("the audit goes on later where it was: " + e.getMessage());
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
      return run(asked);
    } catch (UnansweredException e) {
      if (forget(asked)) {
        throw e;
      }
      throw new MirrorException(
          e.getMessage() + ". The audit goes on by itself when it is live", e);
    }
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
      BarrierResult result = mirror.audit(from, LIMIT, told -> told(one, from, told));
      return ended(
          one,
          result.isComplete() ? PairStatus.Audit.EQUAL : result.failures() + " written meanwhile");
    } catch (UnansweredException e) {
      throw e; // it is to be gone on with
    } catch (IOException e) {
      PairStatus.Audit unused = ended(one, String.valueOf(e.getMessage()));
      throw e;
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
      next = Instant.now().plus(rule.audit().every());
      return ended;
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
