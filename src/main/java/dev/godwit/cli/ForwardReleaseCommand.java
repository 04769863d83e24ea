package dev.godwit.cli;

import dev.godwit.forward.ForwardControl;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.RuleBuilder;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit forward release}: those who wait go. */
@Command(
    name = "release",
    header = "Let the connections of a group go, oldest first.",
    description =
        "With --to they go somewhere else, and so do later ones until the rules are read again.",
    footer = {
      "  godwit forward release web",
      "  godwit forward release web --to 10.0.0.7:80 --rate 100",
      "  godwit forward release web --to 10.0.0.7 --hand-over kernel"
    })
final class ForwardReleaseCommand extends AskedCommand implements Callable<Integer> {
  private static final String KERNEL = "kernel";
  private static final String RELAY = "relay";

  @Parameters(
      paramLabel = "GROUP",
      description = "By its name in status.",
      defaultValue = "forward")
  private String group = "";

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
    super(terminal, ForwardControl.SOCKETS);
  }

  @Override
  public Integer call() throws UserFailure, IOException {
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
    ask(socket(), "release " + group + target + pace + by);
    return ExitCode.DONE.status();
  }
}
