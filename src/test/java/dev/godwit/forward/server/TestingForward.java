package dev.godwit.forward.server;

import dev.godwit.TestingPatience;
import dev.godwit.TestingProgram;
import dev.godwit.forward.TestingNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** {@code godwit forward} as a process of its own, with what it says. */
final class TestingForward implements AutoCloseable {
  final Process process;
  final List<String> said = new CopyOnWriteArrayList<>();

  private TestingForward(Process process) {
    this.process = process;
  }

  /** From now on what it says is read. */
  void read() {
    BufferedReader lines = process.errorReader(StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().start(() -> lines.lines().forEach(said::add));
  }

  static TestingForward start(TestingNamespace namespace, String... arguments) throws Exception {
    return startWith(namespace, List.of(), arguments);
  }

  /**
   * @param options of its JVM
   */
  static TestingForward startWith(
      TestingNamespace namespace, List<String> options, String... arguments) throws Exception {
    return startUnder(namespace, List.of(), options, arguments);
  }

  /**
   * One that another program becomes.
   *
   * @param other with its arguments, such as {@code env}
   * @param options of its JVM
   */
  static TestingForward startUnder(
      TestingNamespace namespace, List<String> other, List<String> options, String... arguments)
      throws Exception {
    TestingForward forward = new TestingForward(spawn(namespace, other, options, arguments));
    forward.read();
    forward.await("connections at once");
    return forward;
  }

  /**
   * One whose standard error is a pipe that is full and that nobody reads.
   *
   * @param control that it makes
   */
  static TestingForward startUnread(TestingNamespace namespace, Path control, String... arguments)
      throws Exception {
    List<String> command = TestingProgram.command();
    command.add("forward");
    command.addAll(List.of("--control", control.toString()));
    command.addAll(List.of(arguments));
    // Opened once more, so that only this one does not wait.
    command.addAll(
        0,
        List.of(
            "sh",
            "-c",
            "dd if=/dev/zero of=/proc/self/fd/3 bs=4096 oflag=nonblock 3>&2 2>/dev/null;"
                + " exec \"$@\"",
            "sh"));
    Process process =
        new ProcessBuilder(namespace.inside(command.toArray(String[]::new)))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    TestingForward forward = new TestingForward(process);
    TestingPatience.await("its control socket", () -> Files.exists(control));
    return forward;
  }

  /** One that may not even begin. */
  static Process spawn(TestingNamespace namespace, String... arguments) throws Exception {
    return spawn(namespace, List.of(), List.of(), arguments);
  }

  /** The same under another program, and with options of its JVM. */
  static Process spawn(
      TestingNamespace namespace, List<String> other, List<String> options, String... arguments)
      throws Exception {
    List<String> command = TestingProgram.command();
    command.addAll(1, options);
    command.addAll(0, other);
    command.add("forward");
    command.addAll(List.of(arguments));
    return new ProcessBuilder(namespace.inside(command.toArray(String[]::new)))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** How many lines it has said with these words in them. */
  int count(String words) {
    return (int) said.stream().filter(line -> line.contains(words)).count();
  }

  /** What a command says on standard output. */
  static String run(TestingNamespace namespace, String... arguments) throws Exception {
    List<String> all = TestingProgram.command();
    all.add("forward");
    all.addAll(List.of(arguments));
    return TestingNamespace.command(
        namespace.inside(all.toArray(String[]::new)).toArray(String[]::new));
  }

  void await(String words) throws Exception {
    long end = System.nanoTime() + TestingPatience.LIMIT.toNanos();
    boolean ended = false; // its last words may still be on their way
    while (said.stream().noneMatch(line -> line.contains(words))) {
      if (System.nanoTime() - end > 0) {
        throw new IOException(
            "expected: " + words + "; alive: " + process.isAlive() + "; it said: " + said);
      }
      if (!ended && !process.isAlive()) {
        ended = true;
        end = System.nanoTime() + 2_000_000_000L;
      }
      Thread.sleep(10);
    }
  }

  /** {@code ip netns exec} becomes the program. */
  long pid() {
    return process.pid();
  }

  void signal(String name) throws Exception {
    TestingNamespace.command("kill", "-" + name, Long.toString(pid()));
  }

  int ended() throws Exception {
    if (!process.waitFor(TestingPatience.LIMIT)) {
      throw new IOException("it does not end; it said: " + said);
    }
    return process.exitValue();
  }

  int sockets() throws IOException {
    int count = 0;
    try (var files = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      for (Path file : files.toList()) {
        try {
          count += Files.readSymbolicLink(file).toString().startsWith("socket:") ? 1 : 0;
        } catch (java.nio.file.NoSuchFileException e) {
          continue; // closed meanwhile
        }
      }
    }
    return count;
  }

  int descriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      return (int) files.count();
    }
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
