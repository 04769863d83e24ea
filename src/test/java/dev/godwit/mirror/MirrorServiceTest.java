package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.daemon.Readiness;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFactory;
import dev.godwit.mirror.rules.MirrorFile;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.mirror.rules.MirrorRules;
import dev.godwit.sync.rules.TestingSurroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mirror as the service of a host: how it begins, is watched, and ends. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorServiceTest {
  private static final int KIB = 1024;

  @Test
  void the_service_manager_hears_that_it_is_ready_that_it_lives_and_that_it_ends()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      try (Manager manager = new Manager(m)) {
        Process process =
            m.startUnder(
                List.of("env", "NOTIFY_SOCKET=" + manager.socket, "WATCHDOG_USEC=400000"),
                "mirror",
                "--control=" + m.control,
                m.source + "/",
                m.target.toString());
        m.await("ready", () -> !manager.heard().isEmpty());
        assertThat(manager.heard().getFirst()).isEqualTo("READY=1");
        m.await("alive", () -> manager.heard().size() > 5);
        assertThat(manager.heard().subList(1, 6)).containsOnly("WATCHDOG=1");
        m.awaitState("live");
        new ProcessBuilder("kill", "-STOP", "" + process.pid()).start().waitFor();
        int before = stillHeard(manager);
        Thread.sleep(1000); // several times as long as it may be silent
        assertThat(manager.heard()).as("one that is stuck").hasSize(before);
        new ProcessBuilder("kill", "-CONT", "" + process.pid()).start().waitFor();
        m.await("alive again", () -> manager.heard().size() > before);
        process.destroy();
        assertThat(m.await(process)).as(m.output()).isZero();
        m.await("the end", () -> manager.heard().contains("STOPPING=1"));
      }
    }
  }

  /** How much was heard once what was said before has come. */
  private static int stillHeard(Manager manager) throws IOException, InterruptedException {
    int before = -1;
    int now = manager.heard().size();
    while (now != before) {
      Thread.sleep(200);
      before = now;
      now = manager.heard().size();
    }
    return now;
  }

  /** Hears what a process says by sd_notify(3). */
  private static final class Manager implements AutoCloseable {
    final Path socket;
    private final Path heard;
    private final Process listener;

    Manager(TestingMirrorCommand m) throws Exception {
      socket = m.tree.top().resolve("notify");
      heard = Files.createFile(m.tree.top().resolve("heard"));
      listener =
          new ProcessBuilder(
                  "python3",
                  "-c",
                  "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
                      + "s.bind(sys.argv[1])\nout=open(sys.argv[2],'w')\n"
                      + "while True:\n  out.write(s.recv(100).decode()+'\\n');out.flush()",
                  socket.toString(),
                  heard.toString())
              .inheritIO()
              .start();
      m.await("the socket", () -> Files.exists(socket));
    }

    List<String> heard() throws IOException {
      String text = Files.readString(heard);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    @Override
    public void close() throws InterruptedException {
      listener.destroyForcibly().waitFor();
    }
  }

  /** Nearly all of the stop limit is for what is in flight. */
  @Test
  void what_takes_most_of_the_stop_limit_is_brought_to_its_end() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Process process = m.live("--bwlimit=500k", "--stop-limit=20s");
      random(m.source.resolve("large"), 6_000 * KIB); // 12 s
      m.await("under way", () -> written(m) > 0);
      process.destroy();
      assertThat(m.await(process)).as(m.output()).isZero();
      m.assertEqual("afterwards");
    }
  }

  @Test
  void what_takes_longer_than_the_stop_limit_is_given_up() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Process process = m.live("--bwlimit=50k", "--stop-limit=1s");
      random(m.source.resolve("large"), 20_000 * KIB); // 400 s
      m.await("under way", () -> written(m) > 0);
      assertEndsWithin(ONE_SECOND_AND_CLOSING, m, process);
      assertThat(m.target.resolve("large")).doesNotExist();
      assertThat(m.target.resolve("first")).hasContent("1");
      assertThat(m.output()).contains("finishes what is in flight");
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString()))
          .as(m.output())
          .isZero();
      m.assertEqual("by the next one, with nothing left of the first");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void targets_that_do_not_answer_do_not_keep_it(int mirrors) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path top = m.tree.top();
      // It says nothing, whatever it is told, until who started it is gone.
      Path silent = Files.writeString(top.resolve("silent"), "#!/bin/sh\nexec cat >/dev/null\n");
      assertThat(silent.toFile().setExecutable(true)).isTrue();
      StringBuilder rules =
          new StringBuilder("stop-limit: 1s\ncontrol: " + m.control + "\nmirrors:\n");
      for (int i = 0; i < mirrors; i++) {
        rules.append(
            "  m%d: { from: %s/, to: 'far:/t%d', rsh: %s }\n".formatted(i, m.source, i, silent));
      }
      Path file = Files.writeString(top.resolve("mirror.yaml"), rules);
      Process process = m.start("mirror", "-c", file.toString());
      m.await("connecting", () -> process.descendants().count() >= mirrors);
      assertEndsWithin(ONE_SECOND_AND_CLOSING, m, process);
    }
  }

  /** What it waits for at the end it waits for once, not for one mirror after the other. */
  @Test
  void connections_that_cannot_be_given_up_are_waited_for_together() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = m.tree.top().resolve("mirror.yaml");
      StringBuilder rules = new StringBuilder("mirrors:\n");
      int many = 20;
      for (int i = 0; i < many; i++) {
        rules.append("  m%d: { from: %s/, to: '%s%d' }\n".formatted(i, m.source, m.target, i));
      }
      Files.writeString(file, rules);
      CountDownLatch connecting = new CountDownLatch(many);
      CountDownLatch over = new CountDownLatch(1);
      MirrorServer server =
          new MirrorServer(
              (rule, source) ->
                  () -> {
                    connecting.countDown();
                    awaitWhateverHappens(over);
                    throw new HostException("given up");
                  },
              new RootStore(m.tree.top().resolve("state")),
              StateTelling.Then.STAYS,
              line -> {},
              line -> {});
      try {
        var unused = server.apply(MirrorFile.read(file, new TestingSurroundings()));
        connecting.await();
        long began = System.nanoTime();
        server.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began))
            .as("each is waited for, and all at once")
            .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(4 * many / 2));
      } finally {
        over.countDown();
      }
    }
  }

  /** Hosts whose connections cannot be given up while they are made. */
  private static final class Silent implements MirrorProcess.Connector {
    final CountDownLatch over = new CountDownLatch(1);
    final Set<String> asked = ConcurrentHashMap.newKeySet();

    @Override
    public HostFactory factory(MirrorRule rule, boolean source) {
      return () -> {
        asked.add(rule.name());
        awaitWhateverHappens(over);
        throw new HostException("given up");
      };
    }
  }

  private static MirrorRules rules(TestingMirrorCommand m, Duration stopLimit, String... names)
      throws Exception {
    StringBuilder text = new StringBuilder("stop-limit: " + stopLimit.toSeconds() + "s\n");
    text.append("control: ").append(m.control).append("\nmirrors:\n");
    for (String name : names) {
      text.append("  %s: { from: %s/, to: '%s-%s' }\n".formatted(name, m.source, m.target, name));
    }
    Path file = Files.writeString(m.tree.top().resolve("mirror.yaml"), text);
    return MirrorFile.read(file, new TestingSurroundings());
  }

  /** Not running yet. */
  private static MirrorProcess process(
      TestingMirrorCommand m,
      MirrorProcess.Source rules,
      MirrorProcess.Connector connector,
      Consumer<String> told) {
    RootStore store = new RootStore(m.tree.top().resolve("state"));
    return new MirrorProcess(rules, connector, store, Readiness.of(Map.of()), told, told);
  }

  private static boolean areRunning(String... threads) {
    Set<String> running = new HashSet<>();
    Thread.getAllStackTraces().keySet().forEach(one -> running.add(one.getName()));
    return running.containsAll(Set.of(threads));
  }

  /** What a reload ends is ended together, and nobody else waits for that. */
  @Test
  void the_end_comes_in_the_middle_of_a_reload_too() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ExecutorService other = Executors.newCachedThreadPool()) {
      m.tree.write("root/a", "1");
      AtomicReference<MirrorRules> rules =
          new AtomicReference<>(rules(m, Duration.ofSeconds(1), "m0", "m1", "m2"));
      Silent silent = new Silent();
      MirrorProcess process =
          process(m, () -> Objects.requireNonNull(rules.get()), silent, line -> {});
      try {
        Future<MirrorProcess.End> end = other.submit(process::run);
        m.await("connecting", () -> silent.asked.size() == 3);
        rules.set(rules(m, Duration.ofHours(1), "late"));
        process.order(MirrorProcess.Order.RELOAD);
        m.await(
            "all are ended",
            () -> areRunning("godwit end of m0", "godwit end of m1", "godwit end of m2"));
        Future<String> status = other.submit(() -> m.ask("status"));
        assertThat(TestingPatience.get(status)).contains("m0", "m1", "m2").doesNotContain("late");
        process.order(MirrorProcess.Order.FINISH);
        assertThat(TestingPatience.get(end)).isEqualTo(MirrorProcess.End.DONE);
      } finally {
        process.order(MirrorProcess.Order.FINISH);
        silent.over.countDown();
      }
      m.await("the end of the reload", () -> !areRunning("godwit reload"));
      assertThat(silent.asked).as("nothing begins after that").doesNotContain("late");
    }
  }

  /** The socket is there before the mirrors are: a barrier then is one of none. */
  @Test
  void what_is_asked_before_the_mirrors_have_begun_waits_for_them() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ExecutorService other = Executors.newCachedThreadPool()) {
      m.tree.write("root/a", "1");
      CountDownLatch begins = new CountDownLatch(1);
      CountDownLatch over = new CountDownLatch(1);
      MirrorProcess.Connector connector =
          (rule, isSource) -> {
            begins.countDown();
            awaitWhateverHappens(over);
            return () -> {
              throw new HostException("given up");
            };
          };
      MirrorRules rules = rules(m, Duration.ofSeconds(1), "m0");
      MirrorProcess process = process(m, () -> rules, connector, line -> {});
      try {
        Future<MirrorProcess.End> end = other.submit(process::run);
        begins.await();
        Future<String> barrier = other.submit(() -> m.ask("barrier"));
        Thread.sleep(300); // in which it would be answered
        over.countDown();
        assertThatThrownBy(() -> TestingPatience.get(barrier))
            .hasStackTraceContaining("it cannot be said that the target has everything");
        process.order(MirrorProcess.Order.FINISH);
        assertThat(TestingPatience.get(end)).isEqualTo(MirrorProcess.End.DONE);
      } finally {
        process.order(MirrorProcess.Order.FINISH);
        over.countDown();
      }
    }
  }

  @Test
  void h24_an_error_inside_of_a_reload_is_no_reload() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ExecutorService other = Executors.newCachedThreadPool()) {
      m.tree.write("root/a", "1");
      AtomicReference<MirrorRules> rules =
          new AtomicReference<>(rules(m, Duration.ofSeconds(1), "m0"));
      Silent silent = new Silent();
      silent.over.countDown();
      MirrorProcess process =
          process(
              m,
              () -> Objects.requireNonNull(rules.get()),
              (rule, isSource) -> {
                if (rule.name().equals("faulty")) {
                  throw new StackOverflowError("a fault of this test");
                }
                return silent.factory(rule, isSource);
              },
              line -> {});
      try {
        Future<MirrorProcess.End> end = other.submit(process::run);
        m.await("it runs", () -> Files.exists(m.control));
        rules.set(rules(m, Duration.ofSeconds(1), "faulty"));
        process.order(MirrorProcess.Order.RELOAD);
        assertThatThrownBy(() -> TestingPatience.get(end))
            .hasStackTraceContaining("a fault of this test");
      } finally {
        process.order(MirrorProcess.Order.FINISH);
      }
    }
  }

  /** Closing what does not answer is a part of the stop limit. */
  @Test
  void connections_that_cannot_be_given_up_take_no_longer_than_the_stop_limit() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ExecutorService other = Executors.newCachedThreadPool()) {
      m.tree.write("root/a", "1");
      String[] names = IntStream.range(0, 20).mapToObj(i -> "m" + i).toArray(String[]::new);
      Duration limit = Duration.ofSeconds(3);
      MirrorRules rules = rules(m, limit, names);
      Silent silent = new Silent();
      MirrorProcess process = process(m, () -> rules, silent, line -> {});
      try {
        Future<MirrorProcess.End> end = other.submit(process::run);
        m.await("connecting", () -> silent.asked.size() == names.length);
        long began = System.nanoTime();
        process.order(MirrorProcess.Order.FINISH);
        assertThat(TestingPatience.get(end)).isEqualTo(MirrorProcess.End.DONE);
        assertThat(Duration.ofNanos(System.nanoTime() - began))
            .as("once the limit, and a busy machine")
            .isLessThan(limit.multipliedBy(names.length / 2));
      } finally {
        silent.over.countDown();
      }
    }
  }

  /** Without {@code insist} only what cannot be reached at the start ends the process. */
  @Test
  void what_a_reload_adds_and_cannot_reach_ends_no_other_mirror() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ExecutorService other = Executors.newCachedThreadPool()) {
      m.tree.write("root/a", "1");
      MirrorRules later = rules(m, Duration.ofSeconds(1), "late");
      AtomicReference<MirrorRules> rules = new AtomicReference<>(notInsisting(later, List.of()));
      Silent silent = new Silent();
      silent.over.countDown();
      List<String> told = Collections.synchronizedList(new ArrayList<>());
      MirrorProcess process =
          process(m, () -> Objects.requireNonNull(rules.get()), silent, told::add);
      Future<MirrorProcess.End> end = other.submit(process::run);
      try {
        m.await("it runs", () -> Files.exists(m.control)); // by the first rules
        rules.set(notInsisting(later, later.rules()));
        process.order(MirrorProcess.Order.RELOAD);
        m.await("told", () -> told.toString().contains("given up"));
      } finally {
        process.order(MirrorProcess.Order.FINISH);
      }
      assertThat(TestingPatience.get(end)).isEqualTo(MirrorProcess.End.DONE);
    }
  }

  private static MirrorRules notInsisting(MirrorRules rules, List<MirrorRule> mirrors) {
    return new MirrorRules(
        mirrors,
        rules.control(),
        rules.metrics(),
        rules.pidFile(),
        rules.logFile(),
        rules.stopLimit(),
        false,
        rules.awaitsSources(),
        rules.lsyncdStatus());
  }

  /** Also on a busy machine. */
  private static final Duration ONE_SECOND_AND_CLOSING = Duration.ofSeconds(1 + 5 + 20);

  private static void awaitWhateverHappens(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // As a call of the kernel that does not end.
      }
    }
  }

  private static void assertEndsWithin(Duration limit, TestingMirrorCommand m, Process process)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    process.destroy();
    assertThat(m.await(process)).as(m.output()).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).as(m.output()).isLessThan(limit);
  }

  /** It never wrote: there is nothing to wait for. */
  @Test
  void one_whose_target_another_mirror_has_ends_at_once() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      m.tree.write("other/second", "2");
      m.live();
      Process other =
          m.start(
              "mirror",
              "--control=" + m.tree.top() + "/other.sock",
              m.tree.top() + "/other/",
              m.target.toString());
      m.awaitOutput("another copy writes to this tree");
      assertEndsWithin(Duration.ofSeconds(30), m, other);
      assertThat(m.output()).doesNotContain("it could not be made sure");
      m.assertEqual("untouched");
    }
  }

  @Test
  void a_barrier_takes_no_longer_than_it_may() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      var unused = m.live("--bwlimit=50k", "--stop-limit=1s");
      random(m.source.resolve("large"), 20_000 * KIB); // 400 s
      String control = m.control.toString();
      assertThat(m.run("mirror", "barrier", "-p", control, "--limit=1s", "root")).isNotZero();
      assertThat(m.output()).contains("1000 ms");
      assertThat(m.run("mirror", "barrier", "-p", control, "--limit=soon")).isNotZero();
      assertThat(m.output()).contains("--limit: found soon, expected a time");
    }
  }

  /** In each span of time no more comes to the target than may; what counts are bytes there. */
  @Test
  void no_more_than_the_bandwidth_is_sent() throws Exception {
    int rate = 1024 * KIB;
    int size = 6 * rate;
    long burst = rate / 10L + 512 * KIB; // the limit's own, and what was sent and not yet written
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      m.live("--bwlimit=1m");
      random(m.source.resolve("large"), size);
      List<long[]> samples = new ArrayList<>(); // before, bytes, after
      while (!Files.exists(m.target.resolve("large"))) {
        long before = System.nanoTime();
        long bytes = written(m);
        samples.add(new long[] {before, bytes, System.nanoTime()});
        assertThat(samples.size()).isLessThan(100_000);
        Thread.sleep(10);
      }
      long most = samples.stream().mapToLong(sample -> sample[1]).max().orElseThrow();
      assertThat(most)
          .as("seen on its way")
          .isGreaterThan(size / 2); // the last one may be too late
      for (int i = 0; i < samples.size(); i++) {
        for (int k = i + 1; k < samples.size(); k++) {
          long[] from = samples.get(i);
          long[] to = samples.get(k);
          double may = burst + rate * ((to[2] - from[0]) / 1e9);
          assertThat((double) (to[1] - from[1])).as("samples %s to %s", i, k).isLessThan(may);
        }
      }
    }
  }

  /** How many bytes of files have come that do not have their names yet. */
  private static long written(TestingMirrorCommand m) throws IOException {
    long bytes = 0;
    try (Stream<Path> all = Files.list(m.target)) {
      for (Path one : all.filter(p -> p.getFileName().toString().startsWith(".godwit-")).toList()) {
        bytes += one.toFile().length(); // 0 when it has its name by now
      }
    }
    return bytes;
  }

  private static void random(Path file, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(7).nextBytes(content);
    Path aside = file.resolveSibling("../aside");
    Files.write(aside, content);
    Files.move(aside, file); // at once
  }

  /** Owners are the target's own names for those of the source, also for what changes later. */
  @Test
  void owners_are_mapped_all_the_time() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/file", "1");
      own(m.source.resolve("file"), 7, 7);
      m.live("-a", "--numeric-ids", "--usermap=7:1007,0-6:2000", "--groupmap=7:1008,*:3000");
      assertThat(owners(m.target.resolve("file"))).containsExactly(1007, 1008);
      assertThat(owners(m.target)).containsExactly(2000, 3000);
      m.tree.write("root/d/new", "2");
      own(m.source.resolve("file"), 3, 9);
      own(m.source.resolve("d/new"), 8, 7);
      m.ask("barrier");
      assertThat(owners(m.target.resolve("file"))).containsExactly(2000, 3000);
      assertThat(owners(m.target.resolve("d/new"))).as("8 is in no map").containsExactly(8, 1008);
      assertThat(owners(m.target.resolve("d"))).containsExactly(2000, 3000);
      assertThat(m.ask("audit")).contains("equal").contains("0 names put right");
    }
  }

  private static void own(Path path, int user, int group) throws IOException {
    Files.setAttribute(path, "unix:uid", user);
    Files.setAttribute(path, "unix:gid", group);
  }

  private static List<Integer> owners(Path path) throws IOException {
    return Arrays.asList(
        (Integer) Files.getAttribute(path, "unix:uid"),
        (Integer) Files.getAttribute(path, "unix:gid"));
  }

  /**
   * Whatever is wrong, whichever command is told: no target, log, pid file, status file, socket or
   * state is made, the service manager hears nothing, and nothing goes on in the background.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lsyncd | lua | sync { default.rsync, source='TOP/none', target='TOP/target' }",
        "lsyncd | lua | sync { default.rsync, source='TOP/root', target='TOP/target', delay='x' }",
        "lsyncd | lua | sync { default.rsync, source='TOP/root', target= }",
        "lsyncd | lua | sync { default.rsync, source='TOP/root', target='TOP/root/t' }",
        "lsyncd -nodaemon | lua | error('no')",
        "lsyncd -nodaemon | none | ''",
        "mirror -c | lua | sync { default.rsync, source='TOP/root', target='TOP/target', x=1 }",
        "mirror -c | yaml | mirrors: { a: { from: TOP/root/, to: TOP/target, bogus: 1 } }",
        "mirror --background -c | yaml | mirrors: { a: { from: TOP/root/, to: TOP/root/t } }",
        "mirror --background -c | yaml | 'mirrors: ['",
        "mirror --background -c | none | ''",
      })
  void what_is_wrong_makes_nothing(String command, String kind, String text) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String top = m.tree.top().toString();
      Path file = m.tree.top().resolve("config");
      if (!kind.equals("none")) {
        String first =
            kind.equals("lua")
                ? "settings { logfile='TOP/log', pidfile='TOP/pid', statusFile='TOP/status' }\n"
                : "log-file: TOP/log\npid-file: TOP/pid\ncontrol: TOP/control\nmetrics: 1\n";
        Files.writeString(file, (first + text).replace("TOP", top));
      }
      // Their own places are in an empty /run of their own.
      Path run = m.tree.top().resolve("output-run");
      String script =
          "mount -t tmpfs none /run; \"$@\"; s=$?; find /run -mindepth 1 > %s; exit $s"
              .formatted(run);
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.add(file.toString());
      try (Manager manager = new Manager(m)) {
        Process process =
            m.startUnder(
                List.of(
                    "env",
                    "NOTIFY_SOCKET=" + manager.socket,
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    script,
                    "sh"),
                words.toArray(String[]::new));
        assertThat(m.await(process)).as(m.output()).isEqualTo(2);
        assertThat(manager.heard()).isEmpty();
      }
      assertThat(m.output()).startsWith("godwit: ");
      assertThat(run).isEmptyFile();
      assertThat(m.tree.top().toFile().list())
          .isSubsetOf("root", "config", "output", "output-run", "notify", "heard");
    }
  }
}
