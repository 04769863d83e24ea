package dev.godwit.cli.sync;

import dev.godwit.cli.Terminal;
import dev.godwit.cli.Version;
import dev.godwit.cli.Wrap;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Copy;
import dev.godwit.sync.copy.CopyException;
import dev.godwit.sync.copy.CopyListener;
import dev.godwit.sync.copy.CopyRequest;
import dev.godwit.sync.copy.CopyResult;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.copy.EarlyLook;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.NameListAbility;
import dev.godwit.sync.rules.RsyncPath;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.Telling;
import dev.godwit.sync.rules.UsageException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code godwit sync}: understands the command line, connects the hosts, runs the copy, prints, and
 * ends with rsync's exit values. Started by {@code Main} before the library of the other commands
 * is loaded: a copy of little is over before that would be.
 */
public final class SyncCommand {
  private static final byte[] JSON = Names.of("--json");
  private static final String SAID_BY = "godwit: ";

  private final Surroundings surroundings;
  private final OutputStream out;
  private final OutputStream err;
  private final boolean outIsTerminal;
  private final boolean errIsTerminal;
  private final boolean isAttended;
  private final boolean mayBecomeOther;

  /**
   * @param isAttended whether somebody is at the terminal whom ssh may ask
   * @param mayBecomeOther whether another program may take the place of this process
   */
  private SyncCommand(
      Surroundings surroundings,
      OutputStream out,
      OutputStream err,
      boolean outIsTerminal,
      boolean errIsTerminal,
      boolean isAttended,
      boolean mayBecomeOther) {
    this.mayBecomeOther = mayBecomeOther;
    this.surroundings = surroundings;
    this.out = out;
    this.err = err;
    this.outIsTerminal = outIsTerminal;
    this.errIsTerminal = errIsTerminal;
    this.isAttended = isAttended;
  }

  /**
   * Runs in this process.
   *
   * @param arguments of {@code main}, the first of which is the command's name
   * @return the exit status
   */
  public static int main(String[] arguments) {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    OutputStream err = new FileOutputStream(FileDescriptor.err);
    ProcessSurroundings surroundings = new ProcessSurroundings(RawProcess::environment);
    SyncCommand command =
        new SyncCommand(
            surroundings,
            out,
            err,
            surroundings.isTerminal(1),
            surroundings.isTerminal(2),
            surroundings.isTerminal(0) || surroundings.isTerminal(2),
            true);
    try {
      List<byte[]> bytes = RawProcess.arguments(arguments, 1);
      return Interruption.guard(() -> command.run(bytes));
    } catch (IOException e) {
      command.refuse(false, CopyStatus.USAGE, List.of(String.valueOf(e.getMessage())));
      return CopyStatus.USAGE.exitValue();
    }
  }

  /**
   * Runs with other streams and another environment than this process has.
   *
   * @param arguments without the command's name
   * @param environment a variable's bytes; null when it is not set
   * @return the exit status
   */
  public static int run(
      List<byte[]> arguments,
      Function<String, byte @Nullable []> environment,
      OutputStream out,
      OutputStream err) {
    Surroundings surroundings = new ProcessSurroundings(environment);
    return new SyncCommand(surroundings, out, err, false, false, false, false)
        .run(arguments)
        .exitValue();
  }

  private CopyStatus run(List<byte[]> arguments) {
    try {
      return obey(arguments);
    } catch (RuntimeException | Error e) {
      // Also of what is to be printed about another one.
      CopyException fault = CopyException.ofFault(e);
      refuse(false, fault.status(), List.of(String.valueOf(fault.getMessage())));
      return fault.status();
    }
  }

  private CopyStatus obey(List<byte[]> arguments) {
    Invocation invocation;
    try {
      invocation = Invocation.read(arguments, surroundings);
    } catch (UsageException e) {
      boolean json = arguments.stream().anyMatch(argument -> Arrays.equals(argument, JSON));
      refuse(json, e.status(), e.problems());
      log(e);
      return e.status();
    }
    if (invocation.topic() == Invocation.Topic.COPY) {
      return copy(invocation, arguments);
    }
    Sink sink = new Sink(out, false);
    sink.write(new ByteText().add(help(invocation).getBytes(StandardCharsets.UTF_8)));
    sink.flush();
    return CopyStatus.DONE;
  }

  private static String help(Invocation invocation) {
    return switch (invocation.topic()) {
      case VERSION -> Version.line() + "\n";
      case INFO_HELP -> HelpText.info();
      case DEBUG_HELP -> HelpText.debug();
      case HELP, COPY ->
          switch (invocation.helpTopic()) {
            case "man" -> ManualPage.text();
            case "rsync" -> ComingFromRsync.text();
            default -> HelpText.text();
          };
    };
  }

