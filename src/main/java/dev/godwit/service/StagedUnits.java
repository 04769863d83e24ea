package dev.godwit.service;

import dev.godwit.host.Processes;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs units on a stage, in the place of the systemd that is not there. Everything that it starts
 * ends with the stage. One call for a unit at a time.
 */
final class StagedUnits {
  private static final Duration LOOK = Duration.ofMillis(10);

  /** In it most that cannot start at all have ended; systemd waits for nothing. */
  private static final Duration FALLS_OVER = Duration.ofMillis(20);

  /** A daemon whose first process has ended writes its number at once, or a moment later. */
  private static final Duration PID_FILE_LIMIT = Duration.ofSeconds(5);

  private static final int SIGKILL = 9;
  private static final int SAID_BYTES_MAX = 64 * 1024;
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Map<String, Started> started = new ConcurrentHashMap<>();

  /** A unit that was started. */
  private static final class Started {
    final StagedUnit unit;
    final StagedOwner owner;
    final Map<String, String> environment;
    final Path log;
    final Set<ProcessTable.Entry> known = new HashSet<>();
    volatile @Nullable NotifyListener listener;

    /** The main process where it was started here. */
    volatile @Nullable Process process;

    /** Empty when nobody knows which it is. */
    volatile Optional<ProcessTable.Entry> main = Optional.empty();

    Started(StagedUnit unit, StagedOwner owner, Map<String, String> environment, Path log) {
      this.unit = unit;
      this.owner = owner;
      this.environment = environment;
      this.log = log;
    }
  }

  /** Starts it with its parts; returns when systemd would call it started. */
  void start(KnownUnit known, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (UnitText text : known.texts()) {
      start(StagedUnit.of(text), end);
    }
  }

  /**
   * Whether its main process runs, or it was started where there is none.
   *
   * @throws ServiceException when it was started and has ended by itself, with its last words
   */
  boolean runs(KnownUnit known) throws IOException {
    if (known.texts().isEmpty()) {
      return false;
    }
    for (UnitText text : known.texts()) {
      Started running = started.get(text.name());
      if (running == null) {
        return false;
      }
      Optional<ProcessTable.Entry> main = running.main;
      Process process = running.process;
      if (process != null && !process.isAlive()) {
        throw failed(running, running.unit.start().getFirst(), process, false);
      }
      if (main.isPresent() && !ProcessTable.read().isAlive(main.get())) {
        throw new ServiceException(
            "%s: its main process has ended%s".formatted(text.name(), lastWords(running)));
      }
    }
    return true;
  }

  /** Stops it with its parts, in the opposite order; returns when what it kills has ended. */
  void stop(KnownUnit known, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (UnitText text : known.texts().reversed()) {
      Started running = started.remove(text.name());
      if (running != null) {
        try {
          stop(running, end);
        } finally {
          end(running);
        }
      }
    }
  }

  private static void end(Started unit) {
    NotifyListener listener = unit.listener;
    if (listener != null) {
      listener.end();
    }
  }

  // ---- start

  private void start(StagedUnit unit, long end) throws IOException, InterruptedException {
    Path log = Files.createTempFile("godwit-unit-", ".log");
    StagedOwner owner = StagedOwner.of(unit.owner());
    Started starting = new Started(unit, owner, environment(unit, owner), log);
    makeFolders(unit, owner);
    if (unit.type() == StagedUnit.Type.NOTIFY) {
      Path socket = Path.of("/run/godwit-notify-" + UUID.randomUUID());
      starting.environment.put("NOTIFY_SOCKET", socket.toString());
      starting.listener = NotifyListener.start(socket);
    }
    started.put(unit.name(), starting);
    boolean isUp = false;
    try {
      start(starting, end);
      isUp = true;
    } finally {
      if (!isUp) {
        started.remove(unit.name());
        signal(members(starting), SIGKILL);
        end(starting);
      }
    }
  }

  private void start(Started starting, long end) throws IOException, InterruptedException {
    StagedUnit unit = starting.unit;
    for (StagedUnit.Line line : unit.before()) {
      run(starting, line, end);
    }
    switch (unit.type()) {
      case SIMPLE -> {
        Process process = launchMain(starting);
        if (process.waitFor(FALLS_OVER.toMillis(), TimeUnit.MILLISECONDS)) {
          throw failed(starting, unit.start().getFirst(), process, false);
        }
      }
      case NOTIFY -> awaitReady(starting, launchMain(starting), end);
      case FORKING -> {
        run(starting, unit.start().getFirst(), end);
        starting.main = mainOfDaemon(starting, end);
        starting.main.ifPresent(
            main -> starting.environment.put("MAINPID", Integer.toString(main.pid())));
      }
      case ONESHOT -> {
        for (StagedUnit.Line line : unit.start()) {
          run(starting, line, end);
        }
      }
    }
    for (StagedUnit.Line line : unit.after()) {
      run(starting, line, end);
    }
  }

