package dev.godwit.service;

import dev.godwit.host.Processes;
import dev.godwit.host.Processes.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Starts and stops the services of this host. Threads: safe; one call for a service at a time. */
public final class ServiceManager {
  /** For {@code systemctl is-active} and a plan's {@code state}. */
  private static final Duration STATE_LIMIT = Duration.ofSeconds(10);

  /** Exit status of {@code systemctl is-active}, as of LSB for "status unknown". */
  private static final int NO_SUCH_UNIT = 4;

  private final Fences fences;

  public ServiceManager(Fences fences) {
    this.fences = fences;
  }

  /** Whether it runs, as its control says. */
  public boolean runs(Service service) throws IOException, InterruptedException {
    List<String> question =
        switch (service.control()) {
          case Control.Unit unit -> List.of("systemctl", "is-active", "--quiet", unit.unit());
          case Control.Commands commands -> commands.state();
        };
    Outcome outcome = Processes.run(question, STATE_LIMIT);
    if (outcome.timedOut()) {
      throw failure(service, "its state cannot be told", question, outcome, STATE_LIMIT);
    }
    if (service.control() instanceof Control.Unit unit && outcome.exit() == NO_SUCH_UNIT) {
      throw new ServiceException(
          "%s: systemd knows no unit %s".formatted(service.name(), unit.unit()));
    }
    return outcome.exit() == 0;
  }

  /** Starts it, and lifts its fence first when Godwit had put one up. */
  public void start(Service service, Duration limit) throws IOException, InterruptedException {
    List<String> command =
        switch (service.control()) {
          case Control.Unit unit -> {
            fences.lift(unit.unit());
            yield List.of("systemctl", "start", unit.unit());
          }
          case Control.Commands commands -> commands.start();
        };
    Outcome outcome = Processes.run(command, limit);
    if (!outcome.isSuccess()) {
      throw failure(service, "it does not start", command, outcome, limit);
    }
  }

  /**
   * Stops it and makes sure: its control must say that it is stopped afterwards.
   *
   * @param fence whether a unit is also masked, so that nothing starts it again (H57)
   */
  public void stop(Service service, boolean fence, Duration limit)
      throws IOException, InterruptedException {
    List<String> command =
        switch (service.control()) {
          case Control.Unit unit -> List.of("systemctl", "stop", unit.unit());
          case Control.Commands commands -> commands.stop();
        };
    Outcome outcome = Processes.run(command, limit);
    if (!outcome.isSuccess()) {
      throw failure(service, "it does not stop", command, outcome, limit);
    }
    if (runs(service)) {
      throw new ServiceException(
          "%s still runs although `%s` said that it was stopped"
              .formatted(service.name(), String.join(" ", command)));
    }
    if (fence && service.control() instanceof Control.Unit unit) {
      fences.put(unit.unit());
    }
  }

  private static ServiceException failure(
      Service service, String what, List<String> command, Outcome outcome, Duration limit) {
    String said = (outcome.err() + outcome.out()).strip();
    return new ServiceException(
        "%s: %s: `%s` %s%s"
            .formatted(
                service.name(),
                what,
                String.join(" ", command),
                outcome.timedOut()
                    ? "did not end within " + limit.toMillis() + " ms"
                    : "ended with " + outcome.exit(),
                said.isEmpty() ? "" : " and said: " + lastLine(said)));
  }

  private static String lastLine(String text) {
    String line = text.substring(text.lastIndexOf('\n') + 1);
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  /** Which units this program masked on this host, so that it unmasks no other. */
  public interface Fences {
    void put(String unit) throws IOException, InterruptedException;

    /** Does nothing for a unit without a fence of ours. */
    void lift(String unit) throws IOException, InterruptedException;
  }

  /** Masks units with systemctl and remembers each in a file of its own below a folder. */
  public static Fences maskedUnits(java.nio.file.Path folder) {
    return new Fences() {
      @Override
      public void put(String unit) throws IOException, InterruptedException {
        java.nio.file.Files.createDirectories(folder);
        java.nio.file.Path mark = folder.resolve(unit);
        if (!java.nio.file.Files.exists(mark)) {
          // The mark goes first: a mask without a mark would never be lifted.
          java.nio.file.Files.createFile(mark);
        }
        systemctl("mask", unit);
      }

      @Override
      public void lift(String unit) throws IOException, InterruptedException {
        java.nio.file.Path mark = folder.resolve(unit);
        if (java.nio.file.Files.exists(mark)) {
          systemctl("unmask", unit);
          java.nio.file.Files.delete(mark);
        }
      }

      private void systemctl(String verb, String unit) throws IOException, InterruptedException {
        Outcome outcome = Processes.run(List.of("systemctl", verb, unit), STATE_LIMIT);
        if (!outcome.isSuccess()) {
          throw new ServiceException(
              "unable to %s %s: %s".formatted(verb, unit, outcome.err().strip()));
        }
      }
    };
  }
}
