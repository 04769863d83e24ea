package dev.godwit.mirror;

import dev.godwit.daemon.MetricsText;
import dev.godwit.daemon.RequestException;
import dev.godwit.daemon.RulesException;
import dev.godwit.host.HostFactory;
import dev.godwit.mirror.actions.Actions;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.mirror.rules.MirrorRules;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.Filters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The mirrors of one process, as its rules want them. Any thread. */
final class MirrorServer implements AutoCloseable {
  private final MirrorProcess.Connector connector;
  private final RootStore store;
  private final StateTelling.Then then;

  /** Whether the first rules are in effect. For one thread at a time. */
  private boolean hasBegun;

  private final Consumer<String> log;
  private final Consumer<String> news;
  private final Instant started = Instant.now();

  /** Those there are; replaced as a whole, so that who asks waits for none that ends. */
  private volatile List<Pair> pairs = List.of();

  /** Guarded by this. */
  private boolean isEnding;

  /** Until when {@link #close} waits, in System.nanoTime(); null: as long as it takes. */
  private volatile @Nullable Long closesBy;

  /**
   * @param then what becomes of a mirror that cannot go on
   * @param log told of what is in the way
   * @param news told of what goes as it should
   */
  MirrorServer(
      MirrorProcess.Connector connector,
      RootStore store,
      StateTelling.Then then,
      Consumer<String> log,
      Consumer<String> news) {
    this.connector = connector;
    this.store = store;
    this.then = then;
    this.log = log;
    this.news = news;
  }

  /**
   * Makes the mirrors what the rules say: ends those that are not in them, or in them in other
   * words, and begins those that are new.
   *
   * <p>For one thread at a time.
   *
   * @return what has changed, a line each, for people
   * @throws RulesException when they cannot be obeyed; nothing has changed then
   */
  List<String> apply(MirrorRules rules) throws RulesException, IOException, InterruptedException {
    MirrorProcess.check(rules);
    Map<String, MirrorRule> wanted = new LinkedHashMap<>();
    rules.rules().forEach(rule -> wanted.put(rule.name(), rule));
    for (MirrorRule rule : rules.rules()) {
      Remembered unused = memory(rule); // what cannot be read is told before anything is changed
    }
    List<String> changes = new ArrayList<>();
    List<Pair> stay = new ArrayList<>();
    List<Pair> ends = new ArrayList<>();
    for (Pair pair : pairs) {
      String name = pair.rule().name();
      MirrorRule now = wanted.get(name);
      if (now != null && now.words().equals(pair.rule().words())) {
        stay.add(pair);
        wanted.remove(name);
      } else {
        changes.add(now == null ? name + ": ends" : name + ": changed, looks at everything again");
        ends.add(pair);
      }
    }
    join(
        ends,
        pair -> {
          finish(pair, rules.stopLimit());
          pair.close();
        },
        null);
    pairs = List.copyOf(stay);
    // What comes later ends nobody.
    StateTelling.Then begins =
        then == StateTelling.Then.STAYS && !rules.insists() && !hasBegun
            ? StateTelling.Then.STAYS_ONCE_BEGUN
            : then;
    hasBegun = true;
    for (MirrorRule rule : wanted.values()) {
      changes.add(rule.name() + ": " + rule.from() + " -> " + rule.to());
      Actions actions = rule.actions();
      begin(
          actions == null
              ? pair(rule, memory(rule), begins)
              : new ActionPair(rule, actions, log, news));
    }
    return changes;
  }

  /** Not when all ends by now. */
  private synchronized void begin(Pair pair) {
    if (!isEnding) {
      List<Pair> all = new ArrayList<>(pairs);
      all.add(pair);
      pairs = List.copyOf(all);
      pair.start();
    }
  }

  private Pair pair(MirrorRule rule, Remembered before, StateTelling.Then becomes) {
    Mirror mirror = new Mirror(job(rule), before.memory(), before.loss());
    return new MirrorPair(rule, mirror, before.memory(), store, becomes, log, news);
  }

  /**
   * What is known of a source's root.
   *
   * @param loss what is wrong with that; empty when nothing is
   */
  private record Remembered(RootMemory memory, String loss) {}

  private Remembered memory(MirrorRule rule) throws IOException {
    if (rule.isNewRoot()) {
      return new Remembered(RootMemory.NONE, "");
    }
    try {
      return new Remembered(store.read(MirrorPair.key(rule)), "");
    } catch (RootStore.LostException e) {
      // The other mirrors begin all the same.
      return new Remembered(RootMemory.LOST, String.valueOf(e.getMessage()));
    }
  }

