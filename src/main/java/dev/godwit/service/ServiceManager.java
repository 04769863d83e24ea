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
    // Into a file: a daemon that keeps its output open must not hang on a pipe that ends with us.
    Outcome outcome = Processes.runIntoFile(command, limit);
    if (!outcome.isSuccess()) {
      throw failure(service, "it does not start", command, outcome, limit);
    }
  }

  /**
   * Stops it and makes sure: its control must say that it is stopped afterwards.
   *
   * @param fence whether a unit is also kept from starting again, by whatever (H57)
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
}
