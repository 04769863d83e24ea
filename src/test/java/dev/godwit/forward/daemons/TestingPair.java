package dev.godwit.forward.daemons;

import static dev.godwit.TestingPatience.await;

import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.landing.LandingOptions;
import dev.godwit.host.LocalHost;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** An old host and a new one, 10.9.0.1 and 10.9.0.2, for a gate and a landing as processes. */
final class TestingPair {
  static final String MOVE = "mail";

  final TestingNamespace old;
  final TestingNamespace fresh;
  final LandingClient landing;
  private final Path temporary;

  /**
   * With a landing that nobody starts again.
   *
   * @param temporary for what both have in files: {@code old} and {@code new}
   */
  TestingPair(Path temporary) throws Exception {
    this(temporary, "landing-daemon");
  }

  /**
   * @param landingVerb of {@link TestingDaemons}: {@code landing-daemon} or {@code
   *     landing-supervisor}
   */
  TestingPair(Path temporary, String landingVerb) throws Exception {
    this.temporary = temporary;
    old = new TestingNamespace();
    fresh = new TestingNamespace();
    old.connectTo(fresh);
    landing =
        new LandingClient(
            new LocalHost(
                "new",
                List.of(
                    new LandingAbility(
                        temporary.resolve("new"), TestingDaemons.command(landingVerb)))),
            MOVE);
  }

  /**
   * @param verb of {@link TestingDaemons}: {@code gate-daemon} or {@code gate-supervisor}
   * @param options of its JVM
   */
  GateClient gate(String verb, String... options) {
    return new GateClient(
        new LocalHost(
            "old",
            List.of(
                new GateAbility(temporary.resolve("old"), TestingDaemons.command(verb, options)))),
        MOVE);
  }

  Destination startLanding(List<PortGroup> groups) throws Exception {
    return startLanding(groups, 1);
  }

  Destination startLanding(List<PortGroup> groups, long epoch) throws Exception {
    InetAddress there = InetAddress.getByName("10.9.0.2");
    LandingClient.Started started =
        fresh.call(
            () ->
                landing.start(
                    new LandingOptions(
                        there, 0, List.of(InetAddress.getByName("10.9.0.1")), groups),
                    epoch));
    return started.at(there);
  }

  /** The gate's own state. */
  Path state(String file) {
    return temporary.resolve("old").resolve(MOVE).resolve(file);
  }

  /** The landing's own state. */
  Path landingState(String file) {
    return temporary.resolve("new").resolve(MOVE).resolve(file);
  }

  /** The gate's process. */
  long pid() throws IOException {
    return pid(state("gate.pid"));
  }

  /** Kills the gate's process and waits until it is gone, with all its sockets. */
  void kill() throws Exception {
    long process = pid();
    signal("KILL", process);
    await(() -> ProcessHandle.of(process).isEmpty());
  }

  /** Kills a daemon and the process beside it at one blow, as when a host is out of memory. */
  static void killBoth(Path state, String daemon) throws Exception {
    long process = pid(state.resolve(daemon + ".pid"));
    long supervisor = pid(state.resolve(daemon + ".watch.pid"));
    signal("STOP", process); // it has no time to start another one
    for (long one : List.of(supervisor, process)) {
      signal("KILL", one);
    }
    for (long one : List.of(supervisor, process)) {
      await(() -> ProcessHandle.of(one).isEmpty());
    }
  }

  /** The number in a file; 0 when there is none. */
  static long pid(Path file) throws IOException {
    try {
      return Long.parseLong("0" + Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  static void signal(String signal, long pid) throws Exception {
    TestingNamespace.command("kill", "-" + signal, Long.toString(pid));
  }

  private void endDaemons() throws Exception {
    if (Files.exists(state("gate.pid"))) {
      gate("gate-daemon").end(Long.MAX_VALUE, true);
    }
    if (Files.exists(landingState("landing.pid"))) {
      landing.end(Long.MAX_VALUE);
    }
  }

  /** Ends gate and landing, then the services behind them, then the hosts. */
  void end(AutoCloseable... services) throws Exception {
    try (old;
        fresh) {
      endDaemons();
      for (AutoCloseable service : services) {
        service.close();
      }
    }
  }
}
