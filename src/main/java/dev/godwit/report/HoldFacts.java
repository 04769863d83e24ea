package dev.godwit.report;

import dev.godwit.journal.Journal;
import java.io.IOException;
import java.util.Optional;

/**
 * The hold of a move's last cut-over as the gate measured it on old.
 *
 * @param millis from the first connection that could be held to the release
 * @param connections how many were held
 * @param longestWaitMillis how long the one waited that waited longest
 */
public record HoldFacts(long millis, long connections, long longestWaitMillis) {
  static Optional<HoldFacts> of(Journal journal) throws IOException {
    Optional<String> text = journal.fact(dev.godwit.move.Cutover.HOLD_FACT);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String[] numbers = text.get().split(" ");
    return Optional.of(
        new HoldFacts(
            Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2])));
  }
}