  /** Tells what is in the way of a copy that has not begun. */
  private void refuse(boolean json, CopyStatus status, List<String> problems) {
    if (json) {
      JsonOutput.refused(new Sink(out, true), status, problems);
      return;
    }
    Sink sink = new Sink(err, false);
    sink.write(refusal(status, problems, errIsTerminal));
    sink.flush();
  }

  /** In lines that a terminal need not break in the middle of a word. */
  static ByteText refusal(CopyStatus status, List<String> problems, boolean isTerminal) {
    ByteText text = new ByteText();
    for (String problem : problems) {
      String line = SAID_BY + problem;
      String shown = isTerminal ? Wrap.at(Terminal.TEXT_WIDTH, SAID_BY.length(), line) : line;
      text.add(shown.getBytes(StandardCharsets.UTF_8)).add((byte) '\n');
    }
    return status == CopyStatus.USAGE ? text.add("Try `godwit sync --help`.\n") : text;
  }

  /** The log has what a job's output may be lost with. That it has none is no matter by now. */
  private static void log(UsageException refused) {
    UsageException.Log place = refused.log();
    if (place == null) {
      return;
    }
    try {
      SyncLog log = SyncLog.open(place.path(), place.confineRoot(), new byte[0]);
      refused.problems().forEach(problem -> log.line(SAID_BY + problem));
      log.close();
    } catch (IOException e) {
      // What it would have is on standard error.
    }
  }

  private CopyStatus copy(Invocation invocation, List<byte[]> arguments) {
    Telling telling = invocation.telling();
    boolean flushesLines =
        switch (telling.buffering) {
          case DEFAULT -> outIsTerminal;
          case NONE, LINE -> true;
          case BLOCK -> false;
        };
    Sink outSink = new Sink(out, flushesLines);
    Sink errSink = new Sink(err, true);
    Direction direction =
        invocation.sourceHost() != null
            ? Direction.PULL
            : invocation.targetHost() != null ? Direction.PUSH : Direction.LOCAL;
    SyncLog log = null;
    List<String> warnings = new ArrayList<>();
    byte @Nullable [] logFile = telling.logFile;
    if (logFile != null) {
      try {
        log = SyncLog.open(logFile, invocation.rules().confineRoot, telling.formatOfLog());
      } catch (IOException e) {
        warnings.add("--log-file=" + Names.display(logFile) + " is not written: " + e.getMessage());
      }
    }
    CopyStatus status;
    if (telling.json) {
      status = json(invocation, new JsonOutput(invocation, direction, outSink), warnings);
    } else {
      SyncOutput output =
          new SyncOutput(invocation, direction, outSink, errSink, escaper(telling), log);
      warnings.forEach(output::error);
      status = text(invocation, arguments, output);
    }
    outSink.flush();
    String fault = outSink.fault();
    if (fault != null) {
      String text = "godwit: what was to be told could not be written: " + fault + "\n";
      errSink.write(new ByteText().add(text));
      return status == CopyStatus.DONE ? CopyStatus.DIAGNOSTICS : status;
    }
    return status;
  }

  private Escaper escaper(Telling telling) {
    byte[] charset = new byte[0];
    for (String variable : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
      byte[] value = surroundings.environment(variable);
      if (value != null && value.length > 0) {
        charset = value;
        break;
      }
    }
    return Escaper.ofLocale(new String(charset, StandardCharsets.US_ASCII), telling.eightBit);
  }

  private CopyStatus text(Invocation invocation, List<byte[]> arguments, SyncOutput output) {
    if (invocation.telling().verbose > 0) {
      invocation.withoutEffect().forEach(output::remark);
      SyncHosts.remarks(invocation).forEach(output::remark);
    }
    try {
      CopyResult result;
      try {
        String alone = whyOnlyRsync(invocation);
        if (alone != null) {
          become(invocation, arguments, alone, output);
        }
        result = run(invocation, output, output::remark);
      } catch (HostException e) {
        if (e.isWithoutAgent()) {
          become(invocation, arguments, e.getMessage(), output);
        }
        throw ending(e, invocation);
      }
      output.end(result);
      return result.status();
    } catch (CopyException e) {
      output.end(e);
      return e.status();
    }
  }

  private CopyStatus json(Invocation invocation, JsonOutput output, List<String> warnings) {
    output.begin();
    warnings.forEach(warning -> output.note(0, warning));
    CopyException failed;
    try {
      CopyResult result = run(invocation, output, remark -> {});
      output.end(result);
      return result.status();
    } catch (HostException e) {
      CopyException refusal =
          e.isWithoutAgent() ? OtherRsync.refusal(invocation, e.getMessage()) : null;
      failed = refusal == null ? ending(e, invocation) : refusal;
    } catch (CopyException e) {
      failed = e;
    }
    output.end(failed);
    return failed.status();
  }

