package dev.godwit.cli.mirror;

import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Terminal;
import dev.godwit.cli.sync.ProcessSurroundings;
import dev.godwit.cli.sync.RawProcess;
import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.linux.Names;
import dev.godwit.lsyncd.LsyncdFile;
import dev.godwit.lsyncd.LsyncdLine;
import dev.godwit.lsyncd.LsyncdText;
import dev.godwit.mirror.MirrorProcess;
import dev.godwit.mirror.RootStore;
import dev.godwit.mirror.rules.MirrorArguments;
import dev.godwit.mirror.rules.MirrorFile;
import dev.godwit.mirror.rules.MirrorOption;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.mirror.rules.MirrorRules;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.SyncOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** {@code godwit mirror SRC DST}, and with {@code -c FILE} many of them. */
public final class MirrorCommand {
  /** Which say how a process is found that goes on. */
  private static final List<MirrorOption> OF_WHAT_GOES_ON =
      List.of(
          MirrorOption.BACKGROUND,
          MirrorOption.CONTROL,
          MirrorOption.METRICS,
          MirrorOption.PID_FILE);

  private final Terminal terminal;
  private final Surroundings surroundings;
  private final List<byte[]> words;
  private final Remarks remarks;
  private final RootStore store;

  private MirrorCommand(Terminal terminal, List<byte[]> words, RootStore store) {
    this.terminal = terminal;
    this.words = words;
    this.store = store;
    this.remarks = new Remarks(terminal);
    this.surroundings = new ProcessSurroundings(RawProcess::environment);
  }

  /**
   * Runs in this process.
   *
   * @param arguments of {@code main}, the first of which is the command's name
   * @return the exit status
   */
  public static int main(Terminal terminal, String[] arguments) {
    try {
      return run(terminal, RawProcess.arguments(arguments, 1));
    } catch (IOException e) {
      terminal.error(String.valueOf(e.getMessage()));
      return ExitCode.USAGE.status();
    }
  }

  /**
   * @param words without the command's name
   * @return the exit status
   */
  public static int run(Terminal terminal, List<byte[]> words) {
    return run(terminal, words, RootStore.ofUser());
  }

  /**
   * The same.
   *
   * @param store where it is kept what is known of roots
   */
  public static int run(Terminal terminal, List<byte[]> words, RootStore store) {
    return Running.told(terminal, () -> new MirrorCommand(terminal, words, store).run());
  }

  private ExitCode run() throws RulesException, IOException, InterruptedException {
    MirrorArguments arguments = MirrorArguments.read(words);
    List<SyncOption> given = Invocation.options(arguments.others());
    if (given.contains(SyncOption.HELP) || asksForHelp(arguments)) {
      terminal.print(MirrorHelp.text().stripTrailing());
      return ExitCode.DONE;
    }
    Running running = new Running(terminal, "mirror", store);
    boolean isOnce = arguments.has(MirrorOption.ONCE);
    for (MirrorOption option : OF_WHAT_GOES_ON) {
      if (isOnce && arguments.has(option)) {
        throw problem(
            "--once and --" + option.word() + " exclude each other: nothing goes on after it");
      }
    }
    if (arguments.has(MirrorOption.TEST)) {
      MirrorRules rules = rules(arguments);
      MirrorProcess.checkWithSources(rules);
      for (MirrorRule rule : rules.rules()) {
        terminal.print(rule.name() + ": " + rule.from() + " -> " + rule.to());
      }
      return ExitCode.DONE;
    }
    if (arguments.has(MirrorOption.BACKGROUND)) {
      byte[] background = Names.of("--" + MirrorOption.BACKGROUND.word());
      return running.inBackground(
          rules(arguments),
          words.stream().filter(word -> !Arrays.equals(word, background)).toList());
    }
    if (arguments.has(MirrorOption.CONFIG)) {
      return running.here(() -> rules(arguments), isOnce, () -> false);
    }
    return running.here(
        MirrorProcess.Source.ofCommandLine(() -> rules(arguments)), isOnce, arguments::isQuiet);
  }

  private static boolean asksForHelp(MirrorArguments arguments) {
    List<byte[]> others = arguments.others();
    return others.size() == 1 && Names.display(others.getFirst()).equals("-h");
  }

  private MirrorRules rules(MirrorArguments arguments) throws RulesException {
    String config = arguments.value(MirrorOption.CONFIG);
    if (config == null) {
      if (arguments.has(MirrorOption.LSYNCD)) {
        throw problem("--lsyncd needs -c FILE");
      }
      MirrorRule rule = arguments.rule("", surroundings);
      return withOptions(
          arguments,
          new MirrorRules(
              List.of(rule), null, null, null, null, MirrorRules.STOP_LIMIT, true, false, null));
    }
    if (arguments.has(MirrorOption.NEW_ROOT)) {
      throw problem(
          "--new-root is said of one mirror of a file: `godwit mirror resume NAME --new-root`");
    }
    List<String> said = arguments.saidOfMirrors();
    if (!said.isEmpty()) {
      throw problem(
          "FILE of -c says what is mirrored and how; what does not go beside it is to be written"
              + " there: "
              + String.join(" ", said));
    }
    Path file = Path.of(config);
    byte[] content = LsyncdFile.content(file);
    if (!arguments.has(MirrorOption.LSYNCD) && !LsyncdText.isLsyncd(content)) {
      return withOptions(arguments, MirrorFile.read(file, surroundings));
    }
    LsyncdFile.Read read = LsyncdFile.read(content, file, LsyncdLine.NONE, surroundings);
    remarks.tell(read.remarks());
    return withOptions(arguments, read.rules());
  }

  /** What is said of the whole process on the command line goes before what its file says. */
  private static MirrorRules withOptions(MirrorArguments arguments, MirrorRules rules)
      throws RulesException {
    String control = arguments.value(MirrorOption.CONTROL);
    String pidFile = arguments.value(MirrorOption.PID_FILE);
    String logFile = arguments.value(MirrorOption.LOG_FILE);
    InetSocketAddress metrics = arguments.parsed(MirrorOption.METRICS, Words::address);
    Duration limit = arguments.parsed(MirrorOption.STOP_LIMIT, Words::duration);
    return new MirrorRules(
        rules.rules(),
        control == null ? rules.control() : Path.of(control).toAbsolutePath(),
        metrics == null ? rules.metrics() : metrics,
        pidFile == null ? rules.pidFile() : Path.of(pidFile).toAbsolutePath(),
        logFile == null ? rules.logFile() : Path.of(logFile).toAbsolutePath(),
        limit == null ? rules.stopLimit() : limit,
        rules.insists(),
        rules.awaitsSources(),
        rules.lsyncdStatus());
  }

  private static RulesException problem(String message) {
    return new RulesException(List.of(message));
  }
}
