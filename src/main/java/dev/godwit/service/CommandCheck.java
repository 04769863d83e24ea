package dev.godwit.service;

import dev.godwit.host.Processes;
import dev.godwit.host.Processes.Outcome;
import dev.godwit.service.Conversation.Refusal;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/** The check that a program of this host makes. */
final class CommandCheck {
  private CommandCheck() {}

  /**
   * Runs it once.
   *
   * @param left of the time for all attempts
   * @return what it said, for people
   * @throws Refusal when it says no, and when it uses up the time that it has by the plan
   * @throws SocketTimeoutException when it did not end in the time that was left
   * @throws IOException when it cannot be started
   */
  static String run(Check.Command check, Duration left) throws IOException, InterruptedException {
    boolean isCutShort = left.compareTo(check.limit()) < 0;
    Outcome outcome = Processes.run(check.command(), isCutShort ? left : check.limit());
    if (outcome.timedOut() && isCutShort) {
      throw new SocketTimeoutException("no time was left for it");
    }
    String said = outcome.err().isBlank() ? outcome.out().strip() : outcome.err().strip();
    String last = said.substring(said.lastIndexOf('\n') + 1);
    String ended =
        outcome.timedOut()
            ? "did not end within " + check.limit().toMillis() + " ms"
            : "ended with " + outcome.exit();
    String told = last.isEmpty() ? ended : ended + " and said " + Conversation.printable(last);
    if (!outcome.isSuccess()) {
      throw new Refusal(told);
    }
    return told;
  }
}
