package dev.godwit.bench;

import dev.godwit.bench.Contestant.Place;
import dev.godwit.bench.Row.Route;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures a row: the contestants in turn, round after round, each on an equal start and each
 * followed by a comparison of what it made. The set, and what the target has of it, is read into
 * the page cache right before each run: a virtual machine may lose within seconds what is not used.
 */
final class RowRunner implements AutoCloseable {
  private static final long LIMIT_MINUTES = 30;

  /** Of larger sets, content is compared in the first round only; there is little of it. */
  private static final long ALWAYS_READ_INODES = 300_000;

  private static final DataSet ANY_SET = new SmallFiles(100, 100, 10);

  private final Path folder;
  private final Scale scale;
  private final DataSets sets;
  private final Target target;
  private final Consumer<String> progress;
  private @Nullable Line line;
  private @Nullable DataSet kept;
  private boolean farEndIsKnown;

  RowRunner(Path folder, Scale scale, DataSets sets, Consumer<String> progress) {
    this.folder = folder;
    this.scale = scale;
    this.sets = sets;
    this.progress = progress;
    target = new Target(folder, scale, sets);
  }

  RowResult run(Row row, int rounds) throws IOException, InterruptedException {
    keepOnlyFor(row);
    checkPossible(row);
    if (row.route().kind() == Route.Kind.SSH && !farEndIsKnown) {
      makeFarEndKnown(row);
      farEndIsKnown = true;
    }
    RowResult result = new RowResult(row, MachineFacts.load());
    progress.accept(row.name() + ": data set");
    for (int round = 1; round <= rounds; round++) {
      int count = row.contestants().size();
      for (int i = 0; i < count; i++) {
        // Everyone comes first, and after everyone else, in some round.
        Contestant contestant = row.contestants().get((i + round - 1) % count);
        progress.accept(
            "%s: round %d of %d, %s".formatted(row.name(), round, rounds, contestant.label()));
        result.add(contestant.label(), measure(row, contestant, round));
      }
    }
    return result;
  }

  /**
   * Copies a few files over the line, so that a program which has to bring its own far end has done
   * that before the first run that counts.
   */
  private void makeFarEndKnown(Row row) throws IOException, InterruptedException {
    Path written = target.prepare(new Row.Start.Empty(), ANY_SET);
    for (Contestant contestant : row.contestants()) {
      try (RunGroup group = RunGroup.create("godwit-benchmark");
          Connection connection = connect(Route.SSH, group, written)) {
        execute(group.inside(contestant.command().line(place(ANY_SET, connection))), false);
      }
    }
  }

  /** Runs the candidate once, and says what its processor time goes to. */
  String profile(Row row) throws IOException, InterruptedException {
    keepOnlyFor(row);
    checkPossible(row);
    Contestant candidate =
        row.contestants().stream()
            .filter(contestant -> contestant.label().equals(row.candidate()))
            .findFirst()
            .orElseThrow(() -> new BenchmarkException("there is no candidate to profile"));
    Path file = folder.resolve("perf-" + row.name() + ".data");
    Path written = target.prepare(row.start(), row.source());
    PageCache.fill(sets.root(row.source()));
    try (RunGroup group = RunGroup.create("godwit-benchmark");
        Connection connection = connect(row.route(), group, written)) {
      List<String> command =
          group.inside(candidate.command().line(place(row.source(), connection)));
      Profile profile = new Profile(file, group);
      List<String> problems;
      try (profile) {
        problems = execute(command, true).problems();
      }
      return profile.report()
          + String.join("\n", problems)
          + "\n  more: perf report -i "
          + file
          + "\n";
    }
  }

  /** Forgets what this row does not need, so that memory is free for what it does. */
  private void keepOnlyFor(Row row) throws IOException {
    if (!row.source().equals(kept)) {
      kept = null;
      target.discard();
      sets.unmountAll();
      kept = row.source();
    }
  }

  @Override
  public void close() throws IOException {
    target.close();
    if (line != null) {
      line.close();
    }
  }

