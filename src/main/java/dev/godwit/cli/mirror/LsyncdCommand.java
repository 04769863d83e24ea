package dev.godwit.cli.mirror;

import dev.godwit.cli.ExitCode;
import dev.godwit.cli.Terminal;
import dev.godwit.cli.Version;
import dev.godwit.cli.sync.ProcessSurroundings;
import dev.godwit.cli.sync.RawProcess;
import dev.godwit.daemon.RulesException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.lsyncd.LsyncdFile;
import dev.godwit.lsyncd.LsyncdLine;
import dev.godwit.mirror.MirrorProcess;
import dev.godwit.mirror.RootStore;
import dev.godwit.mirror.rules.MirrorRules;
import dev.godwit.sync.rules.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code godwit lsyncd}: mirrors in the place of lsyncd, by its command line. */
public final class LsyncdCommand {
  private static final String HELP =
      """
      Mirrors in the place of lsyncd, by its configurations and command line.

      Usage: godwit lsyncd [OPTIONS] CONFIG
             godwit lsyncd [OPTIONS] -rsync SOURCE TARGET
             godwit lsyncd [OPTIONS] -rsyncssh SOURCE HOST TARGETDIR
             godwit lsyncd [OPTIONS] -direct SOURCE TARGETDIR

      The last three may follow each other, for several.

      Options, with one hyphen or two:
        -delay SECS        collect changes of a name for so long
        -help              show this help
        -insist            go on when a host cannot be reached at the start
        -log CATEGORY      without effect
        -logfile FILE      write a log
        -nodaemon          stay in the foreground
        -pidfile FILE      holds the process's number while it runs
        -statusfile FILE   how it is doing, in lsyncd's form
        -version           show the version

      A configuration that cannot be obeyed is refused with the lines that are in the
      way, and nothing is made. `godwit mirror status` asks it how it is doing.

      Examples:
        godwit lsyncd /etc/lsyncd/lsyncd.conf.lua
        godwit lsyncd -nodaemon -delay 1 -rsync /var/www /mnt/www""";

  private final Terminal terminal;
  private final Remarks remarks;
  private final Surroundings surroundings = new ProcessSurroundings(RawProcess::environment);

  private LsyncdCommand(Terminal terminal) {
    this.terminal = terminal;
    this.remarks = new Remarks(terminal);
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
    return Running.told(terminal, () -> new LsyncdCommand(terminal).run(words));
  }

  private ExitCode run(List<byte[]> words)
      throws RulesException, IOException, InterruptedException {
    LsyncdLine line = LsyncdLine.read(words.stream().map(PathText::of).toList());
    switch (line.topic()) {
      case HELP -> {
        terminal.print(HELP);
        return ExitCode.DONE;
      }
      case VERSION -> {
        terminal.print(Version.line());
        return ExitCode.DONE;
      }
      case RUN -> {}
    }
    Running running = new Running(terminal, "lsyncd", RootStore.ofUser());
    LsyncdFile.Read read = read(line);
    if (read.isDaemon()) {
      tell(read);
      List<byte[]> more = new ArrayList<>(words);
      more.addFirst(Names.of("-nodaemon"));
      return running.inBackground(read.rules(), more);
    }
    MirrorProcess.Source source = () -> told(line);
    return running.here(
        line.config() == null ? MirrorProcess.Source.ofCommandLine(source) : source,
        false,
        () -> false);
  }

  private LsyncdFile.Read read(LsyncdLine line) throws RulesException {
    Path config = line.config();
    return config == null
        ? LsyncdFile.read(line.script(), Path.of("command line"), line, surroundings)
        : LsyncdFile.read(LsyncdFile.content(config), config, line, surroundings);
  }

  private MirrorRules told(LsyncdLine line) throws RulesException {
    LsyncdFile.Read read = read(line);
    tell(read);
    return read.rules();
  }

  private void tell(LsyncdFile.Read read) {
    remarks.tell(read.remarks());
  }
}
