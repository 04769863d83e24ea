package dev.godwit.survey;

import java.util.List;
import java.util.Optional;

/**
 * Units of systemd: those that were asked for, those that are stopped with them, and those that are
 * started with them.
 *
 * @param trouble why systemd could not be asked; empty when it could, and on a host without it
 */
public record Units(List<Unit> units, String trouble) {
  /** Of a host without systemd, or when nothing was asked. */
  public static final Units NONE = new Units(List.of(), "");

  public Units {
    units = List.copyOf(units);
  }

  /**
   * A unit (systemd.unit(5)).
   *
   * @param names all that it has, its own first
   * @param load {@code loaded}; {@code masked}, {@code not-found}, {@code bad-setting} or {@code
   *     error} when it cannot be started
   * @param loadError systemd's words about that
   * @param isUp whether it runs, or is about to
   * @param requires what it does not start without; started with it
   * @param wants what is started with it if that can be
   * @param stopsToo what is stopped with it
   * @param triggers the sockets, timers and paths that start it
   */
  public record Unit(
      List<String> names,
      String load,
      String loadError,
      boolean isUp,
      List<String> requires,
      List<String> wants,
      List<String> stopsToo,
      List<String> triggers) {
    public Unit {
      names = List.copyOf(names);
      requires = List.copyOf(requires);
      wants = List.copyOf(wants);
      stopsToo = List.copyOf(stopsToo);
      triggers = List.copyOf(triggers);
    }

    public String name() {
      return names.getFirst();
    }

    public boolean isLoaded() {
      return load.equals("loaded");
    }
  }

  /** By any of its names; empty when it was not looked at. */
  public Optional<Unit> of(String name) {
    return units.stream().filter(unit -> unit.names().contains(name)).findFirst();
  }
}
