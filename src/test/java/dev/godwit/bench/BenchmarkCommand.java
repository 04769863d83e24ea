package dev.godwit.bench;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./benchmark}: measures, prints as it goes, and puts the results into the documents. */
@Command(
    name = "benchmark",
    description = "Measures Godwit against the programs that it replaces.",
    subcommands = {BenchmarkCommand.Sync.class, ForwardBenchmark.class, MirrorBenchmark.class})
public final class BenchmarkCommand {
  static final String PAGE = "docs/benchmarks.md";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it by itself
  private boolean help;

  private BenchmarkCommand() {}

  public static void main(String[] arguments) {
    System.exit(line().execute(arguments));
  }

  static CommandLine line() {
    CommandLine line = new CommandLine(new BenchmarkCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (!(failure instanceof BenchmarkException)) {
            throw failure;
          }
          command.getErr().println("benchmark: " + failure.getMessage());
          return 1;
        });
    return line;
  }

  /** {@code ./benchmark sync}. */
  @Command(
      name = "sync",
      description =
          "Copies data sets with godwit sync and with rsync in turn, each run on an equal start: "
              + "a new ext4 with a journal on a loop device, the source in the page cache. "
              + "Compares every result with its source. Needs root.")
  static final class Sync implements Callable<Integer> {
    @Mixin private RowChoice rowChoice = new RowChoice();

    @Option(
        names = "--rounds",
        defaultValue = "5",
        description = "How often each program runs. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
        names = "--small",
        description = "A fiftieth of the data, to try the benchmark; the results are not kept.")
    private boolean small;

    @Option(
        names = "--candidate",
        defaultValue = "godwit",
        description =
            "What is measured against rsync: godwit, rsync (against itself: all ratios must be "
                + "near 1) or none (rsync and the limits alone). Default: ${DEFAULT-VALUE}.")
    private Candidate candidate = Candidate.GODWIT;

    @Option(names = "--json", paramLabel = "FILE", description = "Write every run there.")
    private @Nullable Path json;

    @Option(
        names = "--folder",
        paramLabel = "DIR",
        description = "Where images of file systems are, up to 40 GB. Default: target/benchmark.")
    private @Nullable Path folder;

    @Option(names = "--keep", description = "Keep the data sets for the next time.")
    private boolean keep;

    @Option(names = "--list", description = "List the rows and their goals.")
    private boolean list;

    @Option(
        names = "--calls",
        description = "Count system calls for each file instead, with strace.")
    private boolean calls;

    @Option(
        names = "--profile",
        description = "Say instead what Godwit's processor time goes to, with perf.")
    private boolean profile;

    @Override
    public Integer call() throws Exception {
      Path home = Path.of(System.getProperty("godwit.home", "")).toAbsolutePath();
      List<Row> all = new SyncRows(candidate, home.resolve("godwit").toString()).all();
      if (list) {
        for (Row row : all) {
          System.out.printf("%-19s %s%n", row.name(), row.title());
          row.goals().forEach(goal -> System.out.printf("%-19s   goal: %s%n", "", goal.text()));
        }
        return 0;
      }
      requireRoot();
      List<Row> chosen = rowChoice.of(all, Row::name, Row::onlyWhenNamed);
      Path images = folder == null ? home.resolve("target/benchmark") : folder.toAbsolutePath();
      Files.createDirectories(images);
      try (FileChannel file =
              FileChannel.open(
                  images.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = file.tryLock()) {
        if (lock == null) {
          throw new BenchmarkException("another benchmark runs in " + images);
        }
        Scale scale = small ? Scale.SMALL : Scale.FULL;
        return calls
            ? countCalls(images, home.resolve("godwit").toString())
            : measure(chosen, all, home, images, scale);
      }
    }

    private int measure(List<Row> chosen, List<Row> all, Path home, Path images, Scale scale)
        throws IOException, InterruptedException {
      String command = command();
      String day =
          Instant.now().truncatedTo(ChronoUnit.DAYS).atZone(ZoneOffset.UTC).toLocalDate() + "";
      Map<String, String> machine = MachineFacts.read(images);
      System.out.println(command + ", " + day);
      machine.forEach((name, value) -> System.out.println("  " + name + ": " + value));
      List<RowResult> results = new ArrayList<>();
      boolean failed = false;
      try (DataSets sets = new DataSets(images, scale);
          RowRunner runner = new RowRunner(images, scale, sets, BenchmarkCommand::progress)) {
        for (Row row : chosen) {
          try {
            if (profile) {
              System.out.println(row.name() + ": " + row.title());
              System.out.print(runner.profile(row));
              continue;
            }
            RowResult result = runner.run(row, rounds);
            results.add(result);
            progress("");
            System.out.println();
            System.out.print(TextReport.of(result));
            // After each row: what was measured stays when a later row is interrupted.
            if (json != null) {
              JsonReport.write(json, command, day, machine, results);
            }
            if (!small && candidate != Candidate.RSYNC) {
              List<String> order = all.stream().map(Row::name).toList();
              ResultsPage.update(home.resolve(PAGE), order, command, day, machine, results);
            }
          } catch (IOException e) {
            progress("");
            System.out.printf("%n%s: not measured: %s%n", row.name(), e.getMessage());
            failed = true;
          }
        }
        if (!keep) {
          sets.delete();
        }
      }
      boolean wrong =
          results.stream()
              .anyMatch(result -> result.labels().stream().anyMatch(result::hasProblems));
      return failed || wrong ? 1 : 0;
    }

    private int countCalls(Path images, String godwit) throws IOException, InterruptedException {
      List<SystemCalls.Program> programs = new ArrayList<>();
      if (candidate == Candidate.GODWIT) {
        programs.add(new SystemCalls.Program("godwit", List.of(godwit, "sync", "-a")));
      }
      programs.add(new SystemCalls.Program("rsync", List.of("rsync", "-a")));
      programs.add(new SystemCalls.Program("cp", List.of("cp", "-aT")));
      for (SystemCalls.Program program : programs) {
        System.out.print(SystemCalls.report(images, program));
      }
      return 0;
    }

    private String command() {
      StringBuilder text = new StringBuilder("./benchmark sync");
      if (candidate != Candidate.GODWIT) {
        text.append(" --candidate ").append(candidate.name().toLowerCase(java.util.Locale.ROOT));
      }
      if (small) {
        text.append(" --small");
      }
      if (rounds != 5) {
        text.append(" --rounds ").append(rounds);
      }
      return text.append(rowChoice.typed()).toString();
    }
  }

  static void requireRoot() throws IOException {
    if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
      throw new BenchmarkException(
          "needs root, to mount file systems of its own and to keep other processes apart");
    }
  }

  /** One line that is written over, when someone watches. */
  @SuppressWarnings("SystemConsoleNull") // as in Confirmation
  static void progress(String text) {
    if (System.console() != null && System.console().isTerminal()) {
      System.err.print("\r\u001b[K" + text);
      System.err.flush();
    }
  }
}
