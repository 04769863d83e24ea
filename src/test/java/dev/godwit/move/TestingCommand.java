package dev.godwit.move;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A command that runs in a host of the lab: its lines as they come, and its process to be killed,
 * stopped and continued. What is done at a line is done by the thread that reads it, at once.
 */
final class TestingCommand implements AutoCloseable {
  private static final long LOOK_MILLIS = 500;

  private final Process process;
  private final String shown;
  private final Thread reader;
  private final List<String> lines = new ArrayList<>();
  private final Predicate<String> trigger;
  private final @Nullable Act act;
  private boolean triggered;
  private long program;
  private boolean ended;

  /** Done once, at the first line that the trigger accepts. */
  interface Act {
    void on(TestingCommand command) throws IOException, InterruptedException;
  }

  private TestingCommand(
      Process process, String shown, Predicate<String> trigger, @Nullable Act act) {
    this.process = process;
    this.shown = shown;
    this.trigger = trigger;
    this.act = act;
    this.reader = Thread.ofPlatform().daemon().name("reads " + shown).unstarted(this::read);
  }

  static TestingCommand start(LabHost host, List<String> argv, String shown) throws IOException {
    return start(host, argv, shown, line -> false, null);
  }

  /** Starts it; does {@code act} when the first line comes that {@code trigger} accepts. */
  static TestingCommand start(
      LabHost host, List<String> argv, String shown, Predicate<String> trigger, @Nullable Act act)
      throws IOException {
    Process process = host.command(argv).redirectErrorStream(true).start();
    process.getOutputStream().close();
    TestingCommand command = new TestingCommand(process, shown, trigger, act);
    command.reader.start();
    return command;
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        pid(); // looked up before it is needed in a hurry
        if (act != null && !triggered && trigger.test(line)) {
          triggered = true;
          act.on(this);
          add("    (here: the test's act)", line);
        } else {
          add(line);
        }
      }
    } catch (IOException | InterruptedException e) {
      add("(no more lines: " + e + ")");
    }
    synchronized (lines) {
      ended = true;
      lines.notifyAll();
    }
  }

  private void add(String... more) {
    synchronized (lines) {
      for (String line : more) {
        System.out.println(shown + " | " + line);
        lines.add(line);
      }
      lines.notifyAll();
    }
  }

  /** All that it has written so far, errors included. */
  String text() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** Waits for a line; fails when the command ends before, or the limit is reached. */
  void awaitLine(String part, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    synchronized (lines) {
      while (lines.stream().noneMatch(line -> line.contains(part))) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (ended || left <= 0) {
          throw new AssertionError(
              "`%s` has not said \"%s\" but:%n%s".formatted(shown, part, text()));
        }
        lines.wait(left);
      }
    }
  }

  /** Waits for its end, whatever its exit status; returns what it has written. */
  String textAtEnd() throws InterruptedException {
    int unused = exit(TestingMove.COMMAND_LIMIT);
    return text();
  }

  /** Waits for its end; kills it and fails when the limit is reached. */
  int exit(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      if (System.nanoTime() - end >= 0) {
        close();
        throw new AssertionError(
            "`%s` has not ended within %s s:%n%s".formatted(shown, limit.toSeconds(), text()));
      }
      goOnWithProgram();
    }
    // A daemon that it left behind could hold its output open: that would be a fault too.
    if (!reader.join(TestingPatience.LIMIT)) {
      throw new AssertionError("`" + shown + "` has ended, but something holds its output open");
    }
    return process.exitValue();
  }

  /** The program itself: what nsenter, which made the namespaces known to it, has started. */
  private synchronized long pid() {
    if (program == 0) {
      Optional<ProcessHandle> child = process.toHandle().children().findFirst();
      program = child.map(ProcessHandle::pid).orElse(0L);
    }
    return program;
  }

  /** Returns when the program runs, so that it can be struck. */
  void awaitProgram() throws Exception {
    TestingPatience.await(shown + " to run", () -> pid() > 0 || hasEnded());
  }

  /** Whether it has ended, and all that it has said is known. */
  boolean hasEnded() {
    synchronized (lines) {
      return ended;
    }
  }

  /** Its number as its own host counts: the last one of NSpid in proc(5). */
  String pidInHost() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
      if (line.startsWith("NSpid:")) {
        return line.substring(line.lastIndexOf('\t') + 1);
      }
    }
    throw new AssertionError("no NSpid");
  }

  /** kill -9 of the program, and of nothing else. */
  void kill() {
    ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Ctrl-C at its terminal. */
  void interrupt() throws IOException, InterruptedException {
    signal("-INT", pid());
  }

  /** Its terminal goes away, as when the line of a login is lost. */
  void hangUp() throws IOException, InterruptedException {
    signal("-HUP", pid());
  }

  /** SIGSTOP. */
  void freeze() throws IOException, InterruptedException {
    signal("-STOP", pid());
  }

  /** SIGCONT; nsenter stops with its child, so it is continued too. */
  void thaw() throws IOException, InterruptedException {
    signal("-CONT", pid());
    goOnWithProgram();
  }

  /**
   * On a machine that is busy nsenter may stop only when its child, of whose stop it hears now, has
   * been continued, and never hear of that one's end.
   */
  private void goOnWithProgram() throws InterruptedException {
    try {
      if (stateOf(process.pid()) == 'T' && stateOf(pid()) != 'T') {
        signal("-CONT", process.pid());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The state's letter, as in proc(5); 0 when it has gone. */
  private static char stateOf(long pid) throws IOException {
    Path process = Path.of("/proc/" + pid);
    try {
      String stat = Files.readString(process.resolve("stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      if (Files.notExists(process)) {
        return 0; // before the file was opened, or while it was read (ESRCH)
      }
      throw e;
    }
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    if (pid <= 0) {
      // To kill(1), 0 is everybody in this process group: the tests, and who started them.
      throw new IOException("the program has not been seen yet");
    }
    new ProcessBuilder("kill", name, Long.toString(pid)).inheritIO().start().waitFor();
  }

  /** Ends it whatever it does. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
