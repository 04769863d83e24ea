package dev.godwit.mirror;

import dev.godwit.daemon.ControlServer;
import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.MetricsServer;
import dev.godwit.daemon.Readiness;
import dev.godwit.daemon.RequestException;
import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.host.HostFactory;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.mirror.rules.AuditChoice;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.mirror.rules.MirrorRules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The life of a process that mirrors: starts, does what signals and the control socket say,
 * finishes what is in flight and ends.
 */
public final class MirrorProcess {
  /** The control sockets of this user's mirrors. */
  public static final ControlSocket SOCKETS = new ControlSocket("mirror", "mirror");

  /** What a signal asks for; any thread. */
  public enum Order {
    /** Read the rules again (SIGHUP). */
    RELOAD,
    /** Finish what is in flight, then end; a second time: end at once (SIGTERM, SIGINT). */
    FINISH
  }

  /** Where the rules come from, again at each reload. */
  @FunctionalInterface
  public interface Source {
    MirrorRules read() throws RulesException;

    /** What is said when reading it again has changed nothing, for people. */
    default String unchanged() {
      return "the configuration was read again: nothing changed";
    }

    /** The command line alone, which is the same each time; what it names may be read again. */
    static Source ofCommandLine(Source reading) {
      return new Source() {
        @Override
        public MirrorRules read() throws RulesException {
          return reading.read();
        }

        @Override
        public String unchanged() {
          return "there is nothing to be read again: no configuration file was named";
        }
      };
    }
  }

  /** How the hosts of a rule are reached. */
  @FunctionalInterface
  public interface Connector {
    /**
     * @param source whether the source's host is meant, not the target's
     */
    HostFactory factory(MirrorRule rule, boolean source);
  }

  /** How a run ended. */
  public enum End {
    DONE,
    /** Something could not be applied, a target could not be opened, or a mirror halted. */
    INCOMPLETE,
    /** A host could not be reached at the start. */
    UNREACHABLE
  }

  private static final long TICK_MILLIS = 1000;
  private static final long ONCE_TICK_MILLIS = 20;

  /** Of the stop limit, for closing what does not answer. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

  /** In which a second order to end gives up what does not let itself be closed. */
  private static final Duration AT_ONCE = Duration.ofSeconds(1);

  /** So long it is waited for what comes of a resume. */
  private static final Duration RESUME_LOOK = Duration.ofSeconds(2);

  private static final long RESUME_TICK_MILLIS = 20;
  private static final Duration BARRIER_LIMIT = Duration.ofHours(1);
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(5);
  private static final String NOT_COMPARED = "runs commands: there is nothing to compare";
  private static final String LIMIT = "--limit=";
  private static final String SHARE = "--share=";

  private final Source source;
  private final Connector connector;
  private final RootStore store;
  private final Readiness readiness;
  private final Consumer<String> log;
  private final Consumer<String> news;
  private final LinkedBlockingQueue<Order> orders = new LinkedBlockingQueue<>();

  /** Whether it was told that it does not answer; of the thread that runs. */
  private boolean managerIsGone;

  /**
   * @param log told of what is in the way, a line at a time; any thread
   * @param news told of what goes as it should; likewise
   */
  public MirrorProcess(
      Source source,
      Connector connector,
      RootStore store,
      Readiness readiness,
      Consumer<String> log,
      Consumer<String> news) {
    this.source = source;
    this.connector = connector;
    this.store = store;
    this.readiness = readiness;
    this.log = log;
    this.news = news;
  }

  /**
   * Whether rules can be obeyed on this host; nothing is touched.
   *
   * @throws RulesException for people, with everything that is wrong
   */
  public static void check(MirrorRules rules) throws RulesException {
    Places.check(rules.rules(), !rules.awaitsSources());
  }

  /**
   * As {@link #check}, and whether all sources of this host are there by now.
   *
   * @throws RulesException for people, with everything that is wrong
   */
  public static void checkWithSources(MirrorRules rules) throws RulesException {
    Places.check(rules.rules(), true);
  }

