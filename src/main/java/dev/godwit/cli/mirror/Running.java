package dev.godwit.cli.mirror;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Failures;
import dev.godwit.cli.Terminal;
import dev.godwit.daemon.Readiness;
import dev.godwit.daemon.RulesException;
import dev.godwit.host.Detached;
import dev.godwit.host.NameEncoding;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.ThisProgram;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.Signals;
import dev.godwit.mirror.MirrorProcess;
import dev.godwit.mirror.RootStore;
import dev.godwit.mirror.rules.MirrorRules;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Runs mirrors here or in the background, by rules that were read. */
final class Running {
  /** What a process with mirrors may take of memory, in MiB. */
  private static final int HEAP_MEGABYTES = 512;

  /** Below the folder of what runs, as the control sockets. */
  private static final String FOLDER = "_mirror";

  /** Where a process in the background begins to write when it has a log of its own. */
  private static final String START_LOG = "start.log";

  /** Before and after the number of one that has none. */
  private static final String LOG = "mirror-";

  private static final String LOG_END = ".log";

  /** How much of what one has said that does not start is told. */
  private static final int SAID_BYTES_MAX = 4096;

  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  /** Of the question whether it is there. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss ");

  private final Terminal terminal;
  private final String command;
  private final RootStore store;

  /**
   * @param command {@code mirror} or {@code lsyncd}
   * @param store where it is kept what is known of roots
   */
  Running(Terminal terminal, String command, RootStore store) {
    this.terminal = terminal;
    this.command = command;
    this.store = store;
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
    } catch (InvalidPathException e) {
      terminal.error(NameEncoding.refusal(e));
      return ExitCode.USAGE.status();
    } catch (IOException e) {
      terminal.error(Failures.message(e));
      return ExitCode.FINDINGS.status();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FINDINGS.status();
    }
  }

  /**
   * Mirrors in this process until a signal ends it, or once.
   *
   * @param isQuiet whether the terminal is told of nothing but what is in the way; asked when the
   *     source was read
   */
  ExitCode here(MirrorProcess.Source source, boolean once, BooleanSupplier isQuiet)
      throws RulesException, IOException, InterruptedException {
    MirrorRules first = source.read();
    if (once) {
      MirrorProcess.check(first); // before a log is made
    } else {
      MirrorProcess.checkToRun(first);
    }
    Log log = new Log(terminal, first.logFile());
    MirrorProcess process =
        new MirrorProcess(
            source,
            (rule, isSource) -> MirrorHosts.factory(rule, isSource, log::say),
            store,
            Readiness.of(System.getenv()),
            log::say,
            isQuiet.getAsBoolean() ? log::note : log::say);
    Signals.handleAnyway("HUP", number -> process.order(MirrorProcess.Order.RELOAD));
    Signals.handleAnyway("TERM", number -> process.order(MirrorProcess.Order.FINISH));
    Signals.handleAnyway("INT", number -> process.order(MirrorProcess.Order.FINISH));
    return switch (once ? process.once() : process.run()) {
      case DONE -> ExitCode.DONE;
      case INCOMPLETE -> ExitCode.FINDINGS;
      case UNREACHABLE -> ExitCode.UNREACHABLE;
    };
  }

  /**
   * Starts a process that goes on, and returns when it can be asked.
   *
   * @param rules what it will read, so that what is wrong is told here
   * @param words what it is given after the command's name
   */
  ExitCode inBackground(MirrorRules rules, List<byte[]> words)
      throws RulesException, IOException, InterruptedException {
    MirrorProcess.checkToRun(rules);
    List<String> arguments = new ArrayList<>();
    arguments.add(command);
    for (byte[] word : words) {
      arguments.add(asArgument(word));
    }
    Path logFile = rules.logFile();
    Path folder = RuntimeDirectory.of(FOLDER);
    removeLogsOfEnded(folder);
    // With a log of its own, only what comes before that is opened goes here.
    Path output =
        folder.resolve(logFile == null ? "begins-" + System.nanoTime() + ".log" : START_LOG);
    long outputBefore = size(output);
    long logBefore = logFile == null ? 0 : size(logFile);
    long process =
        Detached.start(
            ThisProgram.commandAsThis(HEAP_MEGABYTES, arguments.toArray(String[]::new)),
            output,
            Path.of("").toAbsolutePath());
    Path own = folder.resolve(LOG + process + LOG_END);
    Path log = logFile == null ? Files.move(output, own, REPLACE_EXISTING) : logFile;
    Path control = rules.control();
    Path socket = control == null ? MirrorProcess.SOCKETS.pathOf(process) : control;
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers(socket, process)) {
      boolean isOver = !ProcessTable.isLiving(process);
      if (isOver || System.nanoTime() - end >= 0) {
        String said =
            logFile == null ? said(log, 0) : said(output, outputBefore) + said(logFile, logBefore);
        throw new IOException(failure(process, isOver, said.strip(), log));
      }
      Thread.sleep(20); // a socket that does not exist yet tells nobody
    }
    terminal.note("godwit: mirrors in the background, process " + process + ", log " + log);
    return ExitCode.DONE;
  }

  /**
   * Why one in the background cannot be asked.
   *
   * @param said what it has written since it began
   */
  private static String failure(long process, boolean isOver, String said, Path log) {
    String what =
        isOver
            ? "the mirror in the background does not start"
            : "the mirror in the background, process " + process + ", does not answer";
    String where = Files.exists(log) ? "; its log is " + log : "";
    return said.isEmpty() ? what + ", and has said nothing" + where : what + where + ":\n" + said;
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // not there yet
    }
  }

  /** The last of what a file holds from a place on, in lines. */
  private static String said(Path file, long from) {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long size = channel.size();
      channel.position(Math.max(Math.min(from, size), size - SAID_BYTES_MAX));
      byte[] bytes = Channels.newInputStream(channel).readNBytes(SAID_BYTES_MAX);
      return new String(bytes, StandardCharsets.UTF_8).replaceAll("(?m)^godwit: ", "").strip()
          + "\n";
    } catch (IOException e) {
      return ""; // it has none
    }
  }

  /** What processes have said that had no log of their own and are gone. */
  private static void removeLogsOfEnded(Path folder) throws IOException {
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(folder, LOG + "*" + LOG_END)) {
      for (Path log : logs) {
        String name = log.getFileName().toString();
        String number = name.substring(LOG.length(), name.length() - LOG_END.length());
        if (number.matches("[0-9]{1,18}") && !ProcessTable.isLiving(Long.parseLong(number))) {
          Files.deleteIfExists(log);
        }
      }
    }
  }

  /** Whether it is that process: at a path of the user's own another one may answer, or hang. */
  private static boolean answers(Path socket, long process) {
    try {
      String status = MirrorProcess.SOCKETS.ask(socket, "status", ANSWER_LIMIT);
      return JsonMapper.shared().readTree(status).path("process").asLong() == process;
    } catch (IOException | JacksonException e) {
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

  /**
   * Lines for people: standard error, and a file if there is one. That is opened for each line, as
   * in lsyncd, so that who rotates logs has to tell nobody.
   */
  private static final class Log {
    private final Terminal terminal;
    private final boolean isTerminalTold;
    private final byte @Nullable [] path;
    private int permissions = OperatorPaths.BY_UMASK;
    private boolean isBroken;

    Log(Terminal terminal, @Nullable Path path) throws IOException {
      this.terminal = terminal;
      this.path = path == null ? null : Names.of(path.toString());
      this.isTerminalTold = path == null || !isStartLog();
      try {
        write(new byte[0]);
      } catch (IOException e) {
        throw new IOException("unable to write the log " + path + ": " + reason(e), e);
      }
    }

    /** Whether standard error leads to a file that is only there for what comes before this. */
    private static boolean isStartLog() {
      try {
        Optional<Path> folder = RuntimeDirectory.find(FOLDER);
        return folder.isPresent()
            && Files.isSameFile(Path.of("/proc/self/fd/2"), folder.get().resolve(START_LOG));
      } catch (IOException e) {
        return false;
      }
    }

    synchronized void say(String line) {
      if (isTerminalTold) {
        terminal.note(prefixed("godwit: ", line));
      }
      note(line);
    }

    /** For the file alone. */
    synchronized void note(String line) {
      try {
        write(Names.of(prefixed(TIME.format(LocalDateTime.now()), line) + "\n"));
        isBroken = false;
      } catch (IOException e) {
        if (!isBroken) {
          isBroken = true; // for each line would be too often
          terminal.note("godwit: unable to write the log: " + reason(e));
        }
      }
    }

    /** Each of several lines at once is known for what it is. */
    private static String prefixed(String prefix, String lines) {
      return prefix + lines.replace("\n", "\n" + prefix);
    }

    private void write(byte[] text) throws IOException {
      if (path == null) {
        return;
      }
      try (FileHandle file = OperatorPaths.openForAppending(path, permissions)) {
        permissions = file.status().permissions(); // also of the one that follows it
        file.write(text, 0, text.length);
      }
    }

    private static String reason(IOException e) {
      return e instanceof LinuxException failed ? failed.reason() : String.valueOf(e.getMessage());
    }
  }
}
