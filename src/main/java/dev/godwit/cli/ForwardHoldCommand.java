package dev.godwit.cli;

import dev.godwit.daemon.Words;
import dev.godwit.forward.server.ForwardControl;
import dev.godwit.forward.server.ForwardServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit forward hold}: new connections of a group wait. */
@Command(
    name = "hold",
    header = "Let new connections of a group wait.",
    description = {
      "They are accepted and nothing is read from them. Connections that exist go on.",
      "Of datagrams (UDP) the newest 32 of each client wait, as much as 64 KiB of a",
      "client and 16 MiB of all; what is dropped is counted by cause in the status.",
      "The hold ends by itself after --limit; then they go where they would have gone.",
      "The holds of a move's gate are the move's: cutover and rollback make them."
    },
    footer = {"  godwit forward hold web", "  godwit forward hold web --limit 30s"})
final class ForwardHoldCommand extends ForwardGroupCommand {
  @Option(
      names = {"--limit", "--hold-limit"},
      paramLabel = "TIME",
      description = "When it ends by itself, 300s at most. Default: 5s.")
  private String limit = ForwardControl.word(ForwardServer.HOLD_LIMIT_DEFAULT);

  ForwardHoldCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String order(String group) throws UserFailure {
    try {
      return "hold " + group + " " + ForwardControl.word(Words.duration(limit));
    } catch (IllegalArgumentException e) {
      throw new UserFailure(ExitCode.USAGE, "--limit: " + e.getMessage());
    }
  }
}