  /**
   * As {@link #check}, for a process that goes on: also whether what it makes for itself would take
   * the place of something.
   *
   * @throws RulesException for people, with everything that is wrong
   */
  public static void checkToRun(MirrorRules rules) throws RulesException {
    check(rules);
    List<String> problems = new ArrayList<>();
    Path control = rules.control();
    if (control != null) {
      add(problems, ControlServer.objection(control));
    }
    Path pidFile = rules.pidFile();
    if (pidFile != null) {
      add(problems, PidFile.objection(pidFile));
    }
    if (!problems.isEmpty()) {
      throw new RulesException(problems);
    }
  }

  private static void add(List<String> problems, @Nullable String problem) {
    if (problem != null) {
      problems.add(problem);
    }
  }

  /** Any thread. */
  public void order(Order order) {
    orders.add(order);
  }

  /**
   * Mirrors until an order ends it.
   *
   * @throws RulesException when the rules cannot be read or obeyed at the start; nothing was made
   * @throws IOException for people, when a socket or a file cannot be made
   */
  public End run() throws RulesException, IOException, InterruptedException {
    MirrorRules rules = source.read();
    checkToRun(rules);
    SOCKETS.removeLeft();
    Path wanted = rules.control();
    Path path = wanted == null ? SOCKETS.pathOf(ProcessHandle.current().pid()) : wanted;
    // A barrier of no mirrors has nothing to wait for, and would say that all is on the targets.
    CountDownLatch begun = new CountDownLatch(1);
    try (MirrorServer server =
            new MirrorServer(connector, store, StateTelling.Then.STAYS, log, news);
        MetricsServer metrics = metrics(rules, server);
        ControlServer control =
            ControlServer.start(
                path,
                words -> {
                  begun.await();
                  return answer(server, metrics, words);
                });
        ControlSocket.Announcement announced = SOCKETS.announce(path);
        PidFile pid = PidFile.write(rules.pidFile())) {
      if (metrics != null) {
        news.accept("serves metrics at " + url(metrics));
      }
      server.apply(rules).forEach(line -> news.accept("mirrors " + line));
      begun.countDown();
      return obey(server, rules);
    }
  }

  private @Nullable MetricsServer metrics(MirrorRules rules, MirrorServer server)
      throws IOException {
    InetSocketAddress address = rules.metrics();
    return address == null ? null : MetricsServer.start(address, server::metrics);
  }

  /** With the port that was had, where any was wanted. */
  private static String url(MetricsServer metrics) {
    return "http://" + Sockets.display(metrics.address()) + "/metrics";
  }

  private End obey(MirrorServer server, MirrorRules first) throws InterruptedException {
    MirrorRules rules = first;
    StatusFile status = new StatusFile(log);
    tell(readiness::ready);
    long period = period();
    while (true) {
      Order order = orders.poll(period, TimeUnit.MILLISECONDS);
      String end = server.end();
      if (!end.isEmpty()) {
        log.accept(end);
        finish(server, rules.stopLimit());
        return End.INCOMPLETE;
      }
      server.tick();
      status.write(rules.lsyncdStatus(), server.status());
      tell(readiness::alive);
      if (order == Order.RELOAD && !orders.contains(Order.FINISH)) {
        rules = reload(server, rules, first, status);
      } else if (order == Order.FINISH) {
        finish(server, rules.stopLimit());
        return End.DONE;
      }
      // What a reload has added keeps no other mirror from going on.
      if (rules == first && !rules.insists() && hasFailed(server)) {
        server.tick();
        log.accept("cannot begin, and is not to insist: ends");
        return server.pairs().stream().anyMatch(Pair::isUnreachable)
            ? End.UNREACHABLE
            : End.INCOMPLETE;
      }
    }
  }

  private long period() {
    Duration alive = readiness.aliveEvery();
    return alive == null ? TICK_MILLIS : Math.clamp(alive.toMillis(), 1, TICK_MILLIS);
  }

  /** Whether a mirror could not even begin. */
  private static boolean hasFailed(MirrorServer server) {
    return server.status().stream()
        .anyMatch(
            pair ->
                pair.mirror().state() == MirrorState.RECONNECTING
                    && pair.mirror().lastContact().equals(Instant.EPOCH));
  }

  private interface Telling {
    void tell() throws LinuxException;
  }

