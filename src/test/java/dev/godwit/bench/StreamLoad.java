package dev.godwit.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * iperf3 sends as fast as it can, by one connection or by several.
 *
 * @param streams connections at once
 */
record StreamLoad(int streams, int seconds) implements RelayLoad {
  static final Figure SPEED = new Figure("GB/s", true);
  static final Figure PROCESSOR = new Figure("relay CPU s/GB", false);

  @Override
  public List<Figure> figures() {
    return List.of(SPEED, PROCESSOR);
  }

  @Override
  public int server() {
    return RelayServers.IPERF;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException {
    RunGroup.Processor before = way.group().processor();
    Received received = stream("127.0.0.1", way.port(), streams, brief ? 1 : seconds);
    double processor_s = way.processor_s(before);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(SPEED.name(), received.speed());
    if (!way.direct()) {
      figures.put(PROCESSOR.name(), processor_s / received.gigabytes());
    }
    return figures;
  }

  /** What came, and how fast. */
  record Received(double gigabytes, double speed) {}

  static Received stream(String host, int port, int streams, int seconds) throws IOException {
    String said =
        Programs.run(
            "iperf3",
            "-c",
            host,
            "-p",
            Integer.toString(port),
            "-P",
            Integer.toString(streams),
            "-t",
            Integer.toString(seconds),
            "-J");
    JsonNode sum = JsonMapper.shared().readTree(said).path("end").path("sum_received");
    double gigabytes = sum.path("bytes").asDouble() / 1e9;
    if (!(gigabytes > 0)) {
      throw new IOException("iperf3 received nothing");
    }
    return new Received(gigabytes, gigabytes / sum.path("seconds").asDouble());
  }
}
