package dev.godwit.cli;

import dev.godwit.cli.mirror.LsyncdCommand;
import dev.godwit.cli.mirror.MirrorCommand;
import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.linux.Names;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program's command line: the list of its commands, and what all of them share. */
@Command(
    name = "godwit",
    header = "Moves a live service to another host; nothing stops.",
    versionProvider = Godwit.VersionLine.class,
    synopsisHeading = "%nUsage: ",
    synopsisSubcommandLabel = "COMMAND",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands, in the order of a move; then those for other times:%n",
    exitCodeListHeading = "%nExit codes:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  godwit init                      write a plan to start from, move.yaml",
      "  godwit check move.yaml           look at everything, change nothing",
      "  godwit start move.yaml           copy, and keep the copies equal",
      "  godwit rehearse move.yaml        try the new host, predict the hold",
      "  godwit cutover move.yaml         give the clients to the new host",
      "  godwit sync -aHAX src/ host:dst  copy files as rsync does, faster",
      "  godwit mirror src host:dst       keep files equal, live",
      "  godwit forward :80 10.0.0.5:80   pass connections on",
      "  godwit demo                      watch a move between two made-up hosts",
      "",
      "`godwit COMMAND --help` says more about a command."
    })
public final class Godwit implements Callable<Integer> {
  /** For picocli. */
  static final class VersionLine implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {Version.line()};
    }
  }

  @Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it by itself
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  @SuppressWarnings("UnusedVariable") // as above
  private boolean version;

  private Godwit() {}

  /** The commands in the order of a move; a new one is added here and nowhere else. */
  private static List<Object> commands(Terminal terminal) {
    return List.of(
        new InitCommand(terminal),
        new CheckCommand(terminal),
        new StartCommand(terminal),
        new StatusCommand(terminal),
        new RehearseCommand(terminal),
        new CutoverCommand(terminal),
        new RollbackCommand(terminal),
        new VerifyCommand(terminal),
        new FinishCommand(terminal),
        new ReportCommand(terminal),
        SyncListing.commandLine(),
        new DemoCommand(terminal),
        forward(terminal),
        mirror(terminal),
        new LsyncdListing(),
        new CompletionCommand(terminal));
  }

  /** With the commands that ask one which runs. */
  private static CommandLine forward(Terminal terminal) {
    CommandLine forward = new CommandLine(new ForwardCommand(terminal));
    List<Object> asking =
        List.of(
            new ForwardStatusCommand(terminal),
            new ForwardHoldCommand(terminal),
            new ForwardDrainCommand(terminal),
            new ForwardCloseCommand(terminal),
            new ForwardReleaseCommand(terminal));
    asking.forEach(forward::addSubcommand);
    forward.getSubcommands().values().forEach(Godwit::shape);
    return forward;
  }

  private static CommandLine mirror(Terminal terminal) {
    CommandLine mirror = MirrorListing.commandLine(terminal);
    for (CommandLine asking : mirror.getSubcommands().values()) {
      shape(asking);
      // No move is held by them, and none switched.
      asking
          .getCommandSpec()
          .usageMessage()
          .exitCodeList(
              ExitCode.table(
                  ExitCode.DONE,
                  ExitCode.FINDINGS,
                  ExitCode.USAGE,
                  ExitCode.UNREACHABLE,
                  ExitCode.BUG));
    }
    return mirror;
  }

  /** Runs one command; returns the exit status, see {@link ExitCode}. */
  public static int run(Terminal terminal, String... args) {
    if (args.length > 0 && args[0].equals("help")) {
      return run(terminal, asked(args));
    }
    if (args.length > 0 && args[0].equals("sync")) {
      return SyncCommand.run(
          Arrays.stream(args).skip(1).map(Names::of).toList(),
          name -> null,
          terminal.output(),
          terminal.errors());
    }
    if (runsMirror(args)) {
      return MirrorCommand.run(terminal, Arrays.stream(args).skip(1).map(Names::of).toList());
    }
    if (args.length > 0 && args[0].equals("lsyncd")) {
      return LsyncdCommand.run(terminal, Arrays.stream(args).skip(1).map(Names::of).toList());
    }
    Failures failures = new Failures(terminal, wantsJson(args));
    try {
      return written(terminal, commandLine(terminal, failures).execute(args));
    } catch (RuntimeException | Error e) {
      return failures.tell(e);
    }
  }

  /** Of `help mirror status`, `mirror status --help`. */
  private static String[] asked(String... help) {
    return Stream.concat(Arrays.stream(help).skip(1), Stream.of("--help")).toArray(String[]::new);
  }

  /** A result that nobody got is none. */
  private static int written(Terminal terminal, int status) {
    if (status != ExitCode.DONE.status() || !terminal.output().checkError()) {
      return status;
    }
    terminal.error("the result could not be written to standard output");
    return ExitCode.FINDINGS.status();
  }

  /** Whether a command line begins a mirror; other words ask one that runs. */
  public static boolean runsMirror(String... args) {
    return args.length > 0 && args[0].equals("mirror") && !MirrorListing.asks(args);
  }

  /** The demo's --json names a file; its failures are for people. */
  private static boolean wantsJson(String... args) {
    return args.length > 0 && !args[0].equals("demo") && Arrays.asList(args).contains("--json");
  }

  static CommandLine commandLine(Terminal terminal, Failures failures) {
    CommandLine root = new CommandLine(new Godwit());
    commands(terminal).forEach(root::addSubcommand);
    Ansi ansi = terminal.hasColoursOnOutput() ? Ansi.ON : Ansi.OFF;
    root.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
    root.setUsageHelpWidth(Terminal.TEXT_WIDTH);
    root.setUsageHelpLongOptionsMaxWidth(30);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setAbbreviatedOptionsAllowed(false);
    root.setOut(terminal.resultWriter());
    failures.installIn(root);
    shape(root);
    root.getSubcommands().values().forEach(Godwit::shape);
    root.registerConverter(int.class, Godwit::number);
    root.registerConverter(long.class, text -> (long) number(text)); // none here is larger
    root.registerConverter(LocalTime.class, Godwit::time);
    return root;
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new CommandLine.TypeConversionException("'" + text + "' is not a whole number");
    }
  }

  private static LocalTime time(String text) {
    try {
      return LocalTime.parse(text, DateTimeFormatter.ofPattern("H:mm", Locale.ROOT));
    } catch (DateTimeParseException e) {
      throw new CommandLine.TypeConversionException(
          "'" + text + "' is not a time of the day, such as 3:00 or 22:30");
    }
  }

  /** What every help shares, said once. */
  private static void shape(CommandLine command) {
    CommandLine.Model.UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    usage.exitCodeListHeading("%nExit codes:%n");
    usage.exitCodeList(ExitCode.table());
    usage.synopsisHeading("%nUsage: ");
    usage.optionListHeading("%nOptions:%n");
    usage.parameterListHeading("%nParameters:%n");
    usage.descriptionHeading(usage.description().length == 0 ? "" : "%n");
    usage.footerHeading("%nExamples:%n");
    usage.sortOptions(false);
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "no command was given");
  }
}
