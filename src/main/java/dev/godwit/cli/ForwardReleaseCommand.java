package dev.godwit.cli;

import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.RuleBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit forward release}: those who wait go. */
@Command(
    name = "release",
    header = "Let the connections of a group go, oldest first.",
    description = {
      "Ends a hold, a drain or a close: connections pass again.",
      "With --to they go somewhere else, and so do later ones until the rules are read",
      "again. A gate only ends a drain or a close, without --to."
    },
    footer = {
      "  godwit forward release web",
      "  godwit forward release web --to 10.0.0.7:80 --rate 100",
      "  godwit forward release web --to 10.0.0.7 --hand-over kernel"
    })
final class ForwardReleaseCommand extends ForwardGroupCommand {
  private static final String KERNEL = "kernel";
  private static final String RELAY = "relay";

  @Option(names = "--to", paramLabel = "DEST", description = "Where they go from now on.")
  private @Nullable String to;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "So many of those who wait go in a second; others come behind them.")
  private @Nullable String rate;

  @Option(
      names = "--hand-over",
      paramLabel = "TO",
      description =
          "kernel: new connections go past the forwarder (DNAT), where that is possible; relay (the default): they do not.")
  private String handOver = RELAY;

  ForwardReleaseCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String order(String group) throws UserFailure {
    String target = "";
    if (to != null) {
      try {
        target = " to=" + Endpoints.target(to).display();
      } catch (IllegalArgumentException e) {
        throw new UserFailure(ExitCode.USAGE, "--to: " + e.getMessage());
      }
    }
    String pace = "";
    if (rate != null) {
      try {
        pace = " rate=" + RuleBuilder.count(rate);
      } catch (IllegalArgumentException e) {
        throw new UserFailure(ExitCode.USAGE, "--rate: " + e.getMessage());
      }
    }
    if (!handOver.equals(RELAY) && !handOver.equals(KERNEL)) {
      throw new UserFailure(
          ExitCode.USAGE, "--hand-over: found \"" + handOver + "\", expected kernel or relay");
    }
    String by = handOver.equals(KERNEL) ? " by=kernel" : "";
    return "release " + group + pace + by + target; // which may have blanks
  }
}
