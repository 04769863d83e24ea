package dev.godwit.host;

import dev.godwit.linux.FileMask;
import dev.godwit.linux.Syscall;
import dev.godwit.wire.Printable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Runs other programs: always an argument list, never a shell (H76), always with a time limit.
 *
 * <p>A program runs in a session of its own, so that all of it can be ended at the limit, and so
 * that a Ctrl-C meant for Godwit does not reach it in the middle of its work.
 */
public final class Processes {
  /** What is kept of each output. */
  public static final int OUTPUT_BYTES_MAX = 64 * 1024;

  /** How long to wait for output that daemons left behind by the program keep open. */
  private static final Duration OUTPUT_GRACE = Duration.ofMillis(500);

  /** Of what people are told. */
  private static final int SAID_CHARS_MAX = 2000;

  private static final int LINE_CHARS_MAX = 300;

  private static final long SIGKILL = 9;
  private static final long KILL = Syscall.number(62, 129);

  /**
   * How a program ended.
   *
   * @param exit its exit status; 128 + the signal's number when a signal ended it
   * @param out the first {@link #OUTPUT_BYTES_MAX} bytes of its output, invalid UTF-8 replaced; not
   *     made fit for a terminal
   * @param err the same of its errors
   * @param timedOut it was killed at the time limit
   * @param droppedBytes how much of both outputs was not kept
   */
  public record Outcome(int exit, String out, String err, boolean timedOut, long droppedBytes) {
    public boolean isSuccess() {
      return exit == 0 && !timedOut;
    }

    /** What it said, for people: its errors and then its output, on one line that is fit (H46). */
    public String said() {
      return Printable.line(err + out, SAID_CHARS_MAX);
    }

    /** The last line of that, which has the reason where a program tells what it does. */
    public String lastLine() {
      String text = (err + out).strip();
      return Printable.line(text.substring(text.lastIndexOf('\n') + 1), LINE_CHARS_MAX);
    }
  }

  /** Those that {@link #run} and the like wait for. */
  private static final Set<Long> AWAITED = ConcurrentHashMap.newKeySet();

  private Processes() {}

  /**
   * Whether somebody here waits for the end of this process, which nobody else may take note of.
   */
  public static boolean isAwaited(long pid) {
    return AWAITED.contains(pid);
  }

  public static Outcome run(List<String> argv, Duration limit)
      throws IOException, InterruptedException {
    return run(argv, limit, new byte[0], Map.of());
  }

  /**
   * Runs a program to its end and returns what it said.
   *
   * @param argv the program, found on the PATH unless it has a slash, and its arguments
   * @param limit after it the program is killed, with all that it started
   * @param stdin what it reads; nothing more than that, never the terminal
   * @param environment set besides what this process has
   * @throws IOException when the program cannot be started
   * @throws InterruptedException when interrupted; the program was killed then
   */
  public static Outcome run(
      List<String> argv, Duration limit, byte[] stdin, Map<String, String> environment)
      throws IOException, InterruptedException {
    NameEncoding.require(environment.values());
    ProcessBuilder builder = program(argv);
    builder.environment().putAll(environment);
    Process process = builder.start();
    AWAITED.add(process.pid());
    Collector out = new Collector(process.getInputStream(), argv.getFirst() + " output");
    Collector err = new Collector(process.getErrorStream(), argv.getFirst() + " errors");
    feed(process.getOutputStream(), stdin, argv.getFirst());
    boolean isDone = ends(process, limit);
    long graceEnds = System.nanoTime() + OUTPUT_GRACE.toNanos();
    out.await(graceEnds);
    err.await(graceEnds);
    return new Outcome(
        process.exitValue(),
        out.text(),
        err.text(),
        !isDone,
        out.droppedBytes() + err.droppedBytes());
  }

  /** Whether a program has ended in time; if not it is killed, with all that it has started. */
  private static boolean ends(Process process, Duration limit) throws InterruptedException {
    boolean isDone = false;
    try {
      isDone = process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      if (!isDone) {
        killAll(process);
      }
    }
    int unused = process.waitFor();
    AWAITED.remove(process.pid());
    return isDone;
  }

  /**
   * Starts a program that this one talks to, in a session of its own. The caller ends it.
   *
   * @param log what it says on standard error is appended there; made when it is not there
   */
  public static Process piped(List<String> argv, Path log) throws IOException {
    return program(argv).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
  }

  /**
   * How a program is started that goes on by itself, as a service manager starts one.
   *
   * @param environment all of it
   * @param mask of the files that it makes (umask(2))
   * @param output where both of its outputs go, appended
   */
  public record Launch(
      List<String> argv, Map<String, String> environment, Path directory, int mask, Path output) {}

  /**
   * Starts a program in a session of its own, with nothing to read. Whoever calls takes note of its
   * end and ends it.
   */
  public static Process launch(Launch launch) throws IOException {
    NameEncoding.require(launch.environment().values());
    ProcessBuilder builder =
        program(launch.argv())
            .directory(launch.directory().toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(launch.output().toFile()));
    builder.environment().clear();
    builder.environment().putAll(launch.environment());
    Process process = FileMask.during(launch.mask(), builder::start);
    AWAITED.add(process.pid());
    var unused = process.onExit().thenRun(() -> AWAITED.remove(process.pid()));
    return process;
  }

