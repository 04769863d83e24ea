package dev.godwit.cli;

import dev.godwit.demo.Demo;
import dev.godwit.demo.DemoOptions;
import dev.godwit.demo.LabException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code godwit demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Builds two hosts on this machine and moves a live web and mail service from one to the"
          + " other while a client keeps asking. Needs root; everything stays in namespaces and is"
          + " removed at the end.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 no request failed, no write was lost or doubled, no file is",
      "different; 1 something was; 2 wrong options; 3 the demo cannot run here.",
      "",
      "Examples:",
      "  godwit demo",
      "  godwit demo --files 2000 --json result.json"
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int EXIT_CANNOT = 3;

  @Spec private @Nullable CommandSpec spec;

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

  @Override
  public Integer call() throws IOException {
    DemoOptions options;
    try {
      options = DemoOptions.of(files, json, keep);
    } catch (IllegalArgumentException e) {
      if (spec == null) {
        throw e;
      }
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    try {
      return Demo.run(options, System.out);
    } catch (LabException e) {
      System.err.println("godwit demo: " + e.getMessage());
      return EXIT_CANNOT;
    }
  }
}
