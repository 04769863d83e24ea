package dev.godwit.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * By how much others are slowed by {@link HostileClients}, and what these cost the relay. They come
 * and go by turns in one run, so that both times are of one moment; and they are few enough a
 * second that it is not the processor that is missing.
 *
 * @param turns without and with them
 * @param rounds of one turn: 64 bytes there and back
 */
record HostileLoad(int turns, int rounds) implements RelayLoad {
  static final Figure SLOWED = new Figure("p50 with them / without", false);
  static final Figure SLOWED_P99 = new Figure("p99 with them / without", false);
  static final Figure ALONE = new Figure("p99 without, µs", false);
  static final Figure BESIDE = new Figure("p99 with them, µs", false);
  static final Figure MEMORY = new Figure("MB more with them", false);
  static final Figure TURNED_AWAY = new Figure("% turned away", true);

  private static final Set<String> GUARDED =
      Set.of(Relayers.CANDIDATE, Relayers.HAPROXY, Relayers.NGINX);

  /**
   * So long they come before anything is measured: by then a relay has met each kind of them some
   * hundred times. A measured turn is too short for that, and the first of their kind cost more.
   */
  private static final int WARM_MILLIS = 5_000;

  @Override
  public List<Figure> figures() {
    return List.of(SLOWED, SLOWED_P99, ALONE, BESIDE, MEMORY, TURNED_AWAY);
  }

  @Override
  public int server() {
    return RelayServers.ECHO;
  }

  /** The port beside a relay's that wants PROXY headers. */
  static int announcedPort(int port) {
    return port + 300;
  }

  /** The others can have no limit for each address, nor that port. */
  private static boolean isGuarded(Way way) {
    return GUARDED.contains(way.label());
  }

  @Override
  public void awaitReady(Way way) throws IOException {
    RelayLoad.super.awaitReady(way);
    if (isGuarded(way)) {
      RelayServers.awaitListening(announcedPort(way.port()), way.folder());
    }
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    List<long[]> alone = new ArrayList<>();
    List<long[]> beside = new ArrayList<>();
    double before_bytes = IdleLoad.memory_bytes(way.group());
    double most_bytes = before_bytes;
    int came = 0;
    int turnedAway = 0;
    for (int i = 0; i < (brief ? 1 : turns); i++) {
      alone.add(PingLoad.ping(way.port(), rounds));
      HostileClients crowd =
          new HostileClients(
              way.port(), isGuarded(way) ? announcedPort(way.port()) : 0, way.connectionsMax());
      try (crowd) {
        crowd.come();
        if (brief) {
          Thread.sleep(WARM_MILLIS);
        }
        beside.add(PingLoad.ping(way.port(), rounds));
        most_bytes = Math.max(most_bytes, IdleLoad.memory_bytes(way.group()));
        crowd.check();
      }
      came += crowd.unwanted().came();
      turnedAway += crowd.unwanted().turnedAway();
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(SLOWED.name(), at(beside, 0.5) / at(alone, 0.5));
    figures.put(SLOWED_P99.name(), at(beside, 0.99) / at(alone, 0.99));
    figures.put(ALONE.name(), at(alone, 0.99));
    figures.put(BESIDE.name(), at(beside, 0.99));
    figures.put(MEMORY.name(), (most_bytes - before_bytes) / 1e6);
    if (isGuarded(way)) {
      figures.put(TURNED_AWAY.name(), 100.0 * turnedAway / came);
    }
    return figures;
  }

  private static double at(List<long[]> turns, double share) {
    long[] all = turns.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return PingLoad.at(all, share);
  }
}
