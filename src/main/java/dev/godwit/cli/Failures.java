package dev.godwit.cli;

import dev.godwit.daemon.RequestException;
import dev.godwit.host.FileReason;
import dev.godwit.host.HostException;
import dev.godwit.host.NameEncoding;
import dev.godwit.journal.HeldException;
import dev.godwit.move.MoveException;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlanProblem;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The one place where an exception becomes a message and an exit code. What a user or a host can
 * cause is one message without a stack; everything else is a bug and shows its stack. With {@code
 * --json} the same is one JSON object on standard output.
 */
public final class Failures {
  private final Terminal terminal;
  private final boolean json;

  Failures(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /** To be installed in picocli, for commands that threw and for lines it cannot parse. */
  void installIn(CommandLine commandLine) {
    commandLine.setExecutionExceptionHandler((failure, command, parsed) -> tell(failure));
    commandLine.setParameterExceptionHandler((failure, args) -> tell(failure));
  }

  /** Prints the failure; returns the exit status. */
  int tell(Throwable failure) {
    ExitCode code = codeOf(failure);
    if (json) {
      terminal.print(JsonMapper.shared().writeValueAsString(object(failure, code)));
    }
    if (code == ExitCode.BUG) {
      failure.printStackTrace(terminal.errors());
      terminal.error("this is a fault in Godwit; please report it with the lines above");
    } else if (!json) {
      terminal.error(message(failure));
    }
    return code.status();
  }

  private static ExitCode codeOf(Throwable failure) {
    return switch (failure) {
      case UserFailure user -> user.code();
      case PlanException _, ParameterException _, RequestException _ -> ExitCode.USAGE;
      case HeldException _ -> ExitCode.REFUSED;
      case MoveException move ->
          switch (move.kind()) {
            case FAILED -> ExitCode.FINDINGS;
            case TAKEN_BACK -> ExitCode.TAKEN_BACK;
            case REFUSED -> ExitCode.REFUSED;
          };
      case HostException host when HostException.isRefusal(host) -> ExitCode.REFUSED;
      case HostException _, WireException _ -> ExitCode.UNREACHABLE;
      // A file or a device in the way; whoever threw it has named it.
      case IOException _ -> ExitCode.FINDINGS;
      case InvalidPathException path when NameEncoding.isCauseOf(path) -> ExitCode.USAGE;
      default -> ExitCode.BUG;
    };
  }

  /** For people, without a stack. */
  public static String message(Throwable failure) {
    if (failure instanceof InvalidPathException path && NameEncoding.isCauseOf(path)) {
      return NameEncoding.refusal(path.getInput());
    }
    if (failure instanceof FileSystemException file) {
      return file.getFile() + ": " + FileReason.of(file);
    }
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof ParameterException parameter) {
      String command = parameter.getCommandLine().getCommandSpec().qualifiedName();
      return message + didYouMean(parameter) + "\nTry `" + command + " --help`.";
    }
    return message;
  }

  private static String didYouMean(ParameterException failure) {
    if (failure instanceof UnmatchedArgumentException unmatched) {
      List<String> suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        return "; did you mean `" + suggestions.getFirst() + "`?";
      }
    }
    return "";
  }

  private static Map<String, Object> object(Throwable failure, ExitCode code) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("exit", code.status());
    object.put("error", message(failure));
    if (failure instanceof PlanException plan) {
      object.put("problems", plan.problems().stream().map(Failures::problem).toList());
    }
    return object;
  }

  private static Map<String, Object> problem(PlanProblem problem) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("line", problem.line());
    object.put("column", problem.column());
    object.put("message", problem.message());
    return object;
  }
}
