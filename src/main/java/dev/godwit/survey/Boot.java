package dev.godwit.survey;

import dev.godwit.survey.Known.AddressLine;
import java.util.List;

/**
 * What a boot of a host brings, of what was asked for.
 *
 * @param started the units that are started, by the names they were asked for; also those that only
 *     a fence of Godwit keeps from it, which goes with the move
 * @param addresses lines of the network's configuration that name an address
 * @param trouble why not all could be seen; empty when it was
 */
public record Boot(List<String> started, List<AddressLine> addresses, String trouble) {
  /** Of a host of which nothing was asked. */
  public static final Boot NONE = new Boot(List.of(), List.of(), "");

  public Boot {
    started = List.copyOf(started);
    addresses = List.copyOf(addresses);
  }

  /**
   * What is asked.
   *
   * @param units with their types: of an init script the name that systemd would give it
   */
  public record Question(List<String> units, List<String> addresses) {
    public Question {
      units = List.copyOf(units);
      addresses = List.copyOf(addresses);
    }
  }
}