  private MirrorJob job(MirrorRule rule) {
    HostFactory source = connector.factory(rule, true);
    HostFactory target = connector.factory(rule, false);
    return new MirrorJob(
        rule.name(), source, rule.source(), target, rule.target(), filters(rule), rule.manner());
  }

  /**
   * With what is in files of rules by now: who changes one while a mirror runs, changes nothing
   * until it begins anew, and what takes part then is known to be another choice.
   */
  private static List<FilterRule> filters(MirrorRule rule) {
    if (rule.filters().isEmpty()) {
      return List.of();
    }
    try {
      return Filters.of(rule.filters(), rule.rules().filterSettings()).resolved();
    } catch (FilterException e) {
      return rule.filters(); // gone since it was checked, which is told when it connects
    }
  }

  List<Pair> pairs() {
    return pairs;
  }

  /** The one of this name, or all. */
  List<Pair> named(String name) throws RequestException {
    List<Pair> all = pairs();
    if (name.isEmpty()) {
      return all;
    }
    List<Pair> found = all.stream().filter(p -> p.rule().name().equals(name)).toList();
    if (found.isEmpty()) {
      throw new RequestException(
          "there is no mirror "
              + name
              + "; there are "
              + String.join(", ", all.stream().map(p -> p.rule().name()).toList()));
    }
    return found;
  }

  List<PairStatus> status() {
    return pairs().stream().map(Pair::status).toList();
  }

  /** For a status in JSON. */
  Map<String, Object> json() {
    Instant now = Instant.now();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("process", ProcessHandle.current().pid());
    all.put("started", started.toString());
    all.put("mirrors", status().stream().map(pair -> pair.json(now)).toList());
    return all;
  }

  MetricsText metrics() {
    List<PairStatus> all = status();
    Instant now = Instant.now();
    MetricsText text = new MetricsText();
    text.family("godwit_mirror_state", "gauge", "1 for the state that a mirror is in.");
    for (PairStatus pair : all) {
      for (MirrorState state : MirrorState.values()) {
        text.sample(
            pair.mirror().state() == state ? 1 : 0, "mirror", pair.name(), "state", state.word());
      }
    }
    seconds(text, "lag_seconds", "Age of the oldest change.", all, p -> p.lagMillis(now));
    seconds(
        text,
        "silent_seconds",
        "For how long the source side has not said how it is; 0 while it does.",
        all,
        p -> p.mirror().sight().silentMillis());
    family(
        text,
        "unverified",
        "gauge",
        "1 when changes were lost and everything is still to be looked at.",
        all,
        p -> p.mirror().sight().unverified() ? 1 : 0);
    family(
        text,
        "unwatched_directories",
        "gauge",
        "Directories without a watch, which are looked at again and again.",
        all,
        p -> p.mirror().sight().unwatched());
    text.family("godwit_mirror_rung", "gauge", "1 for the way in which changes are noticed.");
    for (PairStatus pair : all) {
      text.sample(1, "mirror", pair.name(), "rung", pair.mirror().rung());
    }
    family(
        text,
        "dirty",
        "gauge",
        "Names that changed and are not known to be applied; missing while that is not known.",
        all.stream().filter(PairStatus::isKnown).toList(),
        p -> p.mirror().dirty());
    family(
        text,
        "problems",
        "gauge",
        "What could not be applied and is tried again.",
        all,
        p -> p.mirror().problems().size());
    family(
        text,
        "files_applied",
        "gauge",
        "Files put into place on this connection.",
        all,
        p -> p.mirror().counters().filesApplied());
    family(
        text,
        "bytes_applied",
        "gauge",
        "Bytes of them.",
        all,
        p -> p.mirror().counters().bytesApplied());
    family(
        text,
        "files_applied_total",
        "counter",
        "Files put into place since the process began.",
        all,
        p -> p.mirror().total().filesApplied());
    family(
        text,
        "bytes_applied_total",
        "counter",
        "Bytes of them.",
        all,
        p -> p.mirror().total().bytesApplied());
    family(
        text,
        "deleted_total",
        "counter",
        "Names removed since the process began.",
        all,
        p -> p.mirror().total().deleted());
    family(
        text,
        "mounts_mirrored",
        "gauge",
        "Mounts below the source that take part.",
        all,
        p -> p.mirror().mounts().stream().filter(MirrorMount::isMirrored).count());
    family(
        text,
        "mounts_left_out",
        "gauge",
        "Mounts below the source that take no part.",
        all,
        p -> p.mirror().mounts().stream().filter(mount -> !mount.isMirrored()).count());
    family(
        text,
        "files_renamed",
        "gauge",
        "Files renamed on the target and not sent, on this connection.",
        all,
        p -> p.mirror().counters().filesRenamed());
    family(
        text,
        "directories_renamed",
        "gauge",
        "Directories renamed on the target and not sent, on this connection.",
        all,
        p -> p.mirror().counters().directoriesRenamed());
    family(
        text,
        "deleted",
        "gauge",
        "Names removed on this connection.",
        all,
        p -> p.mirror().counters().deleted());
    text.family("godwit_mirror_rescans_total", "counter", "Looks at everything once more, by why.");
    for (PairStatus pair : all) {
      for (Rescan why : Rescan.values()) {
        text.sample(
            pair.mirror().rescansBy().getOrDefault(why, 0L),
            "mirror",
            pair.name(),
            "reason",
            why.word());
      }
    }
    family(
        text,
        "reconnects_total",
        "counter",
        "Connections made anew.",
        all,
        p -> p.mirror().reconnects());
    family(
        text,
        "last_audit_seconds",
        "gauge",
        "When both sides were compared last, in Unix time.",
        all,
        PairStatus::lastAuditSeconds);
    family(
        text,
        "last_audit_equal",
        "gauge",
        "1 when the last audit came to its end and both sides are equal since.",
        all.stream().filter(pair -> pair.lastAudit() != null).toList(),
        p -> p.lastAudit() != null && p.lastAudit().isEqual() ? 1 : 0);
    family(
        text,
        "last_audit_drifted",
        "gauge",
        "Names that differed in the last audit though no change of them was told.",
        all,
        PairStatus::lastAuditDrifted);
    family(
        text,
        "auditing",
        "gauge",
        "1 while an audit is under way, or waits to be gone on with.",
        all,
        p -> p.audit() == null ? 0 : 1);
    family(
        text,
        "audit_faults_total",
        "counter",
        "Audits that a fault in Godwit itself has ended; they are tried again.",
        all,
        PairStatus::auditFaults);
    return text;
  }

