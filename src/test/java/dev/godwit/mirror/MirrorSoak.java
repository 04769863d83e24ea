package dev.godwit.mirror;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A mirror's life in small: a process that mirrors while another one changes the tree in bursts,
 * with a barrier and a comparison after each. Says once a minute what the process takes.
 *
 * <p>arguments: minutes (30), folder (/tmp), seed (1). Ends with 1 when the trees ever differ, or
 * when file handles or threads are more in the last quarter than in the second one.
 */
final class MirrorSoak {
  private static final int BURST_CHANGES = 400;
  private static final int PAUSE_MILLIS_MAX = 1500;
  private static final int HANDLES_MORE_MAX = 5;

  /** What the process takes at one moment. */
  private record Sample(long second, long residentKib, long handles, long threads) {}

  private MirrorSoak() {}

  public static void main(String[] args) throws Exception {
    int minutes = args.length > 0 ? Integer.parseInt(args[0]) : 30;
    String folder = args.length > 1 ? args[1] : "/tmp";
    long seed = args.length > 2 ? Long.parseLong(args[2]) : 1;
    System.exit(run(minutes, folder, seed) ? 0 : 1);
  }

  private static boolean run(int minutes, String folder, long seed) throws Exception {
    Random random = new Random(seed);
    List<Sample> samples = new ArrayList<>();
    long start = System.nanoTime();
    long end = start + minutes * 60_000_000_000L;
    long nextSample = start;
    int bursts = 0;
    int different = 0;
    try (TestingMirrorCommand m = new TestingMirrorCommand(folder)) {
      m.tree.write("root/stays", "1");
      Process mirror = m.live("--delete-limit=100%", "--audit=1m");
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        while (System.nanoTime() < end) {
          writer.change(1 + random.nextInt(BURST_CHANGES));
          bursts++;
          different += compare(m, writer, bursts) ? 0 : 1;
          Files.write(m.tree.top().resolve("changes.log"), new byte[0]); // it appends
          if (System.nanoTime() >= nextSample) {
            nextSample += 60_000_000_000L;
            Sample sample = sample(mirror.pid(), (System.nanoTime() - start) / 1_000_000_000);
            samples.add(sample);
            System.out.printf(
                "%5d s  bursts %5d  resident %4d MiB  handles %3d  threads %3d  lag %d ms%n",
                sample.second,
                bursts,
                sample.residentKib / 1024,
                sample.handles,
                sample.threads,
                m.status().get("lag_ms").asLong());
          }
          Thread.sleep(random.nextInt(PAUSE_MILLIS_MAX));
        }
      }
      System.out.println(m.ask("audit"));
    }
    boolean steady = isSteady(samples);
    System.out.printf(
        "seed %d, %d minutes, %d bursts, %d with differences, %s%n",
        seed, minutes, bursts, different, steady ? "steady" : "NOT steady");
    return different == 0 && steady;
  }

  private static boolean compare(TestingMirrorCommand m, TestingWriter writer, int burst)
      throws Exception {
    try {
      m.ask("barrier");
    } catch (IOException e) {
      System.out.println("burst " + burst + ": " + e.getMessage());
      return false;
    }
    List<String> differences = TestingOracle.differences(m.source, m.target);
    if (!differences.isEmpty()) {
      System.out.println("burst " + burst + ": " + differences + "\n" + writer.log());
    }
    return differences.isEmpty();
  }

  private static Sample sample(long pid, long second) throws IOException {
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
      return new Sample(second, resident, handles.count(), threads);
    }
  }

  /** The first quarter warms up. */
  private static boolean isSteady(List<Sample> samples) {
    int quarter = samples.size() / 4;
    if (quarter == 0) {
      return true;
    }
    List<Sample> second = samples.subList(quarter, 2 * quarter);
    List<Sample> last = samples.subList(samples.size() - quarter, samples.size());
    return max(last, true) <= max(second, true) + HANDLES_MORE_MAX
        && max(last, false) <= max(second, false) + HANDLES_MORE_MAX;
  }

  private static long max(List<Sample> samples, boolean handles) {
    return samples.stream().mapToLong(s -> handles ? s.handles : s.threads).max().orElse(0);
  }
}