  private static void awaitReady(Started starting, Process process, long end)
      throws IOException, InterruptedException {
    NotifyListener listener = starting.listener;
    while (listener != null && !listener.isReady()) {
      if (!process.isAlive()) {
        throw failed(starting, starting.unit.start().getFirst(), process, false);
      }
      if (System.nanoTime() - end >= 0) {
        throw new ServiceException(
            "%s: it has not said that it is ready (sd_notify)%s"
                .formatted(starting.unit.name(), lastWords(starting)));
      }
      Thread.sleep(Duration.ofMillis(1));
    }
  }

  /** From its PIDFile; without one, as systemd guesses: the one process that has no parent. */
  private Optional<ProcessTable.Entry> mainOfDaemon(Started starting, long end)
      throws IOException, InterruptedException {
    StagedUnit unit = starting.unit;
    if (unit.pidFile().isEmpty()) {
      Set<ProcessTable.Entry> members = members(starting);
      ProcessTable table = ProcessTable.read();
      Set<ProcessTable.Entry> orphans =
          members.stream().filter(each -> table.isChildOf(each, 1)).collect(Collectors.toSet());
      return unit.guessesMain() && orphans.size() == 1
          ? Optional.of(orphans.iterator().next())
          : Optional.empty();
    }
    Path file = Path.of("/run").resolve(unit.pidFile());
    long until = Math.min(end, System.nanoTime() + PID_FILE_LIMIT.toNanos());
    while (true) {
      Optional<ProcessTable.Entry> found = numbered(file);
      if (found.isPresent()) {
        return found;
      }
      if (System.nanoTime() - until >= 0) {
        throw new ServiceException(
            "%s: its start command has ended, but %s names no process that runs%s"
                .formatted(unit.name(), file, lastWords(starting)));
      }
      Thread.sleep(LOOK);
    }
  }

