package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where the commands of a move are typed (H59). Two with one journal are one: they have a plan file
 * in common, and the lock beside it.
 *
 * @param host its name
 * @param machineId of machine-id(5); empty when it has none
 * @param plan the plan file's absolute path
 */
public record Controller(String host, String machineId, String plan) {
  private static final int SHOWN_MAX = 1000;

  /** This host with a plan. */
  public static Controller here(Path plan) {
    HostFacts facts = HostFacts.ofThisHost();
    return new Controller(facts.hostname(), facts.machineId(), plan.toString());
  }

  /** Three lines; the path comes last, and may itself have more of them. */
  public String text() {
    return host + "\n" + machineId + "\n" + plan;
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IOException when it is malformed
   */
  public static Controller read(String text) throws IOException {
    String[] lines = text.split("\n", 3);
    if (lines.length < 3) {
      throw new IOException("malformed name of a controller");
    }
    return new Controller(lines[0], lines[1], lines[2]);
  }

  /** For people. */
  @Override
  public String toString() {
    return "%s (machine id %s), plan %s"
        .formatted(
            Printable.line(host, SHOWN_MAX),
            machineId.isEmpty() ? "none" : Printable.line(machineId, SHOWN_MAX),
            Printable.line(plan, SHOWN_MAX));
  }
}
