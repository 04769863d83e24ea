package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One mirror of a process that holds several: tells what becomes of it, audits it, measures its
 * rate, and remembers its source's root. {@link #tick} is called once a second by one thread; the
 * rest by any.
 */
final class MirrorPair implements AutoCloseable {
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
  private @Nullable MirrorState told;
  private String toldMessage = "";
  private String toldProblem = "";
  private List<MirrorMount> toldMounts = List.of();
  private Counters spanBegan = Counters.NONE;
  private long spanBeganNanos = System.nanoTime();

  MirrorPair(MirrorRule rule, Mirror mirror, RootStore store, Consumer<String> log) {
    this.rule = rule;
    this.mirror = mirror;
    this.log = log;
    this.roots =
        new RootKeeper(store, key(rule), mirror, text -> log.accept(rule.name() + ": " + text));
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

  MirrorRule rule() {
    return rule;
  }

  Mirror mirror() {
    return mirror;
  }

  void start() {
    for (String remark : rule.remarks()) {
      say(remark);
    }
    mirror.start();
  }

  private void say(String text) {
    log.accept(rule.name() + ": " + text);
  }

  /** Looks how the mirror is doing, and does what is due. */
  void tick() {
    MirrorStatus now = mirror.status();
    tell(now);
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

  private void tell(MirrorStatus now) {
    if (now.state() != told || !now.message().equals(toldMessage)) {
      told = now.state();
      toldMessage = now.message();
      String why = now.message().isEmpty() ? "" : ": " + now.message();
      switch (now.state()) {
        case COPYING -> say("looks at everything" + why);
        case LIVE -> say("live by " + now.rung() + why);
        case RECONNECTING -> say("cannot go on, and tries again" + why);
        case PAUSED -> say("paused" + why);
        case HALTED ->
            say(
                "HALTED"
                    + why
                    + " To go on: `godwit mirror resume "
                    + rule.name()
                    + "`, with --any-removals or --new-root if that is what you want");
      }
    }
    tellMounts(now.mounts());
    String problem = now.problems().isEmpty() ? "" : now.problems().getFirst();
    if (!problem.equals(toldProblem)) {
      toldProblem = problem;
      say(
          problem.isEmpty()
              ? "what could not be applied was applied now"
              : "tried again until it can be applied: "
                  + problem
                  + (now.problems().size() > 1 ? "; and more" : ""));
    }
  }

  private void tellMounts(List<MirrorMount> mounts) {
    for (MirrorMount one : mounts) {
      if (!toldMounts.contains(one)) {
        say(
            one.isMirrored()
                ? "mirrors the mount " + one + " by " + one.rung()
                : "not mirrored: "
                    + one
                    + " is mounted below the source; what stands there on the target is left alone."
                    + " With --mounts it would take part");
      }
    }
    for (MirrorMount one : toldMounts) {
      if (mounts.stream().noneMatch(now -> now.path().equals(one.path()))) {
        say("no longer mounted below the source: " + one);
      }
    }
    toldMounts = mounts;
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
      audit(false);
    } catch (IOException e) {
      say("the audit did not come to its end: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Compares both sides and puts right what differs.
   *
   * @param content whether the content of all files is compared
   * @throws MirrorException when it could not be made, or not everything could be put right
   */
  PairStatus.Audit audit(boolean content) throws IOException, InterruptedException {
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

  PairStatus status() {
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
          rule.audit().isZero() ? null : nextAudit);
    } finally {
      lock.unlock();
    }
  }

  /** Brings what has changed to the target and stops; see {@link Mirror#pause}. */
  void finish(Duration limit) throws InterruptedException {
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
