package dev.godwit.bench;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./benchmark forward}. */
@Command(
    name = "forward",
    description =
        "Passes the same load through godwit forward, haproxy, nginx stream, socat and ssh -L in "
            + "turn, in a network namespace of its own. Needs root; ./benchmark installs the programs.")
final class ForwardBenchmark implements Callable<Integer> {
  static final String BEGIN = "<!-- results of forward: written by ./benchmark -->";
  static final String END = "<!-- end of results of forward -->";

  private static final String FOLDER = "target/benchmark-forward";

  @Mixin private RowChoice rowChoice = new RowChoice();

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "How often each relay is loaded. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--small",
      description = "A tenth of the load, to try the benchmark; the results are not kept.")
  private boolean small;

  @Option(names = "--json", paramLabel = "FILE", description = "Write every round there.")
  private @Nullable Path json;

  @Option(names = "--list", description = "List the rows and their goals.")
  private boolean list;

  @Override
  public Integer call() throws Exception {
    Path home = Path.of(System.getProperty("godwit.home", "")).toAbsolutePath();
    List<RelayRow> all =
        RelayRows.all(home.resolve("godwit").toString(), home.resolve(FOLDER), small);
    if (list) {
      for (RelayRow row : all) {
        System.out.printf("%-15s %s%n", row.name(), row.title());
        row.goals()
            .forEach(
                goal ->
                    System.out.printf(
                        "%-15s   goal: %s %s%n", "", goal.figure().name(), goal.text()));
      }
      return 0;
    }
    BenchmarkCommand.requireRoot();
    List<RelayRow> chosen = rowChoice.of(all, RelayRow::name, row -> false);
    Path folder = Files.createDirectories(home.resolve(FOLDER));
    try (FileChannel file =
            FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock()) {
      if (lock == null) {
        throw new BenchmarkException("another benchmark runs in " + folder);
      }
      return measure(chosen, all, home, folder);
    }
  }

  private int measure(List<RelayRow> chosen, List<RelayRow> all, Path home, Path folder)
      throws IOException, InterruptedException {
    String command = command();
    String day = LocalDate.ofInstant(Instant.now(), ZoneOffset.UTC).toString();
    Map<String, String> machine = machine(folder);
    System.out.println(command + ", " + day);
    machine.forEach((name, value) -> System.out.println("  " + name + ": " + value));
    List<RelayResult> results = new ArrayList<>();
    boolean failed = false;
    RelayRunner runner = new RelayRunner(folder, BenchmarkCommand::progress);
    try (RelayServers servers = new RelayServers(folder)) {
      for (RelayRow row : chosen) {
        RelayResult result = runner.run(row, rounds);
        results.add(result);
        BenchmarkCommand.progress("");
        System.out.println();
        System.out.print(RelayReport.text(result));
        failed |= result.labels().stream().anyMatch(label -> !result.problems(label).isEmpty());
        // After each row: what was measured stays when a later row is interrupted.
        if (json != null) {
          RelayReport.writeJson(json, command, day, machine, results);
        }
        if (!small) {
          keep(home.resolve(BenchmarkCommand.PAGE), all, command, day, machine, result);
        }
      }
    }
    return failed ? 1 : 0;
  }

  private static void keep(
      Path page,
      List<RelayRow> all,
      String command,
      String day,
      Map<String, String> machine,
      RelayResult result)
      throws IOException {
    Files.writeString(
        page,
        new ResultsPage(BEGIN, END, RelayReport.HEAD)
            .updated(
                Files.readString(page),
                RelayReport.order(all),
                command,
                day,
                machine,
                RelayReport.lines(result, day)));
  }

  private static Map<String, String> machine(Path folder) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>(MachineFacts.read(folder));
    facts.remove("disk");
    facts.remove("rsync");
    facts.put("haproxy", first("haproxy", "-v"));
    facts.put("nginx", first("nginx", "-v"));
    facts.put(
        "socat",
        Programs.tryRun(List.of("socat", "-V"))
            .text()
            .lines()
            .filter(line -> line.contains("version"))
            .findFirst()
            .orElse("unknown"));
    facts.put("iperf3", first("iperf3", "--version"));
    facts.put("wrk", first("wrk", "--version"));
    return facts;
  }

  private static String first(String... command) throws IOException {
    return Programs.tryRun(List.of(command)).text().lines().findFirst().orElse("unknown").strip();
  }

  private String command() {
    StringBuilder text = new StringBuilder("./benchmark forward");
    if (small) {
      text.append(" --small");
    }
    if (rounds != 5) {
      text.append(" --rounds ").append(rounds);
    }
    return text.append(rowChoice.typed()).toString();
  }
}
