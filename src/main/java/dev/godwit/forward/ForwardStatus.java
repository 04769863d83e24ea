package dev.godwit.forward;

import dev.godwit.daemon.MetricsText;
import dev.godwit.linux.Sockets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a forwarder stands at one moment.
 *
 * @param state serving or draining
 * @param connections open and waiting ones
 */
public record ForwardStatus(
    long process,
    String state,
    long startedMillis,
    int connections,
    int connectionsMax,
    List<Group> groups) {
  /**
   * One destination.
   *
   * @param addresses what its name stands for; empty for a unix socket
   * @param left whether a release or a reload has sent new connections elsewhere: what is open
   *     stays until it ends
   * @param open connections and sessions of datagrams
   * @param total the same, that there ever were
   * @param lastError why the last attempt that failed did; empty when none has
   */
  public record Place(
      String display,
      List<String> addresses,
      boolean left,
      boolean up,
      int open,
      long total,
      long failures,
      String lastError) {}

  /**
   * One group.
   *
   * @param clientAddressWhy why the destinations do not see the clients' own addresses; empty when
   *     they do, when it was asked for so, or when they see the clients' users
   * @param keepsUser whether the destinations, unix sockets, see the clients' own users
   * @param leaseMillis what is left of a hold; 0 without one, and for a gate's group: it has one
   *     lease for all of them
   * @param datagramsHeld those that wait for the end of a hold
   * @param kernel how the kernel takes new connections past this process; empty while it does not
   * @param kernelWhy why it does not, though that was asked for; empty otherwise
   * @param kernelOpen connections that the kernel has
   */
  public record Group(
      String name,
      List<String> listens,
      List<Place> to,
      String clientAddress,
      String clientAddressWhy,
      boolean keepsUser,
      GroupMode mode,
      long leaseMillis,
      int open,
      int waiting,
      long total,
      long bytes,
      long refused,
      Map<String, Long> errors,
      long oldestSeconds,
      int udpSessions,
      int datagramsHeld,
      List<Callers.Seen> callers,
      String kernel,
      String kernelWhy,
      int kernelOpen) {}

  /** For JSON: maps, lists, texts and numbers. Times are seconds, or instants of ISO 8601. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("process", process);
    all.put("state", state);
    all.put("started", Instant.ofEpochMilli(startedMillis).toString());
    all.put("connections", connections);
    all.put("connections_max", connectionsMax);
    all.put("groups", groups.stream().map(ForwardStatus::json).toList());
    return all;
  }

  private static Map<String, Object> json(Group g) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", g.name());
    all.put("listen", g.listens());
    all.put("to", g.to().stream().map(ForwardStatus::json).toList());
    all.put("client_address", g.clientAddress());
    all.put("client_address_why", g.clientAddressWhy());
    all.put("client_user", g.keepsUser() ? "keep" : "own");
    all.put("kernel", g.kernel());
    all.put("kernel_why", g.kernelWhy());
    all.put("kernel_open", g.kernelOpen());
    all.put("mode", g.mode().word());
    all.put("lease_ms", g.leaseMillis());
    all.put("open", g.open());
    all.put("held", g.waiting());
    all.put("total", g.total());
    all.put("bytes", g.bytes());
    all.put("refused", g.refused());
    all.put("errors", g.errors());
    all.put("oldest_seconds", g.oldestSeconds());
    all.put("udp_sessions", g.udpSessions());
    all.put("datagrams_held", g.datagramsHeld());
    all.put("callers", g.callers().stream().map(ForwardStatus::json).toList());
    return all;
  }

  private static Map<String, Object> json(Place p) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("destination", p.display());
    all.put("addresses", p.addresses());
    all.put("left", p.left());
    all.put("up", p.up());
    all.put("open", p.open());
    all.put("total", p.total());
    all.put("failures", p.failures());
    all.put("last_error", p.lastError());
    return all;
  }

  private static Map<String, Object> json(Callers.Seen c) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("address", Sockets.display(c.address()));
    all.put("open", c.open());
    all.put("total", c.total());
    all.put("last_seen", Instant.ofEpochMilli(c.lastMillis()).toString());
    return all;
  }

  /** For Prometheus (text exposition format 0.0.4). */
  public String metrics() {
    MetricsText text = new MetricsText();
    text.family("godwit_forward_connections_max", "gauge", "Connections that may be at once.");
    text.sample(connectionsMax);
    text.family("godwit_forward_open", "gauge", "Connections joined with a destination.");
    groups.forEach(g -> text.sample(g.open(), "group", g.name()));
    text.family("godwit_forward_kernel_open", "gauge", "Connections handed over to the kernel.");
    groups.forEach(g -> text.sample(g.kernelOpen(), "group", g.name()));
    text.family("godwit_forward_held", "gauge", "Connections that wait for a destination.");
    groups.forEach(g -> text.sample(g.waiting(), "group", g.name()));
    text.family("godwit_forward_hold", "gauge", "1 while new connections are held.");
    groups.forEach(g -> text.sample(g.mode() == GroupMode.HOLD ? 1 : 0, "group", g.name()));
    text.family("godwit_forward_mode", "gauge", "1 for what happens to new connections.");
    for (Group g : groups) {
      for (GroupMode mode : GroupMode.values()) {
        text.sample(g.mode() == mode ? 1 : 0, "group", g.name(), "mode", mode.word());
      }
    }
    text.family("godwit_forward_connections_total", "counter", "Connections that came.");
    groups.forEach(g -> text.sample(g.total(), "group", g.name()));
    text.family("godwit_forward_bytes_total", "counter", "Bytes, both directions together.");
    groups.forEach(g -> text.sample(g.bytes(), "group", g.name()));
    text.family(
        "godwit_forward_refused_total",
        "counter",
        "Connections that were turned away, by a limit or a closed group.");
    groups.forEach(g -> text.sample(g.refused(), "group", g.name()));
    text.family("godwit_forward_errors_total", "counter", "What went wrong, by cause.");
    groups.forEach(
        g -> g.errors().forEach((c, n) -> text.sample(n, "group", g.name(), "cause", c)));
    text.family("godwit_forward_oldest_seconds", "gauge", "Age of the oldest connection.");
    groups.forEach(g -> text.sample(g.oldestSeconds(), "group", g.name()));
    text.family("godwit_forward_udp_sessions", "gauge", "Clients that UDP answers go to.");
    groups.forEach(g -> text.sample(g.udpSessions(), "group", g.name()));
    text.family("godwit_forward_datagrams_held", "gauge", "Datagrams that wait in a hold.");
    groups.forEach(g -> text.sample(g.datagramsHeld(), "group", g.name()));
    text.family("godwit_forward_destination_up", "gauge", "1 while a destination is up.");
    for (Group g : groups) {
      for (Place p : g.to()) {
        if (!p.left()) {
          text.sample(p.up() ? 1 : 0, "group", g.name(), "destination", p.display());
        }
      }
    }
    text.family(
        "godwit_forward_destination_open",
        "gauge",
        "Connections and UDP clients at a destination; left: new ones go elsewhere.");
    for (Group g : groups) {
      for (Place p : g.to()) {
        String left = p.left() ? "1" : "0";
        text.sample(p.open(), "group", g.name(), "destination", p.display(), "left", left);
      }
    }
    return text.toString();
  }
}
