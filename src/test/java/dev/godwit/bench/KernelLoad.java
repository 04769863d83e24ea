package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * One stream, and 64 bytes there and back, through a host that its kernel passes on: by what Godwit
 * has handed over to it, and by rules that were made by hand.
 *
 * @param rounds of 64 bytes
 */
record KernelLoad(int seconds, int rounds) implements RelayLoad {
  static final Figure SPEED = StreamLoad.SPEED;
  private static final Figure MEDIAN = PingLoad.MEDIAN;
  private static final int TRIES = 1000;
  private static final long PAUSE_NANOS = 20_000_000;

  @Override
  public List<Figure> figures() {
    return List.of(SPEED, MEDIAN);
  }

  @Override
  public int server() {
    return RelayServers.IPERF;
  }

  /** The port beside a relay's, which leads to the server that sends back what it gets. */
  static int echoPort(int port) {
    return port + 200;
  }

  private static String host(Way way) {
    return way.direct() ? FarNetwork.SERVERS : FarNetwork.ROUTER;
  }

  @Override
  public void awaitReady(Way way) throws IOException {
    int echo = way.direct() ? RelayServers.ECHO : echoPort(way.port());
    for (int port : new int[] {way.port(), echo}) {
      awaitAnswer(host(way), port);
    }
    if (way.label().equals(Relayers.CANDIDATE)) {
      // It listens a moment before it can be asked.
      for (int i = 0; Files.notExists(Relayers.control(way.folder())) && i < TRIES; i++) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      // The groups of its file, each with one destination.
      SwitchLoad.ask(
          Relayers.control(way.folder()),
          "release stream by=kernel to=" + FarNetwork.SERVERS + ":" + RelayServers.IPERF);
      SwitchLoad.ask(
          Relayers.control(way.folder()),
          "release echo by=kernel to=" + FarNetwork.SERVERS + ":" + RelayServers.ECHO);
    }
  }

  private static void awaitAnswer(String host, int port) throws IOException {
    IOException last = new IOException("nobody was asked");
    for (int i = 0; i < TRIES; i++) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(host, port), 1000);
        return;
      } catch (IOException e) {
        last = e;
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    throw new BenchmarkException("nobody answers at " + host + ":" + port + ": " + last);
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    RunGroup.Processor before = way.group().processor();
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(
        SPEED.name(), StreamLoad.stream(host(way), way.port(), 1, brief ? 1 : seconds).speed());
    int echo = way.direct() ? RelayServers.ECHO : echoPort(way.port());
    long[] nanos = PingLoad.ping(host(way), echo, brief ? rounds / 4 : rounds);
    Arrays.sort(nanos);
    figures.put(MEDIAN.name(), PingLoad.at(nanos, 0.5));
    // A relay would have needed half of that and more: what is measured is the kernel.
    if (way.label().equals(Relayers.CANDIDATE) && way.processor_s(before) > 0.5) {
      throw new IOException("the kernel does not have the connections: they are relayed");
    }
    return figures;
  }
}
