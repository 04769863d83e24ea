package dev.godwit.cli;

import dev.godwit.daemon.Words;
import dev.godwit.forward.server.ForwardControl;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit forward drain}: a group comes to its end. */
@Command(
    name = "drain",
    header = "Refuse new connections of a group, and let those that are there end.",
    description = {
      "Who comes is reset at once, and counted as refused. Who waits in a hold goes.",
      "When all have ended, or after --limit, when what is left is reset, the group is",
      "closed. Returns at once: status says how many are left, release takes it back."
    },
    footer = {
      "  godwit forward drain web",
      "  godwit forward drain web --limit 5m",
      "  godwit forward drain postfix --gate mail"
    })
final class ForwardDrainCommand extends ForwardGroupCommand {
  @Option(
      names = "--limit",
      paramLabel = "TIME",
      description = "How long they may take. Default: --drain of the forwarder; of a gate 30s.")
  private @Nullable String limit;

  ForwardDrainCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String order(String group) throws UserFailure {
    if (limit == null) {
      return "drain " + group;
    }
    try {
      return "drain " + group + " " + ForwardControl.word(Words.duration(limit));
    } catch (IllegalArgumentException e) {
      throw new UserFailure(ExitCode.USAGE, "--limit: " + e.getMessage());
    }
  }
}
