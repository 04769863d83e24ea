package dev.godwit.cli;

import java.io.Console;

/** Asks before clients are made to wait. */
final class Confirmation {
  private Confirmation() {}

  /**
   * Returns when the answer was yes.
   *
   * @param verb what is asked for: {@code cut over}
   * @param otherwise what is so when it is not done
   * @throws UserFailure REFUSED when it was not, or nobody can be asked
   */
  @SuppressWarnings("SystemConsoleNull") // it is, where a module of the runtime is left out
  static void ask(String question, String verb, String otherwise) throws UserFailure {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "there is no terminal to ask on; to %s without asking, add --yes".formatted(verb));
    }
    String answer = console.readLine("%s [y/N] ", question);
    if (answer == null || !answer.strip().equalsIgnoreCase("y")) {
      throw new UserFailure(ExitCode.REFUSED, "not done; " + otherwise);
    }
  }
}
