package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One mirror of a process that holds several: tells what becomes of it, audits it, measures its
 * rate, and remembers its source's root.
 */
final class MirrorPair implements Pair {
  /** Over which the rate is taken. */
  private static final Duration RATE_SPAN = Duration.ofSeconds(5);

  private final MirrorRule rule;
  private final Mirror mirror;
  private final RootKeeper roots;
  private final Audits audits;
  private final StateTelling.Then then;
  private final Consumer<String> log;

  private volatile boolean isEnding;

  /** How it was when connections ended, since the last tick. */
  private final Queue<MirrorStatus> ended = new ConcurrentLinkedQueue<>();

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by lock.
  private long filesPerSecond;
  private long bytesPerSecond;

  // Of the ticking thread.
  private final StateTelling telling;
  private Counters spanBegan = Counters.NONE;
  private long spanBeganNanos = System.nanoTime();

  /**
   * @param before what is remembered of the mirror, which was made with it
   * @param then what becomes of it when it cannot go on
   * @param log told of what is in the way, and what a person has asked for
   * @param news told of what goes as it should
   */
  MirrorPair(
      MirrorRule rule,
      Mirror mirror,
      RootMemory before,
      RootStore store,
      StateTelling.Then then,
      Consumer<String> log,
      Consumer<String> news) {
    this.rule = rule;
    this.mirror = mirror;
    this.then = then;
    this.log = log;
    this.audits =
        new Audits(rule, mirror::audit, InstantSource.system(), before.audits(), this::say);
    this.roots = new RootKeeper(store, key(rule), this::memory, this::say);
    this.telling = new StateTelling(rule.name(), log, news);
    mirror.whenEnded(ended::add);
  }

  private RootMemory memory() {
    return mirror.memory().with(audits.unfinished());
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
    StateTelling.Then next = isEnding ? StateTelling.Then.IS_ENDING : then;
    for (MirrorStatus one = ended.poll(); one != null; one = ended.poll()) {
      telling.tell(one, next);
    }
    MirrorStatus now = mirror.status();
    telling.tell(now, next);
    measure(now);
    roots.tick();
    if (now.state() == MirrorState.LIVE) {
      audits.tick();
    }
  }

  private void measure(MirrorStatus now) {
    long nanos = System.nanoTime();
    double seconds = (nanos - spanBeganNanos) / 1e9;
    if (seconds < RATE_SPAN.toSeconds()) {
      return;
    }
    Counters counters = now.total();
    long files = counters.filesApplied() - spanBegan.filesApplied();
    long bytes = counters.bytesApplied() - spanBegan.bytesApplied();
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

  @Override
  public void pause(Duration limit) throws MirrorException, InterruptedException {
    mirror.pause(limit);
  }

  @Override
  public void resume(boolean anyRemovals, boolean newRoot) {
    if (newRoot) {
      audits.beginAnew();
    }
    mirror.resume(anyRemovals, newRoot);
  }

  @Override
  public void barrier(Duration limit) throws MirrorException, InterruptedException {
    BarrierResult unused = mirror.barrier(limit);
  }

  @Override
  public PairStatus.Audit audit(boolean content, double share)
      throws IOException, InterruptedException {
    return audits.ask(content, share);
  }

  @Override
  public String end() {
    return "";
  }

  @Override
  public PairStatus status() {
    MirrorStatus now = mirror.status();
    List<AuditState> unfinished = audits.unfinished();
    lock.lock();
    try {
      return new PairStatus(
          rule.name(),
          rule.from(),
          rule.to(),
          now,
          filesPerSecond,
          bytesPerSecond,
          audits.last(),
          unfinished.isEmpty() ? null : unfinished.getFirst(),
          audits.next(),
          audits.faults(),
          null);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isUnreachable() {
    return mirror.isUnreachable();
  }

  @Override
  public void finish(Duration limit) throws InterruptedException {
    isEnding = true;
    try {
      mirror.finish(limit);
    } catch (MirrorException e) {
      say(String.valueOf(e.getMessage()));
    }
    roots.end();
  }

  @Override
  public void close() {
    mirror.close();
    roots.end(); // one that has halted was not finished, and what it has removed counts on (H27)
  }
}
