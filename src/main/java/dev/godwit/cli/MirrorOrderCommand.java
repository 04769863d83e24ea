package dev.godwit.cli;

import dev.godwit.daemon.Words;
import dev.godwit.mirror.MirrorProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a mirror that runs is told to do: {@code godwit mirror pause}, and so on. */
@Command
final class MirrorOrderCommand extends AskedCommand implements Callable<Integer> {
  /** What it can be told. */
  enum Order {
    PAUSE("pause", "Bring what has changed to the target, then apply nothing more."),
    RESUME("resume", "Go on after a pause or a halt; looks at everything again."),
    BARRIER("barrier", "Return when all that changed before is on the target's disk."),
    AUDIT("audit", "Compare both sides now, and put right what differs.");

    private final String word;
    private final String header;

    Order(String word, String header) {
      this.word = word;
      this.header = header;
    }

    String word() {
      return word;
    }
  }

  private static final String ANY_REMOVALS = "--any-removals";
  private static final String NEW_ROOT = "--new-root";
  private static final String CONTENT = "--content";
  private static final String SHARE = "--share";
  private static final String LIMIT = "--limit";

  private final Order order;

  @Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Of the mirror, as `status` shows it; all of the process without it.")
  private @Nullable String name;

  private MirrorOrderCommand(Terminal terminal, Order order) {
    super(terminal, MirrorProcess.SOCKETS);
    this.order = order;
  }

  static CommandLine commandLine(Terminal terminal, Order order) {
    CommandLine line = new CommandLine(new MirrorOrderCommand(terminal, order));
    line.getCommandSpec().name(order.word);
    line.getCommandSpec().usageMessage().header(order.header);
    line.getCommandSpec().usageMessage().footer("  godwit mirror " + order.word + " www");
    if (order == Order.RESUME) {
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder(ANY_REMOVALS)
                  .type(boolean.class)
                  .description("Whatever share of the target's names goes, until it connects anew.")
                  .build());
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder(NEW_ROOT)
                  .type(boolean.class)
                  .description("The source's directory is right, though it is another one.")
                  .build());
    }
    if (order == Order.BARRIER) {
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder(LIMIT)
                  .type(String.class)
                  .paramLabel("TIME")
                  .description("Fail when it takes longer, for each mirror; without it 5m.")
                  .build());
    }
    if (order == Order.AUDIT) {
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder(CONTENT)
                  .type(boolean.class)
                  .description("Read all files, though their size and time are equal.")
                  .build());
      line.getCommandSpec()
          .addOption(
              OptionSpec.builder(SHARE)
                  .type(String.class)
                  .paramLabel("SHARE")
                  .description("Of the time in which it works, as 10%%; without it all the time.")
                  .build());
    }
    return line;
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    StringBuilder request = new StringBuilder(order.word);
    for (String flag : new String[] {ANY_REMOVALS, NEW_ROOT, CONTENT}) {
      if (spec.commandLine().getParseResult().hasMatchedOption(flag)) {
        request.append(' ').append(flag);
      }
    }
    for (String option : new String[] {SHARE, LIMIT}) {
      String value = spec.commandLine().getParseResult().matchedOptionValue(option, "");
      if (!value.isEmpty()) {
        request.append(' ').append(option).append('=').append(value);
      }
    }
    if (name != null) {
      request.append(' ').append(name);
    }
    terminal().print(ask(socket(), request.toString(), silence()));
    return ExitCode.DONE.status();
  }

  /** So long one that is stopped is waited for. */
  private Duration silence() {
    String limit = spec.commandLine().getParseResult().matchedOptionValue(LIMIT, "");
    try {
      return limit.isEmpty() ? SILENCE : Words.duration(limit);
    } catch (IllegalArgumentException e) {
      return SILENCE; // the process says what is wrong with it
    }
  }
}
