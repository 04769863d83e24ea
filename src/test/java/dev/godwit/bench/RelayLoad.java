package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Clients and the server behind a relay. */
interface RelayLoad {
  /**
   * A figure of a measurement.
   *
   * @param name with its unit, as in the tables
   * @param more whether more is better
   */
  record Figure(String name, boolean more) {}

  /**
   * What is loaded.
   *
   * @param label of the relay
   * @param port where the clients connect
   * @param connectionsMax how many a relay of its kind can bear at once
   * @param group its processes; empty when the server is reached directly
   * @param folder of the relay
   */
  record Way(String label, int port, int connectionsMax, RunGroup group, Path folder) {
    boolean direct() {
      return label.equals(Relayers.DIRECT);
    }

    /** Processor time of the relay since an earlier look. */
    double processor_s(RunGroup.Processor before) throws IOException {
      return Measurement.seconds(group.processor().minus(before).total());
    }
  }

  /** In the order of the tables. */
  List<Figure> figures();

  /** The server's port. */
  int server();

  /** Returns when a relay that has been started can be loaded. */
  default void awaitReady(Way way) throws IOException {
    if (!way.direct()) {
      RelayServers.awaitListening(way.port(), way.folder());
    }
  }

  /**
   * Loads once and says what was seen. Figures that make no sense for a way are left out.
   *
   * @param brief only as long as it takes to warm up
   * @throws IOException when a connection failed or an answer was wrong
   */
  Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException;
}
