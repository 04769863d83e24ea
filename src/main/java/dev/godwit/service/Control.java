package dev.godwit.service;

import java.util.List;

/** How a service is started and stopped, and how its state is asked. */
public sealed interface Control {
  /** For messages: {@code dovecot.service}, or the command that starts it. */
  String display();

  /** A unit of systemd, with its type: {@code dovecot.service}. */
  record Unit(String unit) implements Control {
    @Override
    public String display() {
      return unit;
    }
  }

  /**
   * Three commands, each an argument list whose first element is the program; no shell is between.
   * {@code start} and {@code stop} return when it is done and exit with 0; {@code state} exits with
   * 0 when the service runs and with anything else when it does not.
   */
  record Commands(List<String> start, List<String> stop, List<String> state) implements Control {
    public Commands {
      start = List.copyOf(start);
      stop = List.copyOf(stop);
      state = List.copyOf(state);
    }

    @Override
    public String display() {
      return String.join(" ", start);
    }
  }
}
