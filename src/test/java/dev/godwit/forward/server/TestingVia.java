package dev.godwit.forward.server;

import dev.godwit.TestingClassPath;
import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.host.AbilityServer;
import dev.godwit.host.ConnectedHost;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.wire.Connection;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A forwarder by another host, both in one process, which is none of the test's: descriptors can be
 * taken from it.
 */
final class TestingVia implements AutoCloseable {
  private static final String STANDBY = "godwit.test.standby";

  private final Process process;
  private final int port;

  /** What the forwarder says. */
  private final List<String> said = new CopyOnWriteArrayList<>();

  /** Connections that it can carry. */
  final int room;

  private TestingVia(Process process, int port, int room) {
    this.process = process;
    this.port = port;
    this.room = room;
  }

  /**
   * @param service its port
   * @param options of the JVM, besides the usual ones
   */
  static TestingVia start(int service, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(options));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            TestingVia.class.getName(),
            Integer.toString(service)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    TestingVia via =
        new TestingVia(
            process, Integer.parseInt(said.readLine()), Integer.parseInt(said.readLine()));
    Thread.ofPlatform().daemon().start(() -> said.lines().forEach(via.said::add));
    return via;
  }

  /**
   * One whose destinations go down when attempts at them fail; they are checked at its start alone.
   *
   * @param standby another service's port
   */
  static TestingVia startWithStandby(int service, int standby) throws IOException {
    return start(service, "-D" + STANDBY + "=" + standby);
  }

  /** How many lines with these words the forwarder has said. */
  long count(String words) {
    return said.stream().filter(line -> line.contains(words)).count();
  }

  /** Its far end is in the same process too, behind the wire that ssh would carry. */
  private static final class Piped extends ConnectedHost {
    private final Connection far;

    private Piped(Connection connection, Connection far) {
      super("far", connection);
      this.far = far;
    }

    static Piped start() throws IOException {
      Pipe there = Pipe.open();
      Pipe back = Pipe.open();
      AbilityServer abilities = new AbilityServer(List.of(new ConnectAbility()));
      Connection far =
          Connection.start(
              Channels.newInputStream(there.source()),
              Channels.newOutputStream(back.sink()),
              "near",
              abilities);
      Connection near =
          Connection.start(
              Channels.newInputStream(back.source()),
              Channels.newOutputStream(there.sink()),
              "far",
              Connection::refuse);
      return new Piped(near, far);
    }

    @Override
    public void close() {
      connection.close();
      far.close();
    }
  }

  /** The other process. */
  public static void main(String[] arguments) throws Exception {
    TestingClassPath.load("linux", "wire", "host", "forward");
    List<String> rule =
        new ArrayList<>(List.of("listen", "0", "to", "localhost:" + arguments[0], "via", "far"));
    Integer standby = Integer.getInteger(STANDBY);
    if (standby != null) {
      rule.addAll(List.of("to", "localhost:" + standby, "check", "1h"));
    }
    ForwardRules rules = TestingRules.rules(TestingRules.rule("test", rule.toArray(String[]::new)));
    // Its first two lines are for start, so that it says nothing before.
    LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();
    try (ForwardServer forward =
        ForwardServer.start(rules, List.of(), destination -> connect(), log::add)) {
      System.out.println(forward.addresses().getFirst().getPort());
      System.out.println(Via.room());
      Thread.ofPlatform().daemon().start(() -> say(log));
      int unused = System.in.read(); // until whoever has started this is gone
    }
  }

  private static void say(BlockingQueue<String> log) {
    try {
      while (true) {
        System.out.println(log.take());
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private static Host connect() throws HostException {
    try {
      return Piped.start();
    } catch (IOException e) {
      throw new HostException("no pipes", e);
    }
  }

  /** How many of its threads have a name that begins so; the kernel keeps 15 bytes of each. */
  long threads(String beginning) throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : all.toList()) {
        count += Files.readString(thread.resolve("comm")).startsWith(beginning) ? 1 : 0;
      }
    }
    return count;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Socket client() throws IOException {
    Socket socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  private Set<Integer> descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return all.map(fd -> Integer.valueOf(fd.getFileName().toString()))
          .collect(Collectors.toSet());
    }
  }

  /** How many descriptors it may still open below a limit. */
  int free(int limit) throws IOException {
    Set<Integer> used = descriptors();
    int free = 0;
    for (int fd = 0; fd < limit; fd++) {
      free += used.contains(fd) ? 0 : 1;
    }
    return free;
  }

  /** From now on it may open so many more. */
  int leave(int count) throws Exception {
    int limit = 0;
    while (free(limit) < count) {
      limit++;
    }
    limit(limit);
    return limit;
  }

  void limit(int descriptors) throws Exception {
    String unused =
        TestingNamespace.command(
            "prlimit", "--pid", Long.toString(process.pid()), "--nofile=" + descriptors + ":");
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
