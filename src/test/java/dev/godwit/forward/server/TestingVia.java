package dev.godwit.forward.server;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.host.LocalHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A forwarder by another host, both in one process, which is none of the test's: descriptors can be
 * taken from it.
 */
final class TestingVia implements AutoCloseable {
  private final Process process;
  private final int port;

  private TestingVia(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * @param service its port
   */
  static TestingVia start(int service) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TestingVia.class.getName(),
                Integer.toString(service))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    return new TestingVia(process, Integer.parseInt(said.readLine()));
  }

  /** The other process. */
  public static void main(String[] arguments) throws Exception {
    ForwardRules rules =
        TestingRules.rules(
            TestingRules.rule(
                "test", "listen", "0", "to", "localhost:" + arguments[0], "via", "far"));
    try (ForwardServer forward =
        ForwardServer.start(
            rules,
            List.of(),
            destination -> new LocalHost("via", List.of(new ConnectAbility())),
            line -> {})) {
      System.out.println(forward.addresses().getFirst().getPort());
      int unused = System.in.read(); // until whoever has started this is gone
    }
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
