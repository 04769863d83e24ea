package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;

/** A program that is deaf to one option: what a test of the test needs. */
final class OptionDropper implements Program {
  private final Program program;
  private final String option;

  OptionDropper(Program program, String option) {
    this.program = program;
    this.option = option;
  }

  @Override
  public String name() {
    return program.name() + " without " + option;
  }

  @Override
  public Outcome run(Invocation invocation) throws InterruptedException {
    List<String> arguments = new ArrayList<>();
    for (String argument : invocation.arguments()) {
      if (option.length() == 2 && argument.matches("-[a-zA-Z0]+")) {
        String rest = argument.replace(option.substring(1), "");
        if (!rest.equals("-")) {
          arguments.add(rest);
        }
      } else if (!argument.equals(option) && !argument.startsWith(option + "=")) {
        arguments.add(argument);
      }
    }
    return program.run(
        new Invocation(
            arguments,
            invocation.directory(),
            invocation.environment(),
            invocation.umask(),
            invocation.user()));
  }
}