  /** Kills what {@link #piped} has started, with all that it has started itself. */
  public static void kill(Process process) {
    killAll(process);
  }

  /**
   * Runs a program to its end with its outputs going into a file, which suits a program that leaves
   * a daemon behind: what the daemon says later goes to the file too, which has no name by then,
   * and nobody waits for it. Where there is no room for a file, what it says is lost.
   */
  public static Outcome runIntoFile(List<String> argv, Duration limit)
      throws IOException, InterruptedException {
    Path file;
    try {
      file = Files.createTempFile("godwit-", ".out");
    } catch (IOException e) {
      return runUnheard(argv, limit); // a disk that is read-only keeps no service down
    }
    try {
      Process process =
          program(argv)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(file.toFile())
              .start();
      AWAITED.add(process.pid());
      boolean isDone = ends(process, limit);
      byte[] said;
      try (InputStream in = Files.newInputStream(file)) {
        said = in.readNBytes(OUTPUT_BYTES_MAX);
      }
      long dropped = Math.max(0, Files.size(file) - said.length);
      String text = new String(said, StandardCharsets.UTF_8);
      return new Outcome(process.exitValue(), "", text, !isDone, dropped);
    } finally {
      Files.delete(file);
    }
  }

  private static Outcome runUnheard(List<String> argv, Duration limit)
      throws IOException, InterruptedException {
    Process process =
        program(argv)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    AWAITED.add(process.pid());
    boolean isDone = ends(process, limit);
    return new Outcome(process.exitValue(), "", "", !isDone, 0);
  }

  /** With the environment of what this process runs, and no word that it would get changed. */
  private static ProcessBuilder program(List<String> argv) throws IOException {
    NameEncoding.require(argv);
    ProcessBuilder builder = new ProcessBuilder(inOwnSession(argv));
    NameEncoding.giveBack(builder.environment());
    return builder;
  }

  /**
   * The argument list that starts {@code argv} as the leader of a new session (setsid(1)), with the
   * same process number.
   *
   * @throws IOException when the program is not there
   */
  static List<String> inOwnSession(List<String> argv) throws IOException {
    List<String> session = new ArrayList<>();
    session.add(find("setsid").toString());
    session.addAll(found(argv));
    return session;
  }

  /**
   * The same argument list with the program's file.
   *
   * @throws IOException when the program is not there
   */
  static List<String> found(List<String> argv) throws IOException {
    List<String> found = new ArrayList<>(argv);
    found.set(0, find(argv.getFirst()).toString());
    return found;
  }

  /**
   * A program's file: itself when it has a slash, else the first on the PATH that may be run.
   *
   * @throws IOException when there is none
   */
  public static Path find(String program) throws IOException {
    if (program.indexOf('/') >= 0) {
      if (Files.isExecutable(Path.of(program))) {
        return Path.of(program);
      }
    } else {
      String path = System.getenv().getOrDefault("PATH", "");
      // A service manager may start us with a short PATH; system programs are in sbin.
      for (String folder :
          Pattern.compile(":").split(path + ":/usr/sbin:/usr/bin:/sbin:/bin", -1)) {
        if (folder.startsWith("/") && !program.isEmpty()) {
          Path file = Path.of(folder, program);
          if (Files.isExecutable(file) && Files.isRegularFile(file)) {
            return file;
          }
        }
      }
    }
    throw new IOException("the program " + program + " is not installed here");
  }

  /**
   * Kills a process that {@link #inOwnSession} started, its group, and all that descends from it.
   */
  static void killAll(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    if (process.isAlive()) {
      // kill(2) with a negative number: the whole group.
      Syscall.call(KILL, -process.pid(), SIGKILL);
    }
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  /** Sends a signal; to a process that is gone, nothing happens. */
  static void signal(long pid, int number) {
    Syscall.call(KILL, pid, number);
  }

  private static void feed(OutputStream stream, byte[] stdin, String name) throws IOException {
    if (stdin.length == 0) {
      stream.close();
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name("godwit input of " + name)
        .start(
            () -> {
              try (stream) {
                stream.write(stdin);
              } catch (IOException e) {
                // It did not want to read it all; its exit status says whether that is bad.
              }
            });
  }

  /** Reads one output to its end, keeps the first part. */
  private static final class Collector {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final Thread thread;
    private long droppedBytes;

    Collector(InputStream in, String name) {
      thread = Thread.ofPlatform().daemon().name("godwit " + name).unstarted(() -> read(in));
      thread.start();
    }

    private void read(InputStream in) {
      byte[] buffer = new byte[8192];
      try {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          synchronized (this) {
            int keep = Math.min(count, OUTPUT_BYTES_MAX - kept.size());
            kept.write(buffer, 0, keep);
            droppedBytes += count - keep;
          }
        }
      } catch (IOException e) {
        // The program is gone; what it said so far counts.
      }
    }

    void await(long untilNanos) throws InterruptedException {
      long left = untilNanos - System.nanoTime();
      boolean isDone = thread.join(Duration.ofNanos(Math.max(left, 1)));
      if (!isDone) {
        thread.interrupt(); // a daemon holds the pipe; the thread stays until that ends
      }
    }

    synchronized String text() {
      return kept.toString(StandardCharsets.UTF_8);
    }

    synchronized long droppedBytes() {
      return droppedBytes;
    }
  }
}
