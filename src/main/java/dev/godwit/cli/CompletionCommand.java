package dev.godwit.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code godwit completion}: the script that completes commands and options in a shell. */
@Command(
    name = "completion",
    header = "Print a script that completes commands for bash and zsh.",
    footer = {
      "  source <(godwit completion)",
      "  godwit completion > /etc/bash_completion.d/godwit"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private CommandSpec spec;

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    terminal.print(AutoComplete.bash("godwit", spec.root().commandLine()).stripTrailing());
    return ExitCode.DONE.status();
  }
}
