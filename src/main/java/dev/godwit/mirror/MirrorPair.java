package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One mirror of a process that holds several: tells what becomes of it, audits it, measures its
 * rate, and remembers its source's root.
 */
final class MirrorPair implements Pair {
  /** An audit reads both trees, however large. */
  private static final Duration AUDIT_LIMIT = Duration.ofHours(24);

  /** Over which the rate is taken. */
  private static final Duration RATE_SPAN = Duration.ofSeconds(5);

  private final MirrorRule rule;
  private final Mirror mirror;
  private final RootKeeper roots;
  private final Consumer<String> log;

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private PairStatus.@Nullable Audit lastAudit;
  private boolean auditing;
  private Instant nextAudit;
  private long filesPerSecond;
  private long bytesPerSecond;

  // Of the ticking thread.
  private final StateTelling telling;
  private Counters spanBegan = Counters.NONE;
  private long spanBeganNanos = System.nanoTime();

  MirrorPair(MirrorRule rule, Mirror mirror, RootStore store, Consumer<String> log) {
    this.rule = rule;
    this.mirror = mirror;
    this.log = log;
    this.roots =
        new RootKeeper(store, key(rule), mirror, text -> log.accept(rule.name() + ": " + text));
    this.telling = new StateTelling(rule.name(), log);
    this.nextAudit = Instant.now().plus(rule.audit());
  }

  /** What is remembered of its root is found by that. */
  static RootKey key(MirrorRule rule) {
    return new RootKey(
        String.valueOf(rule.sourceHost()),
        rule.source(),
        String.valueOf(rule.targetHost()),
        rule.target(),
        rule.from() + " -> " + rule.to());
  }

  @Override
  public MirrorRule rule() {
    return rule;
  }

  Mirror mirror() {
    return mirror;
  }

  @Override
  public void start() {
    for (String remark : rule.remarks()) {
      say(remark);
    }
    mirror.start();
  }

  private void say(String text) {
    log.accept(rule.name() + ": " + text);
  }

  @Override
  public void tick() {
    MirrorStatus now = mirror.status();
    telling.tell(now);
    measure(now);
    roots.tick();
    boolean isDue;
    lock.lock();
    try {
      isDue =
          !rule.audit().isZero()
              && !auditing
              && now.state() == MirrorState.LIVE
              && !Instant.now().isBefore(nextAudit);
    } finally {
      lock.unlock();
    }
    if (isDue) {
      Thread.ofPlatform().daemon().name("godwit audit " + rule.name()).start(this::auditInTurn);
    }
  }

  private void measure(MirrorStatus now) {
    long nanos = System.nanoTime();
    double seconds = (nanos - spanBeganNanos) / 1e9;
    if (seconds < RATE_SPAN.toSeconds()) {
      return;
    }
    Counters counters = now.counters();
    // A new connection counts from 0 on.
    long files = Math.max(0, counters.filesApplied() - spanBegan.filesApplied());
    long bytes = Math.max(0, counters.bytesApplied() - spanBegan.bytesApplied());
    lock.lock();
    try {
      filesPerSecond = Math.round(files / seconds);
      bytesPerSecond = Math.round(bytes / seconds);
    } finally {
      lock.unlock();
    }
    spanBegan = counters;
    spanBeganNanos = nanos;
  }

  private void auditInTurn() {
    try {
      PairStatus.Audit unused = compare(false);
    } catch (IOException e) {
      say("the audit did not come to its end: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void pause(Duration limit) throws MirrorException, InterruptedException {
    mirror.pause(limit);
  }

  @Override
  public void resume(boolean anyRemovals, boolean newRoot) {
    mirror.resume(anyRemovals, newRoot);
  }

  @Override
  public void barrier(Duration limit) throws MirrorException, InterruptedException {
    BarrierResult unused = mirror.barrier(limit);
  }

  @Override
  public String audit(boolean content) throws IOException, InterruptedException {
    PairStatus.Audit audit = compare(content);
    return "%s, %d names put right, %d ms"
        .formatted(audit.outcome(), audit.changed(), audit.took().toMillis());
  }

  @Override
  public String end() {
    return "";
  }

  /**
   * Compares both sides and puts right what differs.
   *
   * @param content whether the content of all files is compared
   * @throws MirrorException when it could not be made, or not everything could be put right
   */
  private PairStatus.Audit compare(boolean content) throws IOException, InterruptedException {
    lock.lock();
    try {
      if (auditing) {
        throw new MirrorException(rule.name() + ": an audit is under way");
      }
      auditing = true;
    } finally {
      lock.unlock();
    }
    Instant began = Instant.now();
    Counters before = mirror.status().counters();
    String outcome = "did not end";
    long changed = 0;
    try {
      BarrierResult result = mirror.audit(AUDIT_LIMIT, content);
      Counters after = mirror.status().counters();
      changed = changes(after) - changes(before);
      outcome = result.isComplete() ? "equal" : result.failures() + " written meanwhile";
      return audited(began, changed, content, outcome);
    } catch (IOException e) {
      outcome = String.valueOf(e.getMessage());
      throw e;
    } finally {
      PairStatus.Audit audit = audited(began, changed, content, outcome);
      lock.lock();
      try {
        auditing = false;
        lastAudit = audit;
        nextAudit = Instant.now().plus(rule.audit());
      } finally {
        lock.unlock();
      }
    }
  }

  private static PairStatus.Audit audited(
      Instant began, long changed, boolean content, String outcome) {
    return new PairStatus.Audit(
        began, Duration.between(began, Instant.now()), changed, content, outcome);
  }

  /** Everything that was done on the target. */
  private static long changes(Counters c) {
    return c.filesApplied()
        + c.directoriesMade()
        + c.filesRenamed()
        + c.directoriesRenamed()
        + c.linked()
        + c.adjusted()
        + c.deleted();
  }

  @Override
  public PairStatus status() {
    MirrorStatus now = mirror.status();
    lock.lock();
    try {
      return new PairStatus(
          rule.name(),
          rule.from(),
          rule.to(),
          now,
          filesPerSecond,
          bytesPerSecond,
          lastAudit,
          auditing,
          rule.audit().isZero() ? null : nextAudit,
          null);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void finish(Duration limit) throws InterruptedException {
    try {
      mirror.pause(limit);
    } catch (MirrorException e) {
      say(String.valueOf(e.getMessage()));
    }
    roots.end();
  }

  @Override
  public void close() {
    mirror.close();
  }
}
