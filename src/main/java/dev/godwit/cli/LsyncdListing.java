package dev.godwit.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code godwit lsyncd} in the list of commands. {@code Main} and {@link Godwit} hand its arguments
 * to {@link dev.godwit.cli.mirror.LsyncdCommand}, because its options are lsyncd's.
 */
@Command(
    name = "lsyncd",
    header = "Mirror by a configuration of lsyncd, in its place.",
    footer = {"  godwit lsyncd /etc/lsyncd/lsyncd.conf.lua", "  godwit lsyncd -help"})
final class LsyncdListing implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "lsyncd has to be the first word after godwit");
  }
}
