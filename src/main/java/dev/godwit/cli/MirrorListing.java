package dev.godwit.cli;

import dev.godwit.mirror.rules.EngineLimits;
import dev.godwit.mirror.rules.MirrorOption;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code godwit mirror} in the list of commands and in completion, with the commands that ask one
 * which runs. The mirror itself is not run from here: {@code Main} and {@link Godwit} hand its
 * arguments to {@link dev.godwit.cli.mirror.MirrorCommand}, which takes sync's options.
 */
@Command(
    name = "mirror",
    header = "Keep a directory equal to another one, live, as lsyncd does; at once.",
    footer = {
      "  godwit mirror /var/www/ root@new:/var/www   keep the copy equal",
      "  godwit mirror -c /etc/lsyncd/lsyncd.conf.lua",
      "  godwit mirror status"
    })
final class MirrorListing implements Runnable {
  /** The words after which the rest is for a mirror that runs. */
  private static final Set<String> ASKING =
      Set.of("status", "pause", "resume", "barrier", "audit", "verify");

  @Spec private CommandSpec spec;

  static CommandLine commandLine(Terminal terminal) {
    CommandLine mirror = new CommandLine(new MirrorListing());
    for (MirrorOption option : MirrorOption.values()) {
      String[] names =
          option == MirrorOption.CONFIG
              ? new String[] {"-c", "--config"}
              : new String[] {"--" + option.word()};
      add(mirror, names, option.argument(), option.help());
    }
    for (SyncOption option : SyncOption.values()) {
      if (option.state() == OptionState.WORKS
          && EngineLimits.isHonoured(option)
          && !option.longName().isEmpty()) {
        add(mirror, new String[] {"--" + option.longName()}, option.argument(), option.help());
      }
    }
    mirror.addSubcommand(new MirrorStatusCommand(terminal));
    mirror.addSubcommand(new MirrorVerifyCommand(terminal));
    for (MirrorOrderCommand.Order order : MirrorOrderCommand.Order.values()) {
      mirror.addSubcommand(order.word(), MirrorOrderCommand.commandLine(terminal, order));
    }
    return mirror;
  }

  private static void add(CommandLine mirror, String[] names, String argument, String help) {
    OptionSpec.Builder builder = OptionSpec.builder(names).description(help.replace("%", "%%"));
    mirror
        .getCommandSpec()
        .addOption(
            argument.isEmpty()
                ? builder.type(boolean.class).build()
                : builder.paramLabel(argument).type(String.class).build());
  }

  /** Whether a command line asks a mirror that runs. */
  static boolean asks(String[] arguments) {
    return arguments.length > 1 && ASKING.contains(arguments[1]);
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "mirror has to be the first word after godwit");
  }
}
