package dev.godwit.cli;

import dev.godwit.daemon.Words;
import dev.godwit.forward.ForwardControl;
import dev.godwit.forward.ForwardServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit forward hold}: new connections of a group wait. */
@Command(
    name = "hold",
    header = "Let new connections of a group wait.",
    description = {
      "They are accepted and nothing is read from them. Connections that exist go on.",
      "The hold ends by itself after --limit; then they go where they would have gone."
    },
    footer = {"  godwit forward hold web", "  godwit forward hold web --limit 30s"})
final class ForwardHoldCommand extends AskedCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "GROUP",
      description = "By its name in status.",
      defaultValue = "forward")
  private String group = "";

  @Option(
      names = "--limit",
      paramLabel = "TIME",
      description = "When it ends by itself, 300s at most. Default: 5s.")
  private String limit = ForwardControl.word(ForwardServer.HOLD_LIMIT_DEFAULT);

  ForwardHoldCommand(Terminal terminal) {
    super(terminal, ForwardControl.SOCKETS);
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    Duration lease;
    try {
      lease = Words.duration(limit);
    } catch (IllegalArgumentException e) {
      throw new UserFailure(ExitCode.USAGE, "--limit: " + e.getMessage());
    }
    ask(socket(), "hold " + group + " " + ForwardControl.word(lease));
    return ExitCode.DONE.status();
  }
}