  private void tell(Telling telling) {
    try {
      telling.tell();
      managerIsGone = false;
    } catch (LinuxException e) {
      if (!managerIsGone) {
        managerIsGone = true; // each second would be too often
        log.accept("unable to tell the service manager: " + e.getMessage());
      }
    }
  }

  /** What of the whole process differs from that with which it began, a line each. */
  private static List<String> needingRestart(MirrorRules began, MirrorRules now) {
    List<String> lines = new ArrayList<>();
    needsRestart(lines, "the control socket", began.control(), now.control());
    needsRestart(lines, "the address of the metrics", began.metrics(), now.metrics());
    needsRestart(lines, "the pid file", began.pidFile(), now.pidFile());
    needsRestart(lines, "the log file", began.logFile(), now.logFile());
    return lines;
  }

  private static void needsRestart(
      List<String> lines, String what, @Nullable Object began, @Nullable Object now) {
    if (!Objects.equals(began, now)) {
      lines.add(
          "%s stays %s until a restart, and is %s then".formatted(what, shown(began), shown(now)));
    }
  }

  private static String shown(@Nullable Object value) {
    return value == null
        ? "as it is without a setting"
        : value instanceof InetSocketAddress address ? Sockets.display(address) : value.toString();
  }

  /**
   * @param began the rules with which the process began
   */
  private MirrorRules reload(
      MirrorServer server, MirrorRules before, MirrorRules began, StatusFile status)
      throws InterruptedException {
    try {
      MirrorRules now = source.read();
      List<String> changes = new ArrayList<>();
      Applying applying = Applying.start(server, now, changes);
      // What ends takes its time; the service manager is told meanwhile. Who wants the end waits
      // for no mirror that ends anyway.
      boolean isFirst = true;
      while (!applying.join(Duration.ofMillis(period()))) {
        if (isFirst) {
          news.accept("reads the configuration again; what ends or changes finishes first");
          isFirst = false;
        }
        status.write(before.lsyncdStatus(), server.status());
        tell(readiness::alive);
        if (orders.contains(Order.FINISH)) {
          return before;
        }
      }
      applying.check();
      if (!now.stopLimit().equals(before.stopLimit())) {
        changes.add("the stop limit is " + now.stopLimit().toMillis() + " ms now");
      }
      if (!isWrittenAlike(now.lsyncdStatus(), before.lsyncdStatus())) {
        changes.add("the status file is written as the configuration says now");
      }
      changes.addAll(needingRestart(began, now));
      news.accept(changes.isEmpty() ? source.unchanged() : "the configuration was read again:");
      changes.forEach(news);
      return now;
    } catch (RulesException | IOException e) {
      log.accept("the mirrors stay as they were:\n" + e.getMessage());
      return before;
    }
  }

  /** Which mirrors it tells of is told with them. */
  private static boolean isWrittenAlike(
      MirrorRules.@Nullable LsyncdStatus one, MirrorRules.@Nullable LsyncdStatus other) {
    return one == null || other == null
        ? one == other
        : one.file().equals(other.file()) && one.every().equals(other.every());
  }

  /** Puts rules into effect. */
  private static final class Applying extends Thread {
    private final MirrorServer server;
    private final MirrorRules rules;
    private final List<String> changes;
    private @Nullable Throwable failure;

    private Applying(MirrorServer server, MirrorRules rules, List<String> changes) {
      super("godwit reload");
      this.server = server;
      this.rules = rules;
      this.changes = changes;
    }

    static Applying start(MirrorServer server, MirrorRules rules, List<String> changes) {
      Applying applying = new Applying(server, rules, changes);
      applying.setDaemon(true);
      applying.start();
      return applying;
    }

    @Override
    public void run() {
      try {
        changes.addAll(server.apply(rules));
      } catch (RulesException
          | IOException
          | InterruptedException
          | RuntimeException
          | Error e) { // else it would look as if it had been done
        failure = e;
      }
    }

    /** To be called when it has ended. */
    void check() throws RulesException, IOException, InterruptedException {
      switch (failure) {
        case null -> {}
        case RulesException e -> throw e;
        case IOException e -> throw e;
        case InterruptedException e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }
  }

