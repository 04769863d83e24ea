package dev.godwit.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What {@code ./benchmark forward} measures, and the goals. */
final class RelayRows {
  private static final String[] HAPROXIES = {Relayers.HAPROXY, Relayers.HAPROXY_SPLICE};
  private static final String[] PEERS = {
    Relayers.HAPROXY,
    Relayers.HAPROXY_SPLICE,
    Relayers.HAPROXY_SPLICE_ALL,
    Relayers.NGINX,
    Relayers.SOCAT,
    Relayers.SSH
  };

  private RelayRows() {}

  /**
   * @param godwit path of the start script
   * @param folder for what is made on the way
   * @param small a tenth of the load, to try the benchmark
   */
  static List<RelayRow> all(String godwit, Path folder, boolean small) {
    FarNetwork network = new FarNetwork(folder.resolve("far"));
    Relayers relayers = new Relayers(godwit);
    List<Relayer> peers =
        List.of(
            relayers.haproxy(),
            relayers.haproxySplice(),
            relayers.haproxySpliceAll(),
            relayers.nginx(),
            relayers.socat(),
            relayers.ssh());
    List<Relayer> all = with(relayers.candidate(), peers);
    List<Relayer> guarded = new ArrayList<>(relayers.guarded());
    guarded.addAll(List.of(relayers.socat(), relayers.ssh()));
    List<Relayer> withDirect = new ArrayList<>(all);
    withDirect.add(relayers.direct());
    int seconds = small ? 1 : 4;
    List<RelayRow> rows = new ArrayList<>();
    rows.addAll(
        List.of(
            new RelayRow(
                "stream-1",
                "one stream",
                new StreamLoad(1, seconds),
                withDirect,
                List.of(
                    RelayGoal.times(StreamLoad.SPEED, 1.3, HAPROXIES),
                    RelayGoal.times(StreamLoad.PROCESSOR, 0.5, HAPROXIES)),
                false),
            new RelayRow(
                "stream-8",
                "8 streams",
                new StreamLoad(8, seconds),
                withDirect,
                List.of(
                    RelayGoal.times(StreamLoad.SPEED, 1.5, HAPROXIES),
                    RelayGoal.times(StreamLoad.PROCESSOR, 0.5, HAPROXIES)),
                false),
            new RelayRow(
                "connections",
                "a new connection for each request, 16 at once",
                new WebLoad(false, seconds),
                withDirect,
                List.of(RelayGoal.times(WebLoad.CONNECTIONS, 1, HAPROXIES)),
                false),
            new RelayRow(
                "requests",
                "requests by 16 connections that stay open",
                new WebLoad(true, seconds),
                withDirect,
                List.of(RelayGoal.times(WebLoad.REQUESTS, 1.1, PEERS)),
                false),
            new RelayRow(
                "latency",
                "64 bytes there and back, nothing else to do",
                new PingLoad(small ? 2000 : 20_000, 0),
                withDirect,
                List.of(
                    RelayGoal.added(PingLoad.MEDIAN, 20, Relayers.DIRECT),
                    RelayGoal.times(PingLoad.P99, 1, PEERS)),
                false),
            new RelayRow(
                "latency-load",
                "64 bytes there and back, 8 others do the same",
                new PingLoad(small ? 1000 : 10_000, 8),
                withDirect,
                List.of(RelayGoal.times(PingLoad.P99, 1, PEERS)),
                false),
            new RelayRow(
                "hostile",
                "64 bytes there and back, beside clients that mean no good",
                new HostileLoad(small ? 4 : 12, small ? 250 : 1000),
                guarded,
                List.of(
                    RelayGoal.plain(HostileLoad.SLOWED, 1.1),
                    RelayGoal.plain(HostileLoad.SLOWED_P99, 1.1),
                    RelayGoal.plain(HostileLoad.MEMORY, 64),
                    RelayGoal.plain(HostileLoad.TURNED_AWAY, 100)),
                false),
            new RelayRow(
                "idle",
                "memory of connections that say nothing",
                new IdleLoad(small ? 500 : 9000),
                all,
                List.of(RelayGoal.plain(IdleLoad.EACH, 1), RelayGoal.plain(IdleLoad.BASE, 60)),
                true),
            new RelayRow(
                "switches",
                "hold and release while 500 clients a second come",
                new SwitchLoad(small ? 50 : 1000, 500),
                List.of(relayers.candidate()),
                List.of(
                    RelayGoal.plain(SwitchLoad.FAILED, 0), RelayGoal.plain(SwitchLoad.HOLD_P99, 5)),
                false),
            new RelayRow(
                "kernel",
                "handed over to the kernel of a host between two others",
                new KernelLoad(seconds, small ? 2000 : 20_000),
                List.of(relayers.handedOver(network), relayers.dnat(network)),
                List.of(RelayGoal.times(KernelLoad.SPEED, 0.95, Relayers.DNAT)),
                false)));
    rows.addAll(encrypted(relayers, seconds, small));
    return List.copyOf(rows);
  }

  private static List<Relayer> with(Relayer candidate, List<Relayer> peers) {
    List<Relayer> all = new ArrayList<>(List.of(candidate));
    all.addAll(peers);
    return all;
  }

  /**
   * By another host, encrypted: what ssh -L does, each with the cipher that it comes to by itself.
   */
  private static List<RelayRow> encrypted(Relayers relayers, int seconds, boolean small) {
    List<Relayer> both = List.of(relayers.viaHost(), relayers.ssh(), relayers.sshAes());
    return List.of(
        encrypted(
            "stream-1",
            "one stream",
            new StreamLoad(1, seconds),
            both,
            StreamLoad.SPEED,
            StreamLoad.PROCESSOR),
        encrypted(
            "stream-8",
            "8 streams",
            new StreamLoad(8, seconds),
            both,
            StreamLoad.SPEED,
            StreamLoad.PROCESSOR),
        encrypted(
            "connections",
            "a new connection for each request",
            new WebLoad(false, seconds),
            both,
            WebLoad.CONNECTIONS),
        encrypted(
            "requests",
            "requests by 16 connections that stay open",
            new WebLoad(true, seconds),
            both,
            WebLoad.REQUESTS),
        encrypted(
            "latency",
            "64 bytes there and back",
            new PingLoad(small ? 2000 : 20_000, 0),
            both,
            PingLoad.MEDIAN,
            PingLoad.P99));
  }

  /**
   * @param figures in which ssh -L is to be reached
   */
  private static RelayRow encrypted(
      String name, String title, RelayLoad load, List<Relayer> all, RelayLoad.Figure... figures) {
    return new RelayRow(
        "via-" + name,
        title + ", encrypted, by another host",
        load,
        all,
        Arrays.stream(figures).map(figure -> RelayGoal.times(figure, 1, Relayers.SSH)).toList(),
        false);
  }
}
