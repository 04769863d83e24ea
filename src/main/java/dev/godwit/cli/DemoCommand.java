package dev.godwit.cli;

import dev.godwit.demo.Demo;
import dev.godwit.demo.DemoOptions;
import dev.godwit.demo.LabException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit demo}. */
@Command(
    name = "demo",
    header = "Watch a move between two hosts made up on this machine.",
    description =
        "Builds two hosts and moves a live web and mail service from one to the other while a client"
            + " keeps asking. Needs root; everything stays in namespaces and is removed at the end."
            + " Ends with 0 when no request failed, no write was lost or doubled and no file is"
            + " different.",
    footer = {
      "  godwit demo",
      "  godwit demo --rollback",
      "  godwit demo --files 2000 --json result.json"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--files",
      paramLabel = "N",
      defaultValue = "" + DemoOptions.FILES_DEFAULT,
      description = "Files on the old host (default: ${DEFAULT-VALUE}).")
  private int files;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results as JSON too.")
  private @Nullable Path json;

  @Option(names = "--keep", description = "Leave the hosts up, and say how to enter them.")
  private boolean keep;

  @Option(
      names = "--rollback",
      description = "Also go back to old with what new has accepted, then to new again.")
  private boolean rollback;

  private final Terminal terminal;

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, UserFailure {
    DemoOptions options;
    try {
      options = DemoOptions.of(files, json, keep, rollback);
    } catch (IllegalArgumentException e) {
      throw new UserFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    try {
      return Demo.run(options, terminal.output());
    } catch (LabException e) {
      throw new UserFailure(ExitCode.UNREACHABLE, String.valueOf(e.getMessage()));
    }
  }
}