  private static CopyException leftBySignal() {
    return new CopyException(CopyStatus.SIGNAL, "ended by a signal; what is not copied is left");
  }

  private static CopyException ending(HostException e, Invocation invocation) {
    if (Interruption.isUnderWay()) {
      return new CopyException(CopyStatus.SIGNAL, "ended by a signal before anything was copied");
    }
    if (e.trouble() != HostException.Trouble.NO_ANSWER) {
      return new CopyException(CopyStatus.START, e.getMessage());
    }
    boolean isByTimeout =
        invocation.line().connectSeconds == 0 && invocation.rules().timeoutSeconds > 0;
    return new CopyException(
        isByTimeout ? CopyStatus.TIMEOUT : CopyStatus.CONNECT_TIMEOUT, e.getMessage());
  }

  /** Why the agent cannot be started as the user wants the far side to run; null when it can. */
  private static @Nullable String whyOnlyRsync(Invocation invocation) {
    RsyncPath path = RsyncPath.of(invocation.line());
    return path == null || invocation.isWithinOneHost() || !path.isForRsyncAlone()
        ? null
        : path
            + " is no program with its arguments that ends with rsync: nothing but rsync is"
            + " started by it.";
  }

  /** Lets rsync do it where the agent cannot run; returns when that is not the case. */
  private void become(Invocation invocation, List<byte[]> arguments, String why, SyncOutput output)
      throws CopyException {
    CopyException refusal = OtherRsync.refusal(invocation, why);
    if (refusal != null) {
      throw refusal;
    }
    if (mayBecomeOther) {
      output.remark(why + " The rsync of that host is driven instead, with the same options.");
      OtherRsync.become(arguments, surroundings.environment("PATH"), why);
    }
  }

  /** What the other side would refuse is refused before it is asked. */
  private static void checkRemoteOptions(Invocation invocation) throws CopyException {
    List<byte[]> options = invocation.line().remoteOptions;
    try {
      if (!options.isEmpty()) {
        var unused = RulesText.read(RulesText.writeForOtherSide(invocation.rules(), options));
      }
    } catch (UsageException e) {
      throw new CopyException(e.status(), "--remote-option: " + e.getMessage());
    }
  }

  private CopyResult run(Invocation invocation, CopyListener listener, Consumer<String> remarks)
      throws CopyException, HostException {
    checkRemoteOptions(invocation);
    try (EarlyLook early = early(invocation);
        SyncHosts hosts = SyncHosts.connect(invocation, isAttended, remarks)) {
      Copy.becomeUser(invocation.rules()); // the way to the other host is that of who types
      CopyRequest request =
          new CopyRequest(
                  invocation.rules(),
                  invocation.sources(),
                  invocation.target(),
                  files(invocation, hosts),
                  invocation.filters(),
                  invocation.line().remoteOptions)
              .resolved(System.in);
      return Copy.run(hosts.source(), hosts.target(), request, early, listener);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw leftBySignal();
    } catch (CopyException e) {
      // A connection that broke because of a signal is not what ended the copy.
      throw e.status() == CopyStatus.STREAM && Interruption.isUnderWay() ? leftBySignal() : e;
    } catch (RuntimeException | Error e) {
      throw CopyException.ofFault(e);
    }
  }

  /** Looks at what is to be pushed while the other host is connected; null where it is not. */
  private static @Nullable EarlyLook early(Invocation invocation) {
    boolean isPush = invocation.targetHost() != null && invocation.sourceHost() == null;
    if (!isPush
        || invocation.filesOnOtherHost() != null
        || invocation.rules().listOnly
        || invocation.rules().copyAs != null) {
      return null;
    }
    CopyRequest request =
        new CopyRequest(
            invocation.rules(),
            invocation.sources(),
            invocation.target(),
            invocation.files(),
            invocation.filters());
    return EarlyLook.begin(request, SyncHosts.isMostLikelyRoots(invocation));
  }

  /** The names of --files-from; null without it. */
  private static @Nullable List<byte[]> files(Invocation invocation, SyncHosts hosts)
      throws CopyException, HostException {
    byte @Nullable [] elsewhere = invocation.filesOnOtherHost();
    if (elsewhere == null) {
      return invocation.files();
    }
    boolean isOnSource = invocation.sourceHost() != null;
    Host other = isOnSource ? hosts.source() : hosts.target();
    try {
      return NameListAbility.read(other, elsewhere, isOnSource, invocation.rules());
    } catch (HostException e) {
      throw e;
    } catch (IOException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
