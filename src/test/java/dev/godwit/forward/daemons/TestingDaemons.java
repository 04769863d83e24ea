package dev.godwit.forward.daemons;

import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.WayBack;
import dev.godwit.forward.ladder.BeyondLookup;
import dev.godwit.forward.landing.LeasedServices;
import dev.godwit.host.LocalHost;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The daemons' main for tests. The way back is a command line, its words apart by NUL, and a
 * connection to port 8080.
 */
final class TestingDaemons {
  private TestingDaemons() {}

  /**
   * @param options of the JVM, besides the usual ones
   */
  static DaemonCommand command(String verb, String... options) {
    return directory -> {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx128m"));
      command.addAll(List.of(options));
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              TestingDaemons.class.getName(),
              verb,
              directory.toString()));
      return command;
    };
  }

  static byte[] wayBack(String... command) {
    return String.join("\0", command).getBytes(StandardCharsets.UTF_8);
  }

  public static void main(String[] arguments) throws Exception {
    List<String> rest = List.of(arguments).subList(1, arguments.length);
    Path directory = Path.of(rest.getFirst());
    switch (arguments[0]) {
      case "gate-supervisor" ->
          System.exit(DaemonSupervisor.gate(rest, command("gate-daemon", switches())));
      case "gate-daemon" ->
          GateDaemon.run(
              directory, TestingDaemons::restart, command("gate-supervisor", switches()));
      case "landing-supervisor" ->
          System.exit(DaemonSupervisor.landing(rest, command("landing-daemon", switches())));
      case "landing-daemon" ->
          LandingDaemon.run(
              directory, encoded -> services(directory), command("landing-supervisor", switches()));
      case "controller" -> hold(directory);
      default -> throw new IOException(arguments[0]);
    }
    System.exit(0);
  }

  /** A controller that comes to the middle of a hold of three seconds and no further. */
  private static void hold(Path directory) throws Exception {
    GateClient gate =
        new GateClient(
            new LocalHost("old", List.of(new GateAbility(directory, command("gate-supervisor")))),
            TestingPair.MOVE);
    gate.start();
    Path wanted = directory.resolveSibling(GateHoldLabTest.WANTED);
    gate.capture(1, GateHoldLabTest.WEB, wayBack("touch", wanted.toString()), 0);
    gate.hold(1, Duration.ofSeconds(3));
    System.out.println("holds");
    int stopped = System.in.read();
    gate.takeQueued(1);
    System.out.println("has taken what was queued after " + (char) stopped);
    Thread.sleep(Duration.ofMinutes(10));
  }

  /** Of which nothing can be seen but two files: that they were stopped, and started again. */
  private static LeasedServices services(Path directory) {
    return new LeasedServices() {
      @Override
      public void stop(long epoch) throws IOException {
        Files.writeString(directory.resolve("stopped"), Long.toString(epoch));
      }

      @Override
      public void serve(long epoch) throws IOException {
        Files.writeString(directory.resolve("started"), Long.toString(epoch));
      }
    };
  }

  /** What this process was started with, for the one that it starts. */
  private static String[] switches() {
    return System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("godwit."))
        .map(name -> "-D" + name + "=" + System.getProperty(name))
        .toArray(String[]::new);
  }

  private static WayBack restart(byte[] encoded) {
    String[] command = new String(encoded, StandardCharsets.UTF_8).split("\0");
    return () -> {
      try {
        BeyondLookup.connect(InetAddress.getByName("127.0.0.1"), 8080, Duration.ofSeconds(2))
            .close();
        return; // it runs
      } catch (IOException e) {
        TestingNamespace.command(command);
      }
      BeyondLookup.connect(InetAddress.getByName("127.0.0.1"), 8080, Duration.ofSeconds(2)).close();
    };
  }
}
