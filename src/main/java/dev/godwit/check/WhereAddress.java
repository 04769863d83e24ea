package dev.godwit.check;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.CommandAbility;
import dev.godwit.wire.Printable;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Where an address that a command moves is, by the plan's {@code where}. Only when it names one of
 * the two hosts can a switch tell that the address has arrived; that it never does so would come
 * out after the release.
 */
public final class WhereAddress {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SAID_MAX = 100;

  private WhereAddress() {}

  /**
   * Runs {@code where}, on the host where the commands of the move are typed.
   *
   * @return what it wrote, without the blanks around it
   * @throws IOException when it fails, with its own words
   */
  public static String ask(PlannedAddress.Command command)
      throws IOException, InterruptedException {
    return CommandAbility.run(
        "where the address %s is cannot be asked".formatted(command.address()),
        command.asking(),
        Map.of(),
        LIMIT);
  }

  /** The same for all that is known; empty when the plan has no such address. */
  static Optional<Facts.WhereFacts> facts(Plan plan) throws InterruptedException {
    if (!(plan.address() instanceof PlannedAddress.Command command)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Facts.WhereFacts(command, ask(command), ""));
    } catch (IOException e) {
      return Optional.of(new Facts.WhereFacts(command, "", String.valueOf(e.getMessage())));
    }
  }

  /**
   * @param said by {@code where}
   * @return what is wrong when it names neither host
   */
  public static Optional<String> unknown(PlannedAddress.Command command, String said) {
    return said.equals(command.oldName()) || said.equals(command.newName())
        ? Optional.empty()
        : Optional.of(
            "where the address %s is cannot be told: `where` writes \"%s\", which is neither \"%s\" (old) nor \"%s\" (new)"
                .formatted(
                    command.address(),
                    Printable.line(said, SAID_MAX),
                    command.oldName(),
                    command.newName()));
  }
}
