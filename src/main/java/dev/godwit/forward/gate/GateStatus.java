package dev.godwit.forward.gate;

import dev.godwit.daemon.MetricsText;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.relay.Count;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a gate does now, and did.
 *
 * @param epoch the highest that was obeyed
 * @param leaseMillis what is left of the hold; 0 when nothing is held
 * @param wayBack why the way back did not succeed so far, for people; empty when nothing is wrong
 * @param bytes relayed, both directions together
 * @param strangers connections to the gate's own port, refused
 * @param way how it gets at connections, and why no better way was there; for people
 * @param gapMillis how long clients were refused because nobody listened, rounded up; on the last
 *     rung
 * @param deaths of gates of this move on this host, before this one
 * @param watched whether a process beside the gate's would start that again
 */
public record GateStatus(
    Mode mode,
    long epoch,
    long leaseMillis,
    String wayBack,
    long bytes,
    long strangers,
    List<Group> groups,
    List<Hold> holds,
    List<Visitor> visitors,
    String way,
    long gapMillis,
    List<Death> deaths,
    boolean watched) {
  private static final int WAY_CHARS_MAX = 10_000;

  /** Whether clients can wait while the services start again; see {@link Gate#makeRoom}. */
  public boolean holdsBesideServices() {
    return groups.stream()
        .allMatch(group -> group.sockets().isEmpty() && group.rung() != Rung.LISTENING.ordinal());
  }

  /** What happens to a new connection. */
  public enum Mode {
    /** It goes to the service as if there were no gate. */
    PASS,
    /** It waits. */
    HOLD,
    /** It is relayed to the destination. */
    RELEASED,
    /** It waits while this host's services are put back. */
    GOING_BACK
  }

  /**
   * One group of ports.
   *
   * @param sockets paths of its unix sockets
   * @param mode what happens to its new connections
   * @param rung of the gate's ladder: the number of a {@link Rung}
   * @param duplicates of the service's listeners that are open now
   * @param open connections relayed now
   * @param held connections that wait now
   * @param total connections that ever came to the gate
   * @param refused those beyond a limit, or for a group that is closed
   * @param bytes relayed, both directions together
   * @param oldestMillis how long the oldest one has been there, waiting or relayed; 0 without one
   * @param sinceLastMillis since the last one came, by the gate's own clock; -1 for never
   */
  public record Group(
      String name,
      List<Integer> ports,
      List<String> sockets,
      GroupMode mode,
      int rung,
      int duplicates,
      int open,
      int held,
      long total,
      long refused,
      long bytes,
      Map<String, Long> errors,
      long oldestMillis,
      long sinceLastMillis) {}

  /**
   * One hold, ended or not.
   *
   * @param startMillis since 1970
   * @param endMillis since 1970; 0 while it lasts
   * @param ended how: for people
   * @param connections that waited in it
   */
  public record Hold(
      long startMillis, long endMillis, String ended, int connections, long longestWaitMillis) {
    Hold with(int counted, long longest) {
      return new Hold(startMillis, endMillis, ended, counted, longest);
    }
  }

  /**
   * A gate's process that ended without having been told to: what it had was cut off.
   *
   * @param seenMillis when that was noticed, since 1970
   * @param waiting clients that waited
   * @param relayed connections that were relayed
   */
  public record Death(long seenMillis, int waiting, int relayed) {
    /** For people. */
    public String display() {
      return "killed or hung, seen at %s: %d clients that waited and %d that were relayed were cut off"
          .formatted(Instant.ofEpochMilli(seenMillis), waiting, relayed);
    }
  }

  /** An address that came, and how long ago it came last, by the gate's own clock. */
  public record Visitor(String address, long sinceMillis, long connections) {}

  /** The same with what the gate's process knows besides. */
  public GateStatus with(List<Death> before, boolean isWatched) {
    return new GateStatus(
        mode,
        epoch,
        leaseMillis,
        wayBack,
        bytes,
        strangers,
        groups,
        holds,
        visitors,
        way,
        gapMillis,
        before,
        isWatched);
  }

  /** All connections that wait. */
  public int held() {
    return groups.stream().mapToInt(Group::held).sum();
  }

  /** All connections that are relayed. */
  public int open() {
    return groups.stream().mapToInt(Group::open).sum();
  }

  /**
   * How long ago somebody last came to the gate; empty for never. It is no time of day: the clocks
   * of two hosts differ.
   */
  public Optional<Duration> sinceLastConnection() {
    OptionalLong last =
        groups.stream().mapToLong(Group::sinceLastMillis).filter(since -> since >= 0).min();
    return last.isEmpty() ? Optional.empty() : Optional.of(Duration.ofMillis(last.getAsLong()));
  }

  /** One line for people. */
  public String summary() {
    String ports =
        groups.stream()
            .flatMap(
                g -> Stream.concat(g.ports().stream().map(String::valueOf), g.sockets().stream()))
            .collect(Collectors.joining(","));
    String last =
        sinceLastConnection()
            .map(since -> ", the last came " + since.toSeconds() + " s ago")
            .orElse("");
    String gap = gapMillis == 0 ? "" : " (nobody listened for " + gapMillis + " ms in all)";
    StringBuilder text = new StringBuilder(state(ports, last));
    for (Group g : groups) {
      if (g.mode().refuses()) {
        text.append("; ")
            .append(g.name())
            .append(g.mode() == GroupMode.DRAIN ? " drains, " : " is closed, ");
        text.append(g.refused()).append(" refused");
      }
    }
    text.append("; by ").append(way).append(gap);
    return text.toString();
  }

  private String state(String ports, String last) {
    return switch (mode) {
      case PASS ->
          "ports %s go to the services, past the gate%s"
              .formatted(ports, wayBack.isEmpty() ? "" : ": " + wayBack);
      case HOLD ->
          "ports %s: %d connections wait, %d ms left".formatted(ports, held(), leaseMillis);
      case GOING_BACK -> "ports " + ports + ": " + held() + " wait for the services. " + wayBack;
      case RELEASED -> "ports %s go to the other host: %d open%s".formatted(ports, open(), last);
    };
  }

  /**
   * For Prometheus (text exposition format 0.0.4): what a forwarder does not have; its groups are
   * told as those of one.
   */
  public String metrics() {
    MetricsText text = new MetricsText();
    text.family("godwit_gate_mode", "gauge", "1 for what the gate does with new connections.");
    for (Mode one : Mode.values()) {
      text.sample(mode == one ? 1 : 0, "mode", one.name().toLowerCase(Locale.ROOT));
    }
    text.family("godwit_gate_held", "gauge", "Connections that wait, of all groups.");
    text.sample(held());
    text.family("godwit_gate_lease_seconds", "gauge", "What is left of the hold; 0 without one.");
    text.seconds(leaseMillis);
    text.family(
        "godwit_gate_rung",
        "gauge",
        "How it gets at connections: 0 look-up, 1 takeover, 2 redirection, 3 listening.");
    groups.forEach(g -> text.sample(g.rung(), "group", g.name()));
    text.family(
        "godwit_gate_gap_seconds_total",
        "counter",
        "Time in which nobody listened, on the last rung.");
    text.seconds(gapMillis);
    return text.toString();
  }

  /** Writes it for {@link #read}. */
  public void write(MessageWriter to) {
    to.u8(mode.ordinal()).u64(epoch).u64(leaseMillis).text(wayBack).u64(bytes).u64(strangers);
    to.list(
        groups,
        (w, g) -> {
          w.text(g.name()).list(g.ports(), MessageWriter::u32);
          w.list(g.sockets(), MessageWriter::text)
              .u8(g.mode().ordinal())
              .u32(g.rung())
              .u32(g.duplicates());
          w.u32(g.open()).u32(g.held()).u64(g.total()).u64(g.refused()).u64(g.bytes());
          Count.write(w, g.errors());
          w.u64(g.oldestMillis()).u64(g.sinceLastMillis());
        });
    to.list(
        holds,
        (w, h) ->
            w.u64(h.startMillis())
                .u64(h.endMillis())
                .text(h.ended())
                .u32(h.connections())
                .u64(h.longestWaitMillis()));
    to.list(visitors, (w, v) -> w.text(v.address()).u64(v.sinceMillis()).u64(v.connections()));
    to.text(way).u64(gapMillis);
    writeDeaths(to, deaths);
    to.bool(watched);
  }

  /** Reads what {@link #write} has written. */
  public static GateStatus read(MessageReader from) throws WireException {
    int mode = from.u8();
    if (mode >= Mode.values().length) {
      throw new WireException("malformed message: gate mode " + mode);
    }
    return new GateStatus(
        Mode.values()[mode],
        from.u64(),
        from.u64(),
        from.text(10_000),
        from.u64(),
        from.u64(),
        from.list(PortGroup.GROUPS_MAX, GateStatus::readGroup),
        from.list(1000, r -> new Hold(r.u64(), r.u64(), r.text(1000), r.u32(), r.u64())),
        from.list(1000, r -> new Visitor(r.text(100), r.u64(), r.u64())),
        from.text(WAY_CHARS_MAX),
        from.u64(),
        readDeaths(from),
        from.bool());
  }

  /** Writes them for {@link #readDeaths}. */
  public static void writeDeaths(MessageWriter to, List<Death> deaths) {
    to.list(deaths, (w, d) -> w.u64(d.seenMillis()).u32(d.waiting()).u32(d.relayed()));
  }

  /** Reads what {@link #writeDeaths} has written, 1000 at most. */
  public static List<Death> readDeaths(MessageReader from) throws WireException {
    return from.list(1000, r -> new Death(r.u64(), r.u32(), r.u32()));
  }

  private static GroupMode readMode(MessageReader from) throws WireException {
    int mode = from.u8();
    if (mode >= GroupMode.values().length) {
      throw new WireException("malformed message: group mode " + mode);
    }
    return GroupMode.values()[mode];
  }

  private static Group readGroup(MessageReader from) throws WireException {
    return new Group(
        from.text(256),
        from.list(1024, MessageReader::u32),
        from.list(1024, r -> r.text(256)),
        readMode(from),
        from.u32(),
        from.u32(),
        from.u32(),
        from.u32(),
        from.u64(),
        from.u64(),
        from.u64(),
        Count.read(from),
        from.u64(),
        from.u64());
  }
}