  private static void family(
      MetricsText text,
      String name,
      String type,
      String help,
      List<PairStatus> all,
      ToLongFunction<PairStatus> value) {
    text.family("godwit_mirror_" + name, type, help);
    all.forEach(pair -> text.sample(value.applyAsLong(pair), "mirror", pair.name()));
  }

  private static void seconds(
      MetricsText text,
      String name,
      String help,
      List<PairStatus> all,
      ToLongFunction<PairStatus> millis) {
    text.family("godwit_mirror_" + name, "gauge", help);
    all.forEach(pair -> text.seconds(millis.applyAsLong(pair), "mirror", pair.name()));
  }

  /** Why the process is to end, for people; empty while it is not. */
  String end() {
    for (Pair pair : pairs()) {
      if (!pair.end().isEmpty()) {
        return pair.rule().name() + ": " + pair.end();
      }
    }
    return "";
  }

  void tick() {
    pairs().forEach(Pair::tick);
  }

  /** Brings what has changed to the targets and stops, all at once. */
  void finish(Duration limit) throws InterruptedException {
    beginNoMore();
    join(pairs, pair -> finish(pair, limit), null);
  }

  /**
   * What does not let itself be closed by then is left to the end of the process.
   *
   * @param nanos of System.nanoTime()
   */
  void closesBy(long nanos) {
    closesBy = nanos;
  }

  private synchronized void beginNoMore() {
    isEnding = true;
  }

  private static void finish(Pair pair, Duration limit) {
    try {
      pair.finish(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Does it to all at once, for each may wait; returns when it is done to all.
   *
   * @param until when it is waited for at most, in System.nanoTime(); null: as long as it takes
   */
  private static void join(List<Pair> pairs, Consumer<Pair> what, @Nullable Long until)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (Pair pair : pairs) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("godwit end of " + pair.rule().name())
              .start(() -> what.accept(pair)));
    }
    for (Thread thread : threads) {
      if (until == null) {
        thread.join();
      } else {
        boolean unused = thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
      }
    }
  }

  @Override
  public void close() {
    beginNoMore();
    try {
      join(pairs, Pair::close, closesBy);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
