package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Three hosts in a row: the clients are here, a router and the servers each in a network namespace
 * of its own, with a pair of network devices between two. For what a kernel passes on, which it
 * does not do on 127.0.0.1. Made when it is first asked for; ends with the benchmark.
 */
final class FarNetwork {
  /** The router, as clients reach it; from the network that RFC 2544 sets aside for benchmarks. */
  static final String ROUTER = "198.18.1.2";

  /** The servers. */
  static final String SERVERS = "198.18.2.2";

  private static final String HERE = "198.18.1.1";
  private static final String ROUTER_FAR = "198.18.2.1";

  private final Path folder;
  private @Nullable Process router;

  /**
   * @param folder for what the servers say
   */
  FarNetwork(Path folder) {
    this.folder = folder;
  }

  /** A command line that runs on the router. */
  List<String> onRouter(List<String> command) throws IOException {
    Process made = router == null ? make() : router;
    return inside(made, command);
  }

  private Process make() throws IOException {
    Process between = namespace();
    Process far = namespace();
    router = between;
    Programs.run("ip", "link", "set", "lo", "up");
    connect(List.of(), "near0", HERE, between, "near1", ROUTER);
    connect(inside(between, List.of()), "far0", ROUTER_FAR, far, "far1", SERVERS);
    Programs.run("ip", "route", "add", SERVERS + "/32", "via", ROUTER);
    Programs.run(inside(far, List.of("ip", "route", "add", "default", "via", ROUTER_FAR)));
    Programs.run(inside(between, List.of("sysctl", "-qw", "net.ipv4.ip_forward=1")));
    Path here = Files.createDirectories(folder);
    RunGroup group = RunGroup.create("godwit-benchmark-far");
    RelayServers.start(
        group,
        inside(far, List.of("iperf3", "-s", "-p", Integer.toString(RelayServers.IPERF))),
        here,
        "far-iperf3");
    RelayServers.start(
        group,
        inside(
            far,
            List.of(
                "socat",
                "TCP4-LISTEN:" + RelayServers.ECHO + ",fork,reuseaddr,nodelay,backlog=4096",
                "EXEC:cat")),
        here,
        "far-echo");
    return between;
  }

  /** A program that only holds a namespace; it ends with the end of its input. */
  private static Process namespace() throws IOException {
    Process made =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo ready; exec cat")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (made.getInputStream().read() < 0) {
      throw new BenchmarkException("unable to make a network namespace with unshare(1)");
    }
    Programs.run(inside(made, List.of("ip", "link", "set", "lo", "up")));
    return made;
  }

  private static void connect(
      List<String> prefix,
      String device,
      String address,
      Process other,
      String otherDevice,
      String otherAddress)
      throws IOException {
    run(
        prefix,
        "ip",
        "link",
        "add",
        device,
        "type",
        "veth",
        "peer",
        "name",
        otherDevice,
        "netns",
        Long.toString(other.pid()));
    run(prefix, "ip", "address", "add", address + "/30", "dev", device);
    run(prefix, "ip", "link", "set", device, "up");
    List<String> there = inside(other, List.of());
    run(there, "ip", "address", "add", otherAddress + "/30", "dev", otherDevice);
    run(there, "ip", "link", "set", otherDevice, "up");
  }

  private static void run(List<String> prefix, String... command) throws IOException {
    List<String> all = new ArrayList<>(prefix);
    all.addAll(List.of(command));
    Programs.run(all);
  }

  private static List<String> inside(Process namespace, List<String> command) {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--net=/proc/" + namespace.pid() + "/ns/net"));
    all.addAll(command);
    return all;
  }
}
