package dev.godwit.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * wrk asks nginx for a few bytes, by 16 connections at once.
 *
 * @param keep whether connections stay open for the next request
 */
record WebLoad(boolean keep, int seconds) implements RelayLoad {
  static final Figure CONNECTIONS = new Figure("connections/s", true);
  static final Figure REQUESTS = new Figure("requests/s", true);
  static final Figure PROCESSOR = new Figure("relay CPU µs each", false);

  private static final Pattern COUNT = Pattern.compile("([0-9]+) requests in ([0-9.]+)(ms|s|m)");
  private static final Pattern ERRORS =
      Pattern.compile(
          "Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)");

  @Override
  public List<Figure> figures() {
    return List.of(keep ? REQUESTS : CONNECTIONS, PROCESSOR);
  }

  @Override
  public int server() {
    return RelayServers.WEB;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("wrk", "-t1", "-c16", "-d" + (brief ? 2 : seconds) + "s"));
    if (!keep) {
      command.addAll(List.of("-H", "Connection: close"));
    }
    command.add("http://127.0.0.1:" + way.port() + "/");
    RunGroup.Processor before = way.group().processor();
    long start_ns = System.nanoTime();
    String said = Programs.run(command);
    double wall_s = (System.nanoTime() - start_ns) / 1e9;
    double processor_s = way.processor_s(before);
    Matcher count = COUNT.matcher(said);
    if (!count.find() || said.contains("Non-2xx")) {
      throw new IOException("wrk said: " + said);
    }
    Matcher errors = ERRORS.matcher(said);
    if (errors.find()) {
      throw new IOException(errors.group());
    }
    double requests = Double.parseDouble(count.group(1));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(figures().getFirst().name(), requests / wall_s);
    if (!way.direct()) {
      figures.put(PROCESSOR.name(), processor_s * 1e6 / requests);
    }
    return figures;
  }
}
