package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The line between both ends: a pair of network devices, the far one in a network namespace of its
 * own. What went over it, ssh and TCP included, is what the near device counted. A run's sshd is
 * private: own keys, own configuration, on the far device only.
 */
final class Line implements AutoCloseable {
  /** From the network that RFC 2544 sets aside for benchmarks. */
  private static final String NEAR = "198.18.0.1";

  private static final String FAR = "198.18.0.2";
  private static final String DEVICE = "bench0";
  private static final int PORT = 2022;
  private static final int TRIES = 400;

  private final Path folder;
  private final Process namespace;
  private final PrivateSshd sshd;

  Line(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    Programs.run("ip", "link", "set", "lo", "up");
    // A program that only holds the namespace; it ends with the end of its input.
    namespace =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo ready; exec cat")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (namespace.getInputStream().read() < 0) {
      throw new BenchmarkException("unable to make a network namespace with unshare(1)");
    }
    String far = Long.toString(namespace.pid());
    Programs.run(
        "ip", "link", "add", DEVICE, "type", "veth", "peer", "name", "bench1", "netns", far);
    Programs.run("ip", "address", "add", NEAR + "/30", "dev", DEVICE);
    Programs.run("ip", "link", "set", DEVICE, "up");
    far("ip", "link", "set", "lo", "up");
    far("ip", "address", "add", FAR + "/30", "dev", "bench1");
    far("ip", "link", "set", "bench1", "up");
    sshd = new PrivateSshd(this.folder, FAR, PORT);
  }

  /** The address of the far end, for a relay in between. */
  InetSocketAddress sshAddress() {
    return new InetSocketAddress(FAR, PORT);
  }

  /** A configuration for ssh with one host, {@code far}. */
  Path sshConfiguration() throws IOException {
    return sshd.clientConfiguration(FAR, PORT);
  }

  /** The same, through a relay on this end. */
  Path sshConfiguration(DelayRelay relay) throws IOException {
    return sshd.clientConfiguration("127.0.0.1", relay.port());
  }

  /** Starts an sshd in the run's group, which ends it. Returns when it answers. */
  void startSshd(RunGroup group) throws IOException {
    Process process =
        new ProcessBuilder(group.inside(inFar(sshd.command())))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("sshd.log").toFile())
            .start();
    for (int i = 0; i < TRIES; i++) {
      try (Socket socket = new Socket()) {
        socket.connect(sshAddress(), 1000);
        return;
      } catch (IOException e) {
        if (!process.isAlive()) {
          break;
        }
      }
      pause();
    }
    throw new BenchmarkException(
        "the benchmark's sshd does not answer: " + Programs.read(folder.resolve("sshd.log")));
  }

  /** Bytes in both directions since the line was made. */
  long bytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/net/dev"))) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(DEVICE)) {
        // Received bytes are the first figure, sent bytes the ninth: proc_net_dev(5).
        String[] figures = line.substring(colon + 1).strip().split(" +", -1);
        return Long.parseLong(figures[0]) + Long.parseLong(figures[8]);
      }
    }
    throw new IOException("no device " + DEVICE + " in /proc/self/net/dev");
  }

  @Override
  public void close() {
    namespace.destroy();
  }

  private void far(String... command) throws IOException {
    Programs.run(inFar(List.of(command)));
  }

  private List<String> inFar(List<String> command) {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--net=/proc/" + namespace.pid() + "/ns/net"));
    all.addAll(command);
    return all;
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted");
    }
  }
}
