package dev.godwit.cli;

import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code godwit sync} in the list of commands and in completion. It is never run from here: {@code
 * Main} and {@link Godwit} hand its arguments to {@link dev.godwit.cli.sync.SyncCommand}, which has
 * a parser of its own, because its options are rsync's.
 */
@Command(
    name = "sync",
    header = "Make a directory like another one, as rsync does; faster.",
    footer = {
      "  godwit sync -a src/ dst/                 make dst like src",
      "  godwit sync -aHAX --delete src/ host:dst the same over ssh"
    })
final class SyncListing implements Runnable {
  @Spec private CommandSpec spec;

  /** With rsync's options, for completion. */
  static CommandLine commandLine() {
    CommandLine sync = new CommandLine(new SyncListing());
    for (SyncOption option : SyncOption.values()) {
      // Those that every command has are there.
      if (option.state() != OptionState.REFUSED && option != SyncOption.HELP) {
        sync.getCommandSpec().addOption(spec(option));
      }
    }
    return sync;
  }

  private static OptionSpec spec(SyncOption option) {
    List<String> names = new ArrayList<>();
    if (option.shortName() != 0 && option != SyncOption.HUMAN_READABLE) {
      names.add("-" + option.shortName());
    }
    if (!option.longName().isEmpty()) {
      names.add("--" + option.longName());
    }
    OptionSpec.Builder builder =
        OptionSpec.builder(names.toArray(String[]::new))
            .description(option.help().replace("%", "%%"));
    if (option.takesArgument()) {
      return builder.paramLabel(option.argument()).type(String.class).build();
    }
    return builder.negatable(option.isNegatable()).type(boolean.class).build();
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "sync has to be the first word after godwit");
  }
}
