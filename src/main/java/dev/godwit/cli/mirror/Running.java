package dev.godwit.cli.mirror;

import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Terminal;
import dev.godwit.daemon.Readiness;
import dev.godwit.daemon.RulesException;
import dev.godwit.host.Detached;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.ThisProgram;
import dev.godwit.mirror.MirrorProcess;
import dev.godwit.mirror.RootStore;
import dev.godwit.mirror.rules.MirrorRules;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/** Runs mirrors here or in the background, by rules that were read. */
final class Running {
  /** What a process with mirrors may take of memory, in MiB. */
  private static final int HEAP_MEGABYTES = 512;

  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss ");

  private final Terminal terminal;
  private final String command;

  /**
   * @param command {@code mirror} or {@code lsyncd}
   */
  Running(Terminal terminal, String command) {
    this.terminal = terminal;
    this.command = command;
  }

  /** A command that fails for reasons of the user or a host. */
  interface Work {
    ExitCode run() throws RulesException, IOException, InterruptedException;
  }

  /** Runs it; what is thrown becomes a message and an exit status. */
  static int told(Terminal terminal, Work work) {
    try {
      return work.run().status();
    } catch (RulesException e) {
      e.problems().forEach(terminal::error);
      return ExitCode.USAGE.status();
    } catch (IOException e) {
      terminal.error(String.valueOf(e.getMessage()));
      return ExitCode.FINDINGS.status();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FINDINGS.status();
    }
  }

  /** Mirrors in this process until a signal ends it, or once. */
  ExitCode here(MirrorProcess.Source source, boolean once)
      throws RulesException, IOException, InterruptedException {
    MirrorRules first = source.read();
    MirrorProcess.check(first); // before a log is made
    try (Log log = new Log(terminal, first.logFile())) {
      MirrorProcess process =
          new MirrorProcess(
              source,
              MirrorHosts::factory,
              RootStore.ofUser(),
              Readiness.of(System.getenv()),
              log::say);
      Signal.handle(new Signal("HUP"), s -> process.order(MirrorProcess.Order.RELOAD));
      Signal.handle(new Signal("TERM"), s -> process.order(MirrorProcess.Order.FINISH));
      Signal.handle(new Signal("INT"), s -> process.order(MirrorProcess.Order.FINISH));
      return switch (once ? process.once() : process.run()) {
        case DONE -> ExitCode.DONE;
        case INCOMPLETE -> ExitCode.FINDINGS;
        case UNREACHABLE -> ExitCode.UNREACHABLE;
      };
    }
  }

  /**
   * Starts a process that goes on, and returns when it can be asked.
   *
   * @param rules what it will read, so that what is wrong is told here
   * @param words what it is given after the command's name
   */
  ExitCode inBackground(MirrorRules rules, List<byte[]> words)
      throws RulesException, IOException, InterruptedException {
    MirrorProcess.check(rules);
    List<String> arguments = new ArrayList<>();
    arguments.add(command);
    for (byte[] word : words) {
      arguments.add(asArgument(word));
    }
    Path logFile = rules.logFile();
    // With a log of its own, only what comes before that is opened goes here.
    Path output =
        RuntimeDirectory.of("_mirror")
            .resolve(logFile == null ? "mirror-" + System.nanoTime() + ".log" : "start.log");
    Path log = logFile == null ? output : logFile;
    long process =
        Detached.start(
            ThisProgram.command(HEAP_MEGABYTES, arguments.toArray(String[]::new)),
            output,
            Path.of("").toAbsolutePath());
    Path control = rules.control();
    Path socket = control == null ? MirrorProcess.SOCKETS.pathOf(process) : control;
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers(socket)) {
      if (System.nanoTime() - end >= 0 || ProcessHandle.of(process).isEmpty()) {
        throw new IOException("the mirror in the background does not start; its log is " + log);
      }
      Thread.sleep(20); // a socket that does not exist yet tells nobody
    }
    terminal.note("godwit: mirrors in the background, process " + process + ", log " + log);
    return ExitCode.DONE;
  }

  private static boolean answers(Path socket) {
    try {
      return !MirrorProcess.SOCKETS.ask(socket, "status").isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /** Java gives arguments to programs as text of the locale. */
  private static String asArgument(byte[] word) throws IOException {
    Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    String text = new String(word, charset);
    if (!Arrays.equals(text.getBytes(charset), word)) {
      throw new IOException(
          new String(word, StandardCharsets.ISO_8859_1)
              + " is not text in this locale; write it into a file for -c, or set LC_ALL=C.UTF-8");
    }
    return text;
  }

  /** Lines for people: standard error, and a file if there is one. */
  private static final class Log implements AutoCloseable {
    private final Terminal terminal;
    private final @Nullable Writer file;

    Log(Terminal terminal, @Nullable Path path) throws IOException {
      this.terminal = terminal;
      try {
        file =
            path == null
                ? null
                : Files.newBufferedWriter(
                    path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new IOException("unable to write the log " + path + ": " + e.getMessage(), e);
      }
    }

    synchronized void say(String line) {
      terminal.note("godwit: " + line);
      Writer to = file;
      if (to != null) {
        try {
          to.write(TIME.format(LocalDateTime.now()) + line + "\n");
          to.flush();
        } catch (IOException e) {
          terminal.note("godwit: unable to write the log: " + e.getMessage());
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (file != null) {
        file.close();
      }
    }
  }
}
