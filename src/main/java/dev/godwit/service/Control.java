package dev.godwit.service;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How a service is started and stopped, and how its state is asked. */
public sealed interface Control {
  /** For messages: {@code dovecot.service}, or the command that starts it. */
  String display();

  /** The command that stops it. */
  List<String> stop();

  /** A unit of systemd, with its type: {@code dovecot.service}. */
  record Unit(String unit) implements Control {
    @Override
    public String display() {
      return unit;
    }

    @Override
    public List<String> stop() {
      return List.of("systemctl", "stop", unit);
    }
  }

  /**
   * A unit where there is no systemd, as on a stage: what systemd would do is done by Godwit.
   * Obeyed on a stage only; the other methods are those of its unit, as far as they mean anything
   * there.
   *
   * @param unit as the systemd of the host below the stage has it
   */
  record Staged(KnownUnit unit) implements Control {
    @Override
    public String display() {
      return unit.name();
    }

    @Override
    public List<String> stop() {
      return List.of("systemctl", "stop", unit.name());
    }
  }

  /**
   * A script of System V init, by the name it has in {@link #FOLDER}: it obeys {@code start},
   * {@code stop} and {@code status} as the Linux Standard Base says (LSB Core 5.0, "Init Script
   * Actions").
   */
  record Script(String name) implements Control {
    public static final String FOLDER = "/etc/init.d/";

    List<String> command(String action) {
      return List.of(FOLDER + name, action);
    }

    @Override
    public String display() {
      return FOLDER + name;
    }

    @Override
    public List<String> stop() {
      return command("stop");
    }
  }

  /**
   * Three commands, each an argument list whose first element is the program; no shell is between.
   * {@code start} and {@code stop} return when it is done and exit with 0; {@code state} exits with
   * 0 when the service runs and with anything else when it does not.
   *
   * @param fence keeps the host from starting it, also at boot; empty when there is no such command
   * @param unfence undoes {@code fence}; empty when that is
   * @param fenced exits with 0 while the fence is up and with anything else when it is not; empty
   *     when nothing can tell
   */
  record Commands(
      List<String> start,
      List<String> stop,
      List<String> state,
      List<String> fence,
      List<String> unfence,
      List<String> fenced)
      implements Control {
    public Commands {
      start = List.copyOf(start);
      stop = List.copyOf(stop);
      state = List.copyOf(state);
      fence = List.copyOf(fence);
      unfence = List.copyOf(unfence);
      fenced = List.copyOf(fenced);
    }

    public Commands(List<String> start, List<String> stop, List<String> state) {
      this(start, stop, state, List.of(), List.of(), List.of());
    }

    @Override
    public String display() {
      return String.join(" ", start);
    }

    /** Without which it cannot be given to another host, nor be taken back. */
    List<String> programs() {
      return Stream.of(start, stop, state, fence, unfence)
          .filter(command -> !command.isEmpty())
          .map(List::getFirst)
          .distinct()
          .toList();
    }
  }

  /** Whether the host can be kept from starting it, also after a reboot (H57). */
  default boolean canBeFenced() {
    return !(this instanceof Commands commands)
        || !commands.fence().isEmpty()
        || initScript().isPresent();
  }

  /**
   * Whether its fence can be read back: of one that the plan's own command puts up, another command
   * of the plan has to tell.
   */
  default boolean hasReadableFence() {
    return unitName().isPresent()
        || (this instanceof Commands commands && !commands.fenced().isEmpty());
  }

  /**
   * The unit by which a systemd knows it: its own, or what systemd-sysv-generator(8) makes of it.
   */
  default Optional<String> unitName() {
    return this instanceof Unit own
        ? Optional.of(own.unit())
        : initScript().map(name -> name + ".service");
  }

  /** The name of the init script behind it, if one is: its own, or the one its command starts. */
  default Optional<String> initScript() {
    return switch (this) {
      case Unit _, Staged _ -> Optional.empty();
      case Script script -> Optional.of(script.name());
      case Commands commands -> {
        List<String> start = commands.start();
        boolean isService =
            start.size() == 3
                && start.getFirst().matches("(.*/)?(service|invoke-rc\\.d)")
                && start.getLast().equals("start");
        boolean isScript = !start.isEmpty() && start.getFirst().startsWith(Script.FOLDER);
        yield isService
            ? Optional.of(start.get(1))
            : isScript
                ? Optional.of(Path.of(start.getFirst()).getFileName().toString())
                : Optional.empty();
      }
    };
  }
}
