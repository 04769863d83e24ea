package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * H21, H24: a mirror's life in small, in a process of its own and to another host where Godwit was
 * packaged before: bursts of changes, and between them kills, restarts and lost lines; after each a
 * barrier and a comparison. From a third of the time on the process is no longer killed or ended,
 * so that what it takes, which is not to grow, is that of one process.
 *
 * <p>{@code -Dgodwit.soak.minutes=60} runs it; {@code -Dgodwit.soak.seed=N} makes the same changes
 * and the same trouble as the run that printed N.
 */
@Tag("soak")
@EnabledIfSystemProperty(named = "godwit.soak.minutes", matches = "\\d+")
@Timeout(30_000)
final class MirrorSoakTest {
  private static final int BURST_CHANGES = 400;
  private static final int PAUSE_MILLIS_MAX = 1500;
  private static final int TROUBLE_WITHIN_MILLIS = 300;
  private static final int HANDLES_MORE_MAX = 5;
  private static final int MEMORY_MORE_PERCENT_MAX = 25;
  private static final long SAY_NANOS = 60_000_000_000L;

  private static final Pattern HEAP_USED = Pattern.compile("total \\d+K, used (\\d+)K");

  @TempDir private Path folder;

  private final int minutes = Integer.getInteger("godwit.soak.minutes", 60);
  private final long seed = Long.getLong("godwit.soak.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Map<Trouble, Integer> count = new EnumMap<>(Trouble.class);

  /** Of the process that lives from a third of the time on. */
  private final List<Sample> samples = new ArrayList<>();

  /** What happens while changes are made. */
  private enum Trouble {
    NONE,
    KILLED,
    ENDED,
    STOPPED_FOR_A_WHILE,
    LINE_LOST
  }

  /** What the process takes at one moment, its heap after a collection. */
  private record Sample(long residentKib, long heapKib, long handles, long threads) {}

  @Test
  void h21_h24_a_mirror_lives_through_trouble() throws Exception {
    System.out.println("-Dgodwit.soak.seed=" + seed);
    boolean isFar = Files.isRegularFile(TestingMirrorCommand.jar());
    Map<String, String> environment =
        Map.of("GODWIT_AGENT_FOLDER", folder.resolve("far/agent").toString());
    try (TestingSshd sshd = new TestingSshd(folder, environment);
        TestingMirrorCommand m = new TestingMirrorCommand("/tmp")) {
      m.tree.write("root/stays", "1");
      List<String> options = new ArrayList<>(List.of("--delete-limit=100%", "--audit=1m"));
      if (isFar) {
        options.addAll(List.of("-e", "ssh " + String.join(" ", sshd.clientArguments())));
      }
      String far = isFar ? sshd.destination().text() + ":" : "";
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        live(m, writer, options, far, sshd);
      }
      System.out.println(m.ask("audit"));
    }
    System.out.printf("seed %d, %d minutes: %s%n", seed, minutes, count);
    assertSteady();
  }

  private void live(
      TestingMirrorCommand m,
      TestingWriter writer,
      List<String> options,
      String far,
      TestingSshd sshd)
      throws Exception {
    long began = System.nanoTime();
    long said = began;
    Process mirror = start(m, options, far);
    for (int burst = 0; System.nanoTime() - began < minutes * SAY_NANOS; burst++) {
      boolean livesOn = System.nanoTime() - began > minutes * SAY_NANOS / 3;
      Trouble trouble = trouble(!far.isEmpty(), livesOn);
      count.merge(trouble, 1, Integer::sum);
      writer.begin(1 + random.nextInt(BURST_CHANGES));
      Thread.sleep(random.nextInt(TROUBLE_WITHIN_MILLIS));
      switch (trouble) {
        case NONE -> {}
        case KILLED -> mirror.destroyForcibly().waitFor();
        case ENDED -> {
          mirror.destroy();
          assertThat(m.await(mirror)).as("%s", m.output()).isZero();
        }
        case STOPPED_FOR_A_WHILE -> {
          signal(mirror, "STOP");
          Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
          signal(mirror, "CONT");
        }
        case LINE_LOST -> m.killAgents(sshd);
      }
      writer.await();
      if (!mirror.isAlive()) {
        mirror = start(m, options, far);
      }
      m.assertWhole(writer, "-Dgodwit.soak.seed=" + seed + " burst " + burst + " " + trouble);
      Files.write(m.tree.top().resolve("changes.log"), new byte[0]); // it appends
      m.await("no lag", () -> m.status().get("lag_ms").asLong() == 0);
      Sample sample = sample(mirror.pid());
      if (livesOn) {
        samples.add(sample);
      }
      if (System.nanoTime() - said >= SAY_NANOS) {
        said += SAY_NANOS;
        System.out.printf("burst %d %s %s%n", burst, sample, count);
      }
      Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
    }
  }

