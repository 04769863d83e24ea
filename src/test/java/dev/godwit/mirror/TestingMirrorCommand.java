package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingClassPath;
import dev.godwit.TestingPatience;
import dev.godwit.daemon.RequestException;
import dev.godwit.host.AgentFile;
import dev.godwit.host.TestingSshd;
import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The commands as users start them, each in a process of its own, with their state, sockets and
 * output in one folder.
 */
final class TestingMirrorCommand implements AutoCloseable {
  static final Duration LIMIT = TestingPatience.LIMIT;

  final TestingTree tree;
  final Path source;
  final Path target;
  final Path control;
  final Path log;
  private final List<Process> processes = new ArrayList<>();

  TestingMirrorCommand(String parent) {
    tree = new TestingTree(parent);
    source = tree.root();
    target = tree.top().resolve("target");
    control = tree.top().resolve("control.sock");
    log = tree.top().resolve("output");
  }

  /** Starts {@code godwit WORDS}; its output is appended to {@link #log}. */
  Process start(String... words) throws IOException {
    return startUnder(List.of(), words);
  }

  /** The same, started by another program. */
  Process startUnder(List<String> other, String... words) throws IOException {
    List<String> command = new ArrayList<>(other);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx256m"));
    command.add("-D" + AgentFile.PROPERTY + "=" + jar().toAbsolutePath());
    command.addAll(List.of("-cp", TestingClassPath.absolute()));
    command.add("dev.godwit.Main");
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("STATE_DIRECTORY", tree.top().resolve("state").toString());
    builder.directory(tree.top().toFile());
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Runs {@code godwit WORDS} to its end. */
  int run(String... words) throws IOException, InterruptedException {
    Process process = start(words);
    return await(process);
  }

  /** What a far host is given; there only when it was packaged before. */
  static Path jar() {
    return Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
  }

  int await(Process process) throws IOException, InterruptedException {
    assertThat(process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)).as(output()).isTrue();
    return process.exitValue();
  }

  /** A mirror of the two trees that can be asked; returns when it is live. */
  Process live(String... options) throws IOException, InterruptedException {
    return live(List.of(options), source + "/", target.toString());
  }

  /** The same with one side on the host of an sshd. */
  Process live(TestingSshd sshd, boolean isTargetFar, String... options)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("-e", "ssh " + String.join(" ", sshd.clientArguments())));
    String far = sshd.destination().text() + ":";
    return live(all, (isTargetFar ? "" : far) + source + "/", (isTargetFar ? far : "") + target);
  }

  private Process live(List<String> options, String from, String to)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("mirror", "--control=" + control));
    words.addAll(options);
    words.addAll(List.of(from, to));
    Process process = start(words.toArray(String[]::new));
    awaitState("live");
    return process;
  }

  JsonNode status() throws IOException {
    return JsonMapper.shared().readTree(ask("status")).get("mirrors").get(0);
  }

  /** Resumes what halts again; where the machine is busy, its answer may come before that. */
  void resumeInVain() throws Exception {
    await(
        "told that it has halted again",
        () -> {
          try {
            String unused = ask("resume");
            awaitState("halted");
            return false;
          } catch (IOException e) {
            assertThat(e)
                .as("what was asked was right")
                .isNotInstanceOf(RequestException.class)
                .hasMessageContaining(": has halted: ")
                .hasMessageContaining("--new-root");
            return true;
          }
        });
  }

  String ask(String request) throws IOException {
    return MirrorProcess.SOCKETS.ask(control, request);
  }

  /** Waits until the first mirror is in a state. */
  JsonNode awaitState(String state) throws IOException, InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    String seen = "nothing";
    while (System.nanoTime() - end < 0) {
      try {
        JsonNode status = status();
        seen = status.toString();
        if (status.get("state").asString().equals(state)) {
          return status;
        }
      } catch (IOException e) {
        seen = String.valueOf(e.getMessage()); // not yet
      }
      assertThat(processes.stream().anyMatch(Process::isAlive)).as(output()).isTrue();
      Thread.sleep(20);
    }
    throw new AssertionError("not " + state + " but " + seen + "\n" + output());
  }

  String output() throws IOException {
    return text(log);
  }

  /** What a file holds that somebody may not have written yet. */
  static String text(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  void awaitOutput(String text) throws Exception {
    TestingPatience.await(() -> text + " in " + output(), () -> output().contains(text));
  }

  void await(String what, Callable<Boolean> isSo) throws Exception {
    TestingPatience.await(() -> what + ": " + output(), isSo);
  }

  /** Kills the agents of an sshd's host; returns when the mirror is live again. */
  void killAgents(TestingSshd sshd) throws Exception {
    long before = status().get("reconnects").asLong();
    List<ProcessHandle> agents = sshd.agents().toList();
    assertThat(agents).as("agents of %s", output()).isNotEmpty();
    agents.forEach(ProcessHandle::destroyForcibly);
    await("connected anew", () -> status().get("reconnects").asLong() > before);
    awaitState("live");
  }

  /**
   * A barrier; then rsync would have nothing to do, and nothing is left of what was under way.
   *
   * @param writer who has made the changes
   */
  void assertWhole(TestingWriter writer, String as) throws IOException, InterruptedException {
    try {
      ask("barrier");
    } catch (IOException e) {
      throw new AssertionError(as + "\n" + writer.log(), e);
    }
    assertThat(TestingOracle.differences(source, target))
        .as(() -> as + "\n" + writer.log())
        .isEmpty();
    String temporary = ".godwit-" + "[0-9a-f]".repeat(32);
    assertThat(TestingOracle.run("find", target.toString(), "-name", temporary)).as(as).isEmpty();
  }

  /** By means that the engine does not use. */
  void assertEqual(String as) throws IOException {
    assertEqual(as, source, target);
  }

  static void assertEqual(String as, Path one, Path other) throws IOException {
    Map<String, String> wanted = TestingWalker.describe(one);
    Map<String, String> found = TestingWalker.describe(other);
    Set<String> same = new HashSet<>(wanted.keySet());
    same.removeIf(name -> !Objects.equals(wanted.get(name), found.get(name)));
    wanted.keySet().removeAll(same);
    found.keySet().removeAll(same);
    assertThat(found).as(as).isEqualTo(wanted);
  }

  /** What the processes that were started have started in turn. */
  Stream<ProcessHandle> children() {
    return processes.stream().flatMap(Process::descendants);
  }

  /** Ends all processes at once. */
  void end() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    end();
    for (Process process : processes) {
      // lsyncd's command line names no other place, and a killed process leaves it behind.
      Files.deleteIfExists(MirrorProcess.SOCKETS.pathOf(process.pid()));
    }
    tree.close();
  }
}