  private void checkPossible(Row row) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < Target.space(row, scale)) {
      throw new BenchmarkException(
          "%s may need %d GB in %s, where %d GB are free"
              .formatted(row.name(), Target.space(row, scale) >> 30, folder, free >> 30));
    }
    if (row.route().kind() == Route.Kind.SSHFS && !Programs.exist("sshfs")) {
      throw new BenchmarkException("needs sshfs: apt-get install sshfs");
    }
  }

  private Place place(DataSet set, Connection connection) throws IOException {
    String source = sets.root(set).toString();
    return new Place(source, connection.target().toString(), connection.ssh(), "far");
  }

  private Measurement measure(Row row, Contestant contestant, int round)
      throws IOException, InterruptedException {
    DataSet set = source(row, contestant);
    Path source = sets.root(set);
    Path written = target.prepare(row.start(), set);
    try (RunGroup group = RunGroup.create("godwit-benchmark");
        Connection connection = connect(row.route(), group, written)) {
      List<String> command = group.inside(contestant.command().line(place(set, connection)));
      Contestant.Around around = contestant.around();
      if (around != null) {
        executeAside(around.before(), set, group, connection);
      }
      PageCache.fill(source);
      if (!(row.start() instanceof Row.Start.Empty)) {
        PageCache.fill(written);
      }
      List<String> processesBefore = group.processes();
      long wireBefore = wire();
      RunGroup.Processor processorBefore = group.processor();
      Execution execution;
      long memory;
      try (PeakMemory peak = new PeakMemory(group)) {
        execution = execute(command, false);
        group.awaitOnly(processesBefore);
        memory = peak.bytes();
      }
      RunGroup.Processor processor = group.processor().minus(processorBefore);
      long wire = wire() - wireBefore;
      if (around != null) {
        executeAside(around.after(), set, group, connection);
      }
      List<String> problems = new ArrayList<>(execution.problems());
      if (problems.isEmpty()) {
        problems.addAll(compare(source, written, contestant, round, set, options(row)));
      }
      return new Measurement(
          round,
          execution.wall(),
          processor,
          memory,
          row.route().isRemote() ? wire : 0,
          List.copyOf(problems));
    }
  }

  /** A run that is not measured, and without which what is measured would be something else. */
  private void executeAside(
      Contestant.Command command, DataSet set, RunGroup group, Connection connection)
      throws IOException, InterruptedException {
    Execution execution = execute(group.inside(command.line(place(set, connection))), false);
    if (!execution.problems().isEmpty()) {
      throw new BenchmarkException(String.join("; ", execution.problems()));
    }
  }

  private record Execution(Duration wall, List<String> problems) {}

  private Execution execute(List<String> command, boolean profiled)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile());
    if (profiled) {
      builder.environment().put("JAVA_TOOL_OPTIONS", Profile.JAVA_OPTIONS);
    }
    long start_ns = System.nanoTime();
    Process process = builder.start();
    boolean ended = process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
    Duration wall = Duration.ofNanos(System.nanoTime() - start_ns);
    if (!ended) {
      process.destroyForcibly();
      return new Execution(wall, List.of("did not end within " + LIMIT_MINUTES + " minutes"));
    }
    if (process.exitValue() != 0) {
      List<String> said = Programs.read(output).lines().toList();
      List<String> problems = new ArrayList<>(List.of("exit status " + process.exitValue()));
      problems.addAll(said.subList(Math.max(0, said.size() - 5), said.size()));
      return new Execution(wall, problems);
    }
    return new Execution(wall, List.of());
  }

  private List<String> compare(
      Path source, Path written, Contestant contestant, int round, DataSet set, String options)
      throws IOException {
    boolean readContent = round == 1 || set.inodes(scale) <= ALWAYS_READ_INODES;
    List<String> problems =
        new ArrayList<>(
            TreeCheck.differences(source, written, contestant.exactness(), readContent));
    TreeCheck.openForRsync(source, written, contestant.exactness(), options).stream()
        .map(line -> "rsync would still: " + line)
        .forEach(problems::add);
    return problems;
  }

  /** With which options rsync compares: all attributes, when the row is about them. */
  private static String options(Row row) {
    return row.name().contains("ahax") ? "-aHAX" : "-a";
  }

  private static DataSet source(Row row, Contestant contestant) {
    return contestant.source() == null ? row.source() : contestant.source();
  }

  private long wire() throws IOException {
    return line == null ? 0 : line.bytes();
  }

  /** How a run reaches its target, and what has to be taken down after it. */
  private record Connection(Path target, List<String> ssh, List<Closeable> parts)
      implements Closeable {
    @Override
    public void close() throws IOException {
      for (Closeable part : parts.reversed()) {
        part.close();
      }
    }
  }

  private Connection connect(Route route, RunGroup group, Path written) throws IOException {
    if (!route.isRemote()) {
      return new Connection(written, List.of(), List.of());
    }
    if (line == null) {
      line = new Line(folder.resolve("line"));
    }
    line.startSshd(group);
    List<Closeable> parts = new ArrayList<>();
    Path configuration;
    if (route.roundTrip() == null) {
      configuration = line.sshConfiguration();
    } else {
      DelayRelay relay = new DelayRelay(line.sshAddress(), route.roundTrip());
      parts.add(relay);
      configuration = line.sshConfiguration(relay);
    }
    if (route.kind() == Route.Kind.SSH) {
      return new Connection(written, List.of("ssh", "-F", configuration.toString()), parts);
    }
    Path mount = Files.createDirectories(folder.resolve("sshfs"));
    Programs.run(
        group.inside(
            List.of("sshfs", "-F", configuration.toString(), "far:" + written, mount.toString())));
    parts.add(() -> Programs.run("umount", mount.toString()));
    return new Connection(mount, List.of(), parts);
  }
}