  private Trouble trouble(boolean isFar, boolean livesOn) {
    Trouble[] all = Trouble.values();
    int one = random.nextInt(2 * all.length); // half of the time none
    Trouble trouble = one >= all.length ? Trouble.NONE : all[one];
    boolean isEnd = trouble == Trouble.KILLED || trouble == Trouble.ENDED;
    return livesOn && isEnd || !isFar && trouble == Trouble.LINE_LOST ? Trouble.NONE : trouble;
  }

  private static Process start(TestingMirrorCommand m, List<String> options, String far)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("mirror", "--control=" + m.control));
    words.addAll(options);
    words.addAll(List.of(m.source + "/", far + m.target));
    Process process = m.start(words.toArray(String[]::new));
    m.awaitState("live");
    return process;
  }

  private static void signal(Process process, String name) throws Exception {
    var unused = TestingOracle.run("kill", "-" + name, Long.toString(process.pid()));
  }

  private static Sample sample(long pid) throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var unused = TestingOracle.run(jcmd, Long.toString(pid), "GC.run");
    long heap =
        HEAP_USED
            .matcher(TestingOracle.run(jcmd, Long.toString(pid), "GC.heap_info"))
            .results()
            .mapToLong(used -> Long.parseLong(used.group(1)))
            .sum();
    Path process = Path.of("/proc/" + pid);
    long resident = 0;
    long threads = 0;
    for (String line : Files.readAllLines(process.resolve("status"))) {
      String[] words = line.split("\\s+");
      if (line.startsWith("VmRSS:")) {
        resident = Long.parseLong(words[1]);
      } else if (line.startsWith("Threads:")) {
        threads = Long.parseLong(words[1]);
      }
    }
    try (Stream<Path> handles = Files.list(process.resolve("fd"))) {
      return new Sample(resident, heap, handles.count(), threads);
    }
  }

  /** The first quarter warms up. */
  private void assertSteady() {
    int quarter = samples.size() / 4;
    if (quarter == 0) {
      return;
    }
    List<Sample> second = samples.subList(quarter, 2 * quarter);
    List<Sample> last = samples.subList(samples.size() - quarter, samples.size());
    assertThat(most(last, Sample::handles))
        .as("handles")
        .isLessThanOrEqualTo(most(second, Sample::handles) + HANDLES_MORE_MAX);
    assertThat(most(last, Sample::threads))
        .as("threads")
        .isLessThanOrEqualTo(most(second, Sample::threads) + HANDLES_MORE_MAX);
    assertThatDoesNotGrow("memory in KiB", second, last, Sample::residentKib);
    assertThatDoesNotGrow("heap in KiB", second, last, Sample::heapKib);
  }

  private static void assertThatDoesNotGrow(
      String what, List<Sample> second, List<Sample> last, ToLongFunction<Sample> figure) {
    long before = most(second, figure);
    assertThat(most(last, figure))
        .as(what)
        .isLessThanOrEqualTo(before + before * MEMORY_MORE_PERCENT_MAX / 100);
  }

  private static long most(List<Sample> some, ToLongFunction<Sample> figure) {
    return some.stream().mapToLong(figure).max().orElse(0);
  }
}
