package dev.godwit.forward.daemons;

import dev.godwit.forward.Daemon;
import dev.godwit.forward.GateException;
import dev.godwit.forward.Watchdog;
import dev.godwit.forward.landing.Landing;
import dev.godwit.forward.landing.LandingOptions;
import dev.godwit.forward.landing.LandingRecord;
import dev.godwit.forward.landing.LeasedServices;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The process that holds a host's landing: it outlives the controller and the ssh connection. */
public final class LandingDaemon {
  static final String NAME = "landing";
  private static final int SERVICES_BYTES_MAX = 128 * 1024;

  private final Path directory;
  private @Nullable Landing landing;
  private @Nullable LandingOptions options;
  private @Nullable Watchdog watchdog;
  private final StartLease lease;
  private final SupervisorWatch supervisor;
  private volatile boolean ended;

  private LandingDaemon(Path directory, StartLease lease, SupervisorWatch supervisor) {
    this.directory = directory;
    this.lease = lease;
    this.supervisor = supervisor;
  }

  /**
   * Serves {@code landing.sock} in the directory until it is told to end. The process's main.
   *
   * @throws IOException also when another landing serves there
   */
  public static void run(Path directory, LeasedServices.Factory services)
      throws IOException, InterruptedException {
    run(directory, services, DaemonSupervisor.command(NAME));
  }

  static void run(Path directory, LeasedServices.Factory services, DaemonCommand supervisorCommand)
      throws IOException, InterruptedException {
    Daemon.endInOrderBySignal(directory, NAME);
    SupervisorWatch watch = SupervisorWatch.start(directory, NAME, supervisorCommand);
    LandingDaemon daemon = new LandingDaemon(directory, StartLease.in(directory, services), watch);
    Daemon.run(directory, NAME, daemon::begin, daemon::answer, () -> daemon.ended);
  }

  /** Goes on with the landing that was here before this process, such as before a reboot. */
  private AutoCloseable begin() throws IOException, InterruptedException {
    Optional<LandingOptions> before = LandingRecord.read(directory);
    if (before.isPresent()) {
      use(Landing.goOn(directory, before.get(), lease), before.get());
    }
    return () -> {};
  }

  private byte[] answer(MessageReader request) throws IOException, InterruptedException {
    MessageWriter out = new MessageWriter();
    LandingCommand command = LandingCommand.read(request);
    switch (command) {
      case LEASE ->
          lease.grant(request.u64(), GateDaemon.millis(request), request.bytes(SERVICES_BYTES_MAX));
      case SETTLE -> lease.settle();
      default -> answer(command, request, out);
    }
    return out.toBytes();
  }

  private synchronized void answer(LandingCommand command, MessageReader request, MessageWriter out)
      throws IOException, InterruptedException {
    switch (command) {
      case LEASE, SETTLE -> throw new IllegalStateException("answered already");
      case START -> {
        Landing started = start(LandingOptions.read(request));
        out.u32(started.port()).bytes(started.token());
      }
      case STATUS -> {
        Landing current = landing;
        if (current == null) {
          throw new GateException(GateException.Kind.ABSENT, "no landing was started");
        }
        current.status().with(supervisor.isWatched()).write(out);
      }
      case END -> end();
    }
  }

  /** The same options again leave the landing alone; others replace it. */
  private Landing start(LandingOptions wanted) throws IOException, InterruptedException {
    Landing current = landing;
    if (current != null && wanted.equals(options)) {
      return current;
    }
    close();
    Landing started = Landing.start(directory, wanted, lease);
    use(started, wanted);
    LandingRecord.write(directory, wanted);
    return started;
  }

  private void use(Landing started, LandingOptions with) {
    landing = started;
    options = with;
    // One that hangs ends, and begins again: the gate asks for it meanwhile.
    watchdog =
        Watchdog.start(
            "landing watchdog",
            started::progress,
            () -> true,
            () -> Runtime.getRuntime().halt(DaemonSupervisor.HANGS));
  }

  private void close() throws IOException {
    if (watchdog != null) {
      watchdog.stop();
    }
    Landing current = landing;
    if (current != null) {
      current.close();
      landing = null;
    }
  }

  private void end() throws IOException, InterruptedException {
    close();
    lease.settle();
    LandingRecord.delete(directory);
    ended = true;
  }
}