  /**
   * Waits for the mirrors to come to their end, or for a second order to end at once; what is left
   * of the limit is for closing them.
   */
  private void finish(MirrorServer server, Duration limit) throws InterruptedException {
    long begun = System.nanoTime();
    Duration closing = limit.dividedBy(10);
    Duration finishes = limit.minus(closing.compareTo(CLOSE_MAX) < 0 ? closing : CLOSE_MAX);
    server.closesBy(begun + limit.toNanos());
    tell(readiness::stopping);
    news.accept("finishes what is in flight; a second signal ends at once");
    Thread finishing =
        Thread.ofPlatform()
            .daemon()
            .name("godwit end")
            .start(
                () -> {
                  try {
                    server.finish(finishes);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    long end = begun + finishes.toNanos();
    while (finishing.isAlive() && System.nanoTime() - end < 0) {
      if (orders.poll() == Order.FINISH) {
        server.closesBy(System.nanoTime() + AT_ONCE.toNanos());
        return;
      }
      finishing.join(Duration.ofMillis(ONCE_TICK_MILLIS));
      tell(readiness::alive);
    }
    server.tick();
  }

  /**
   * Makes the targets equal to their sources once.
   *
   * @throws RulesException when the rules cannot be read or obeyed
   */
  public End once() throws RulesException, IOException, InterruptedException {
    MirrorRules rules = source.read();
    for (MirrorRule rule : rules.rules()) {
      if (rule.actions() != null) {
        throw new RulesException(
            List.of(rule.name() + " runs commands for changes: there is nothing to be done once"));
      }
    }
    try (MirrorServer server =
        new MirrorServer(connector, store, StateTelling.Then.ONCE, log, news)) {
      server.apply(rules).forEach(line -> news.accept("mirrors " + line));
      End end = End.DONE;
      for (Pair pair : server.pairs()) {
        End one = once(server, pair);
        end = end.compareTo(one) >= 0 ? end : one;
      }
      return end;
    }
  }

  private End once(MirrorServer server, Pair pair) throws InterruptedException {
    while (true) {
      // Asked for before it is told: what it ends by here has been said.
      MirrorStatus now = pair.status().mirror();
      server.tick();
      switch (now.state()) {
        case LIVE -> {
          try {
            pair.barrier(BARRIER_LIMIT);
            pair.finish(BARRIER_LIMIT);
            news.accept(
                pair.rule().name()
                    + ": equal; "
                    + now.files()
                    + (now.files() == 1 ? " file looked at, " : " files looked at, ")
                    + now.counters().filesApplied()
                    + " put into place, "
                    + now.counters().deleted()
                    + (now.counters().deleted() == 1 ? " name removed" : " names removed"));
            return End.DONE;
          } catch (IOException e) {
            log.accept(String.valueOf(e.getMessage()));
            return End.INCOMPLETE;
          }
        }
        case HALTED -> {
          return End.INCOMPLETE;
        }
        case RECONNECTING -> {
          return now.lastContact().equals(Instant.EPOCH) && pair.isUnreachable()
              ? End.UNREACHABLE
              : End.INCOMPLETE;
        }
        case COPYING, PAUSED -> {
          if (orders.poll(ONCE_TICK_MILLIS, TimeUnit.MILLISECONDS) == Order.FINISH) {
            log.accept(pair.rule().name() + ": ended before it was equal");
            return End.INCOMPLETE;
          }
        }
      }
    }
  }

  // ---- what can be asked

  /**
   * What lets a mirror go on that has halted, for people.
   *
   * @param why its message, which says why it has
   */
  public static String toGoOn(String name, String why) {
    return why.contains("--any-removals")
        ? "To go on and remove them: `godwit mirror resume " + name + " --any-removals`"
        : "To go on: `godwit mirror resume " + name + "` (with a new root: --new-root)";
  }

  private static String answer(MirrorServer server, @Nullable MetricsServer metrics, String[] words)
      throws IOException, InterruptedException {
    List<String> flags = Arrays.stream(words).skip(1).filter(w -> w.startsWith("--")).toList();
    String name =
        Arrays.stream(words).skip(1).filter(w -> !w.startsWith("--")).findFirst().orElse("");
    List<String> said = new ArrayList<>();
    switch (words[0]) {
      case "status" -> {
        Map<String, Object> status = server.json();
        status.put("metrics", metrics == null ? null : url(metrics));
        return JsonMapper.shared().writeValueAsString(status);
      }
      case "pause" -> {
        for (Pair pair : server.named(name)) {
          pair.pause(ANSWER_LIMIT);
          said.add(pair.rule().name() + ": paused");
        }
      }
      case "resume" -> {
        List<Pair> pairs = server.named(name);
        for (Pair pair : pairs) {
          pair.resume(flags.contains("--any-removals"), flags.contains("--new-root"));
        }
        said.addAll(resumed(pairs));
      }
      case "barrier" -> {
        Duration limit = limit(flags);
        for (Pair pair : server.named(name)) {
          long began = System.nanoTime();
          pair.barrier(limit);
          said.add(
              pair.rule().name()
                  + (pair.rule().actions() == null
                      ? ": everything is on the target and its disk"
                      : ": the commands for everything have ended")
                  + "; it took "
                  + (System.nanoTime() - began) / 1_000_000
                  + " ms");
        }
      }
      case "audit" -> {
        double share = share(flags);
        for (Pair pair : server.named(name)) {
          PairStatus.Audit audit = pair.audit(flags.contains("--content"), share);
          said.add(
              pair.rule().name()
                  + ": "
                  + (audit == null ? NOT_COMPARED : String.join("\n  ", audit.lines())));
        }
      }
      case "verify" -> {
        List<Map<String, Object>> verified = new ArrayList<>();
        for (Pair pair : server.named(name)) {
          verified.add(verified(pair));
        }
        return JsonMapper.shared().writeValueAsString(Map.of("mirrors", verified));
      }
      default -> throw new RequestException("there is no command " + words[0]);
    }
    return String.join("\n", said);
  }

  /**
   * How it goes with what was resumed, as far as it is known soon: what had halted may halt again
   * as soon as it has looked.
   *
   * @throws MirrorException when one has
   */
  private static List<String> resumed(List<Pair> pairs)
      throws MirrorException, InterruptedException {
    long end = System.nanoTime() + RESUME_LOOK.toNanos();
    List<String> said = new ArrayList<>();
    boolean isHalted = false;
    for (Pair pair : pairs) {
      String name = pair.rule().name();
      MirrorStatus now = pair.status().mirror();
      while (now.state() != MirrorState.LIVE
          && now.state() != MirrorState.HALTED
          && System.nanoTime() - end < 0) {
        Thread.sleep(RESUME_TICK_MILLIS);
        now = pair.status().mirror();
      }
      boolean isAgain = now.state() == MirrorState.HALTED;
      isHalted |= isAgain;
      said.add(
          isAgain
              ? name + ": has halted: " + now.message() + " " + toGoOn(name, now.message())
              : name + ": goes on");
    }
    if (isHalted) {
      throw new MirrorException(String.join("\n", said));
    }
    return said;
  }

  /** One that cannot be compared keeps no other from it. */
  private static Map<String, Object> verified(Pair pair) throws InterruptedException {
    Map<String, Object> verified = new LinkedHashMap<>();
    verified.put("name", pair.rule().name());
    try {
      PairStatus.Audit audit = pair.audit(true, 1);
      verified.put("equal", audit != null && audit.wasEqual());
      verified.put("audit", audit == null ? null : PairStatus.json(audit));
      verified.put("reason", audit == null ? NOT_COMPARED : "");
    } catch (IOException e) {
      verified.put("equal", false);
      verified.put("audit", null);
      verified.put("reason", String.valueOf(e.getMessage()));
    }
    return verified;
  }

  private static Duration limit(List<String> flags) throws RequestException {
    for (String flag : flags) {
      if (flag.startsWith(LIMIT)) {
        try {
          return Words.duration(flag.substring(LIMIT.length()));
        } catch (IllegalArgumentException e) {
          throw new RequestException("--limit: " + e.getMessage(), e);
        }
      }
    }
    return ANSWER_LIMIT;
  }

  private static double share(List<String> flags) throws RequestException {
    for (String flag : flags) {
      if (flag.startsWith(SHARE)) {
        try {
          return AuditChoice.share(flag.substring(SHARE.length()));
        } catch (IllegalArgumentException e) {
          throw new RequestException("--share: " + e.getMessage(), e);
        }
      }
    }
    return 1;
  }
}
