package dev.godwit.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code ./benchmark mirror}: single changes, changes at a rate, a renamed directory and the start,
 * with {@code godwit mirror} and with lsyncd in turn on equal trees. A change counts as there when
 * its content, read from the target, is whole.
 */
@Command(
    name = "mirror",
    description = {
      "Follows the same changes with godwit mirror and with lsyncd (delay 0) in turn, within a host",
      "and over ssh, each on a new copy of one tree, and says how long each change took. Compares",
      "both trees at the end of each run. Needs root and lsyncd."
    })
final class MirrorBenchmark implements Callable<Integer> {
  private static final String PAGE = "docs/benchmarks.md";
  private static final String BEGIN = "<!-- mirror: written by ./benchmark -->";
  private static final String END = "<!-- end of mirror -->";
  private static final long CHANGE_LIMIT_NANOS = 120_000_000_000L;
  private static final long START_LIMIT_NANOS = 600_000_000_000L;
  private static final int FILES_A_DIRECTORY = 50;

  @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--small",
      description = "A twentieth of the tree and of the changes; the results are not kept.")
  private boolean small;

  @Option(names = "--folder", paramLabel = "DIR", description = "Default: target/benchmark.")
  private @Nullable Path folder;

  /** How many there are of what. */
  private record Sizes(int directories, int singles, int seconds, int renamed) {}

  /** Where the target is. */
  private enum Route {
    LOCAL,
    SSH
  }

  /**
   * What one program did in one round.
   *
   * @param latencyMillis of single changes, each
   * @param ratedMillis of changes at a rate of 50 a second, each
   * @param processorPercent of one processor while these went on
   * @param memoryMegabytes resident, of all processes together, at the end
   */
  private record Run(
      double startSeconds,
      double[] latencyMillis,
      double[] ratedMillis,
      double processorPercent,
      double renameMillis,
      double memoryMegabytes) {}

  @Override
  public Integer call() throws Exception {
    if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
      throw new BenchmarkException("needs root, to keep other processes apart");
    }
    if (!Programs.exist("lsyncd")) {
      throw new BenchmarkException("needs lsyncd: apt-get install lsyncd");
    }
    Path home = Path.of(System.getProperty("godwit.home", "")).toAbsolutePath();
    Path place = (folder == null ? home.resolve("target/benchmark") : folder).resolve("mirror");
    Sizes sizes = small ? new Sizes(100, 20, 2, 500) : new Sizes(2000, 100, 10, 10_000);
    Files.createDirectories(place);
    List<String> lines = new ArrayList<>();
    boolean equal = true;
    try (Line line = new Line(place.resolve("line"))) {
      for (Route route : Route.values()) {
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
          List<String> order = new ArrayList<>(List.of("godwit", "lsyncd"));
          if (round % 2 == 1) {
            order = order.reversed();
          }
          for (String program : order) {
            Round one = new Round(home, place, line, route, sizes, program, 1000L * round);
            runs.computeIfAbsent(program, key -> new ArrayList<>()).add(one.run());
            equal &= one.isEqual;
            System.out.printf("%s %s, round %d done%n", route, program, round + 1);
          }
        }
        report(route, sizes, runs, lines);
      }
    } finally {
      remove(place);
    }
    lines.forEach(System.out::println);
    if (!small) {
      keep(home.resolve(PAGE), lines);
    }
    return equal ? 0 : 1;
  }

  // ---- one run

  private static final class Round {
    private final Path home;
    private final Path place;
    private final Line line;
    private final Route route;
    private final Sizes sizes;
    private final String program;
    private final Random random;
    private final Path source;
    private final Path target;
    boolean isEqual;
    private int changes;

    Round(Path home, Path place, Line line, Route route, Sizes sizes, String program, long seed) {
      this.home = home;
      this.place = place;
      this.line = line;
      this.route = route;
      this.sizes = sizes;
      this.program = program;
      this.random = new Random(seed);
      this.source = place.resolve("source");
      this.target = place.resolve("target");
    }

    Run run() throws IOException, InterruptedException {
      remove(source);
      remove(target);
      tree();
      Programs.run("cp", "-a", source.toString(), target.toString());
      Programs.run("sync");
      try (RunGroup group = RunGroup.create("godwit-mirror")) {
        if (route == Route.SSH) {
          line.startSshd(group);
        }
        Path marker = source.resolve("marker");
        Files.writeString(marker, "start");
        long began = System.nanoTime();
        Process process =
            new ProcessBuilder(group.inside(command()))
                .redirectErrorStream(true)
                .redirectOutput(place.resolve(program + ".log").toFile())
                .start();
        await(target.resolve("marker"), "start", START_LIMIT_NANOS, process);
        final double start = (System.nanoTime() - began) / 1e9;
        Thread.sleep(2000); // the first changes after a start are their own story
        for (int i = 0; i < sizes.singles() / 5; i++) {
          single(process);
        }
        double[] latency = new double[sizes.singles()];
        for (int i = 0; i < latency.length; i++) {
          latency[i] = single(process);
          Thread.sleep(20 + random.nextInt(80));
        }
        RunGroup.Processor before = group.processor();
        long ratedBegan = System.nanoTime();
        double[] rated = rated(process);
        double seconds = (System.nanoTime() - ratedBegan) / 1e9;
        final double percent =
            100 * group.processor().minus(before).total().toNanos() / 1e9 / seconds;
        double rename = rename(process);
        double memory = 0;
        for (String id : group.processes()) {
          memory += resident(id);
        }
        check(process);
        return new Run(start, latency, rated, percent, rename, memory);
      }
    }

    private List<String> command() throws IOException {
      List<String> ssh = List.of("ssh", "-F", line.sshConfiguration().toString());
      String to = route == Route.SSH ? "far:" + target : target.toString();
      if (program.equals("godwit")) {
        List<String> words = new ArrayList<>(List.of(home.resolve("godwit").toString(), "mirror"));
        if (route == Route.SSH) {
          words.addAll(List.of("-e", String.join(" ", ssh)));
        }
        words.addAll(
            List.of(
                "--control=" + place.resolve("control"),
                "--new-root",
                "--delete-limit=100%",
                source + "/",
                to));
        return words;
      }
      Path file = place.resolve("lsyncd.lua");
      Files.writeString(
          file,
          route == Route.SSH
              ? """
                sync { default.rsyncssh, source = "%s", host = "far", targetdir = "%s", delay = 0,
                  rsync = { archive = true, hard_links = true }, ssh = { options = { %s } } }
                """
                  .formatted(source, target, sshOptions())
              : """
                sync { default.rsync, source = "%s", target = "%s", delay = 0,
                  rsync = { archive = true, hard_links = true } }
                """
                  .formatted(source, target));
      return List.of("lsyncd", "-nodaemon", file.toString());
    }

    /** The lines of the configuration of ssh, which lsyncd takes as a table only. */
    private String sshOptions() throws IOException {
      StringBuilder options = new StringBuilder();
      for (String one : Files.readAllLines(line.sshConfiguration())) {
        String[] words = one.strip().split(" ", 2);
        if (!words[0].equals("Host")) {
          options.append("%s = \"%s\", ".formatted(words[0], words[1]));
        }
      }
      return options.toString();
    }

    private void tree() throws IOException {
      byte[] content = new byte[2000];
      for (int d = 0; d < sizes.directories(); d++) {
        Path directory = source.resolve("d" + d % 40).resolve("e" + d);
        Files.createDirectories(directory);
        for (int f = 0; f < FILES_A_DIRECTORY; f++) {
          random.nextBytes(content);
          Files.write(directory.resolve("f" + f), content);
        }
      }
      Path large = Files.createDirectories(source.resolve("large"));
      for (int f = 0; f < sizes.renamed(); f++) {
        Files.writeString(large.resolve("f" + f), "" + f);
      }
    }

    /** Writes a file anew and says how long it took to be whole at the target. */
    private double single(Process process) throws IOException, InterruptedException {
      long began = System.nanoTime();
      String path = change();
      await(
          target.resolve(path),
          Files.readString(source.resolve(path)),
          CHANGE_LIMIT_NANOS,
          process);
      return (System.nanoTime() - began) / 1e6;
    }

    private String change() throws IOException {
      int d = random.nextInt(sizes.directories());
      String path = "d" + d % 40 + "/e" + d + "/f" + random.nextInt(FILES_A_DIRECTORY);
      Files.writeString(source.resolve(path), "change " + changes++ + " " + "x".repeat(1000));
      return path;
    }

    /** 50 changes a second; a thread of its own looks when each is there. */
    private double[] rated(Process process) throws IOException, InterruptedException {
      int count = 50 * sizes.seconds();
      String[] paths = new String[count];
      String[] contents = new String[count];
      long[] written = new long[count];
      long[] seen = new long[count];
      int[] made = new int[1];
      Object lock = new Object();
      Thread watcher =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    int left = count;
                    while (left > 0 && process.isAlive()) {
                      int known;
                      synchronized (lock) {
                        known = made[0];
                      }
                      for (int i = 0; i < known; i++) {
                        if (seen[i] == 0 && contents[i].equals(read(target.resolve(paths[i])))) {
                          seen[i] = System.nanoTime();
                          left--;
                        }
                      }
                      pause();
                    }
                  });
      long began = System.nanoTime();
      for (int i = 0; i < count; i++) {
        while (System.nanoTime() - began < i * 20_000_000L) {
          pause();
        }
        // Each to a file of its own: a later change would hide an earlier one.
        String path = "rated" + i;
        String content = "change " + changes++ + " " + "x".repeat(1000);
        long now = System.nanoTime();
        Files.writeString(source.resolve(path), content);
        synchronized (lock) {
          paths[i] = path;
          contents[i] = content;
          written[i] = now;
          made[0] = i + 1;
        }
      }
      watcher.join(CHANGE_LIMIT_NANOS / 1_000_000);
      double[] millis = new double[count];
      for (int i = 0; i < count; i++) {
        if (seen[i] == 0) {
          throw new BenchmarkException(program + " did not bring " + paths[i]);
        }
        millis[i] = (seen[i] - written[i]) / 1e6;
      }
      return millis;
    }

    private double rename(Process process) throws IOException, InterruptedException {
      long began = System.nanoTime();
      Files.move(source.resolve("large"), source.resolve("renamed"));
      Path last = target.resolve("renamed").resolve("f" + (sizes.renamed() - 1));
      while (!Files.exists(last)
          || Files.exists(target.resolve("large"))
          || count(target.resolve("renamed")) < sizes.renamed()) {
        limit(began, CHANGE_LIMIT_NANOS, process, "renamed");
        pause();
      }
      return (System.nanoTime() - began) / 1e6;
    }

    private static int count(Path directory) {
      String[] names = directory.toFile().list();
      return names == null ? 0 : names.length;
    }

    private void await(Path file, String content, long limit, Process process)
        throws IOException, InterruptedException {
      long began = System.nanoTime();
      while (!content.equals(read(file))) {
        limit(began, limit, process, file.toString());
        pause();
      }
    }

    private void limit(long began, long limit, Process process, String what) throws IOException {
      if (System.nanoTime() - began > limit || !process.isAlive()) {
        throw new BenchmarkException(
            program
                + " did not bring "
                + what
                + ": "
                + Programs.read(place.resolve(program + ".log")));
      }
    }

    /** What rsync would still have to do, once the program has had time to come to rest. */
    private void check(Process process) throws IOException, InterruptedException {
      String left = "";
      for (int i = 0; i < 20; i++) {
        left =
            Programs.run(
                "rsync", "-aHni", "--omit-dir-times", "--delete", source + "/", target + "/");
        if (left.isBlank()) {
          isEqual = true;
          return;
        }
        Thread.sleep(1000);
      }
      System.out.printf("%s, %s: not equal at the end:%n%s%n", route, program, left);
    }

    private static double resident(String process) throws IOException {
      Path status = Path.of("/proc", process, "status");
      try {
        for (String line : Files.readAllLines(status)) {
          if (line.startsWith("VmRSS:")) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1e3;
          }
        }
      } catch (IOException e) {
        return 0; // ended
      }
      return 0;
    }
  }

  private static @Nullable String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return null; // not there yet, or exchanged just now
    }
  }

  private static void pause() {
    try {
      Thread.sleep(0, 200_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
    }
  }

  // ---- the report

  private void report(Route route, Sizes sizes, Map<String, List<Run>> runs, List<String> lines) {
    List<Run> ours = runs.getOrDefault("godwit", List.of());
    List<Run> theirs = runs.getOrDefault("lsyncd", List.of());
    String where = route == Route.SSH ? "over ssh" : "local";
    row(lines, where + ", start until a change is there, s", ours, theirs, Run::startSeconds);
    for (int percent : new int[] {50, 95, 99}) {
      row(
          lines,
          where + ", one change, p" + percent + ", ms",
          ours,
          theirs,
          run -> quantile(run.latencyMillis(), percent));
    }
    String rated = where + ", 50 changes a second for " + sizes.seconds() + " s, ";
    row(lines, rated + "p50, ms", ours, theirs, run -> quantile(run.ratedMillis(), 50));
    row(lines, rated + "p99, ms", ours, theirs, run -> quantile(run.ratedMillis(), 99));
    row(lines, rated + "processor, %", ours, theirs, Run::processorPercent);
    row(
        lines,
        where + ", a directory of " + sizes.renamed() + " files renamed, ms",
        ours,
        theirs,
        Run::renameMillis);
    row(lines, where + ", memory at the end, MB", ours, theirs, Run::memoryMegabytes);
  }

  private interface Figure {
    double of(Run run);
  }

  private static void row(
      List<String> lines, String name, List<Run> ours, List<Run> theirs, Figure figure) {
    double[] godwit = ours.stream().mapToDouble(figure::of).toArray();
    double[] lsyncd = theirs.stream().mapToDouble(figure::of).toArray();
    double[] ratios = new double[Math.min(godwit.length, lsyncd.length)];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = lsyncd[i] / godwit[i];
    }
    Spread ratio = Spread.of(ratios);
    lines.add(
        String.format(
            Locale.ROOT,
            "| %s | %s | %s | %.2f (%.2f to %.2f in %d) |",
            name,
            TextReport.decimal(Spread.of(godwit).median()),
            TextReport.decimal(Spread.of(lsyncd).median()),
            ratio.median(),
            ratio.lowest(),
            ratio.highest(),
            ratio.count()));
  }

  private static double quantile(double[] figures, int percent) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  private void keep(Path page, List<String> rows) throws IOException {
    String text = Files.readString(page);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new BenchmarkException(page + " has no lines \"" + BEGIN + "\" and \"" + END + "\"");
    }
    StringBuilder table = new StringBuilder(BEGIN).append("\n\n");
    table.append(
        "Last run: `./benchmark mirror --rounds %d`, %s, %s, load %s.%n%n"
            .formatted(
                rounds,
                LocalDate.now(ZoneOffset.UTC),
                Programs.run("lsyncd", "--version").strip(),
                MachineFacts.load()));
    table.append("| what | Godwit | lsyncd | lsyncd / Godwit |\n|---|---|---|---|\n");
    rows.forEach(row -> table.append(row).append('\n'));
    Files.writeString(page, text.substring(0, begin) + table + "\n" + text.substring(end));
  }
}