  private static Optional<ProcessTable.Entry> numbered(Path file) throws IOException {
    try {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      return text.matches("[1-9][0-9]{0,8}")
          ? ProcessTable.read().find(Integer.parseInt(text))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static void makeFolders(StagedUnit unit, StagedOwner owner) throws IOException {
    for (StagedUnit.Folder folder : unit.folders()) {
      Files.createDirectories(folder.path());
      owner.give(folder.path(), folder.mode());
    }
  }

  private static Map<String, String> environment(StagedUnit unit, StagedOwner owner)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", PATH);
    assign(environment, "/etc/locale.conf", file("-/etc/locale.conf"));
    environment.putAll(owner.variables());
    Map<String, List<String>> folders = new HashMap<>();
    for (StagedUnit.Folder folder : unit.folders()) {
      folders
          .computeIfAbsent(folder.variable(), name -> new ArrayList<>())
          .add(folder.path().toString());
    }
    folders.forEach((name, paths) -> environment.put(name, String.join(":", paths)));
    environment.put("INVOCATION_ID", UUID.randomUUID().toString().replace("-", ""));
    assign(environment, unit.name(), unit.environment());
    for (String each : unit.environmentFiles()) {
      assign(environment, each, file(each));
    }
    return environment;
  }

  private static void assign(
      Map<String, String> environment, String where, List<String> assignments)
      throws ServiceException {
    for (String each : assignments) {
      String[] both = each.split("=", 2);
      if (both.length != 2) {
        throw new ServiceException("%s: not an assignment: %s".formatted(where, each));
      }
      environment.put(both[0], both[1]);
    }
  }

  private static List<String> file(String path) throws IOException {
    String plain = path.startsWith("-") ? path.substring(1) : path;
    try {
      return EnvironmentFile.assignments(
          Files.readString(Path.of(plain), StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      if (path.startsWith("-")) {
        return List.of();
      }
      throw new ServiceException("its environment file %s is not there".formatted(plain), e);
    }
  }

  // ---- stop

  private static void stop(Started running, long end) throws IOException, InterruptedException {
    StagedUnit unit = running.unit;
    long limit = Math.min(end, System.nanoTime() + unit.kill().limit().toNanos());
    running.known.addAll(members(running));
    for (StagedUnit.Line line : unit.stop()) {
      runRegardless(running, line, limit);
    }
    running.known.addAll(members(running));
    Set<ProcessTable.Entry> all = alive(running.known);
    Set<ProcessTable.Entry> told =
        switch (unit.kill().mode()) {
          case ALL -> all;
          case MIXED, MAIN -> running.main.map(Set::of).orElse(Set.of());
          case NONE -> Set.of();
        };
    signal(told, unit.kill().signal());
    boolean isMainUnknown = unit.kill().mode() == StagedUnit.KillMode.MIXED && told.isEmpty();
    await(isMainUnknown ? all : told, limit);
    if (unit.kill().mode() == StagedUnit.KillMode.ALL
        || unit.kill().mode() == StagedUnit.KillMode.MIXED) {
      Set<ProcessTable.Entry> left = alive(running.known);
      signal(left, SIGKILL);
      await(left, end);
    }
    for (StagedUnit.Line line : unit.afterStop()) {
      runRegardless(running, line, end);
    }
    Files.deleteIfExists(running.log);
  }

  private static void runRegardless(Started running, StagedUnit.Line line, long end)
      throws IOException, InterruptedException {
    try {
      run(running, line, end);
    } catch (ServiceException e) {
      // As systemd does it: what its stop command has left is killed.
    }
  }

  private static void await(Set<ProcessTable.Entry> processes, long end)
      throws IOException, InterruptedException {
    while (!alive(processes).isEmpty() && System.nanoTime() - end < 0) {
      Thread.sleep(LOOK);
    }
  }

  private static Set<ProcessTable.Entry> alive(Set<ProcessTable.Entry> processes)
      throws IOException {
    ProcessTable table = ProcessTable.read();
    return processes.stream().filter(table::isAlive).collect(Collectors.toSet());
  }

  private static void signal(Set<ProcessTable.Entry> processes, int number) throws IOException {
    for (ProcessTable.Entry process : processes) {
      boolean unused = ProcessTable.signal(process, number);
    }
  }

  /**
   * Its processes: those with its mark in their environment, and what descends from them. Systemd
   * has control groups for that; a daemon that clears its environment is missed here, but not by
   * its PIDFile or its port.
   */
  private static Set<ProcessTable.Entry> members(Started running) throws IOException {
    String mark = "INVOCATION_ID=" + running.environment.get("INVOCATION_ID");
    ProcessTable table = ProcessTable.read();
    Set<ProcessTable.Entry> members = new HashSet<>();
    running.main.ifPresent(members::add);
    for (ProcessTable.Entry each : table.living()) {
      if (environmentOf(each.pid()).contains(mark)) {
        members.add(each);
      }
    }
    return table.withDescendants(members);
  }

  private static String environmentOf(int pid) {
    try {
      return Files.readString(
          Path.of("/proc", Integer.toString(pid), "environ"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  // ---- commands

  /** Runs one to its end. */
  private static void run(Started unit, StagedUnit.Line line, long end)
      throws IOException, InterruptedException {
    Process process = launch(unit, line);
    boolean isDone =
        process.waitFor(Math.max(end - System.nanoTime(), 1_000_000), TimeUnit.NANOSECONDS);
    if (!isDone) {
      Processes.kill(process);
      process.waitFor();
    }
    if (!isDone || (process.exitValue() != 0 && !line.mayFail())) {
      throw failed(unit, line, process, !isDone);
    }
  }

  private static Process launchMain(Started starting) throws IOException {
    Process process = launch(starting, starting.unit.start().getFirst());
    starting.process = process;
    starting.main = ProcessTable.read().find((int) process.pid());
    starting.environment.put("MAINPID", Long.toString(process.pid()));
    return process;
  }

  private static Process launch(Started starting, StagedUnit.Line line) throws IOException {
    StagedUnit unit = starting.unit;
    List<String> words =
        line.hasVariables()
            ? new UnitWords(unit.name()).withVariables(line.words(), starting.environment)
            : line.words();
    List<String> argv = new ArrayList<>();
    if (!unit.limits().isEmpty()) {
      argv.add("prlimit");
      for (StagedLimit limit : unit.limits()) {
        argv.add(limit.argument());
      }
    }
    if (!line.isPrivileged()) {
      argv.addAll(starting.owner.become(unit.capabilities()));
    }
    argv.add(Processes.find(words.getFirst()).toString());
    argv.addAll(words.subList(1, words.size()));
    return Processes.launch(
        new Processes.Launch(
            argv,
            starting.environment,
            directory(unit, starting.owner),
            unit.mask(),
            starting.log));
  }

  private static Path directory(StagedUnit unit, StagedOwner owner) throws ServiceException {
    String wanted = unit.directory().equals("~") ? owner.home() : unit.directory();
    Path directory = Path.of(wanted.isEmpty() ? "/" : wanted);
    if (Files.isDirectory(directory)) {
      return directory;
    }
    if (unit.mayLackDirectory()) {
      return Path.of("/");
    }
    throw new ServiceException(
        "%s: its working directory %s is not there".formatted(unit.name(), directory));
  }

  private static ServiceException failed(
      Started unit, StagedUnit.Line line, Process process, boolean timedOut) throws IOException {
    return new ServiceException(
        "%s: `%s` %s%s"
            .formatted(
                unit.unit.name(),
                String.join(" ", line.words()),
                timedOut ? "did not end in time" : "ended with " + process.exitValue(),
                lastWords(unit)));
  }

  private static String lastWords(Started unit) throws IOException {
    byte[] said = Files.readAllBytes(unit.log);
    int from = Math.max(0, said.length - SAID_BYTES_MAX);
    String text = new String(said, from, said.length - from, StandardCharsets.UTF_8).strip();
    return text.isEmpty() ? "" : " and said: " + text.substring(text.lastIndexOf('\n') + 1);
  }
}
