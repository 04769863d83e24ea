package dev.godwit.forward.gate;

import dev.godwit.forward.Callers;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.Limits;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.SharedChange;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.loop.ListenLimit;
import dev.godwit.forward.relay.Passage;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.RoutingWatch;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.host.EpochFence;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Gate} consists of besides its decisions: its loop with those who wait and those who
 * are relayed, what it has captured, and what it has changed on the host. Opened as a whole, closed
 * in order; what is counted and looked at there. Threads: any, but for {@link #reports}.
 */
final class GateParts implements AutoCloseable {
  private static final long BUSY_POLL_MILLIS = 2;

  final Path directory;
  final EpochFence fence;
  final Relay relay;
  final WaitingRoom room;
  final List<GroupCount> groups;
  final Capture capture;
  private final Census census;
  private final SharedChange listenLimit;
  private final @Nullable RoutingWatch routing;

  private GateParts(
      Path directory,
      EpochFence fence,
      Relay relay,
      WaitingRoom room,
      List<GroupCount> groups,
      Capture capture,
      Census census,
      SharedChange listenLimit,
      @Nullable RoutingWatch routing) {
    this.directory = directory;
    this.fence = fence;
    this.relay = relay;
    this.room = room;
    this.groups = groups;
    this.capture = capture;
    this.census = census;
    this.listenLimit = listenLimit;
    this.routing = routing;
  }

  /**
   * Opens all of it; nothing is held or relayed yet.
   *
   * @param guestsMax connections at most; 0 for what the process may open and this host has ports
   *     for
   * @param forced the rung to stand on; null for the best
   */
  static GateParts open(
      Path directory, List<PortGroup> portGroups, long epoch, int guestsMax, @Nullable Rung forced)
      throws IOException, InterruptedException {
    EpochFence fence = EpochFence.open(directory);
    fence.check(epoch);
    Relay relay = Relay.start("gate loop");
    String name = "gate-" + directory.getFileName();
    SharedChange listenLimit = null;
    RoutingWatch routing = null;
    try {
      Census census = Census.open(directory);
      WaitingRoom room = new WaitingRoom(relay, guestsMax > 0 ? guestsMax : guestsMax(), census);
      List<GroupCount> groups = portGroups.stream().map(GroupCount::new).toList();
      if (portGroups.stream().anyMatch(g -> g.clientAddress() == ClientAddress.TRANSPARENT)) {
        routing = Transparency.acquire(Limits.sharedDirectory(directory), name);
      }
      listenLimit = ListenLimit.raise(directory, name);
      Capture capture = Capture.open(relay, room, groups, directory, forced);
      GateParts parts =
          new GateParts(
              directory, fence, relay, room, groups, capture, census, listenLimit, routing);
      relay = null;
      listenLimit = null;
      routing = null;
      return parts;
    } finally {
      closeAll(listenLimit, routing);
      if (relay != null) {
        relay.close();
      }
    }
  }

  /** A landing is one port of one address, to which each connection has a port of this host. */
  private static int guestsMax() throws IOException {
    return Math.min(Limits.guests(), Limits.ports());
  }

  /** Whether clients' own addresses can be shown to this host's services. */
  boolean keepsAddresses() {
    return routing != null;
  }

  /** As {@link Gate#busy}. */
  List<Busy> busy(long quietMillis) throws IOException {
    List<Busy> all = new ArrayList<>(Busy.look(groups, quietMillis, room));
    all.addAll(capture.busySockets(quietMillis));
    return all;
  }

  /** As {@link Gate#awaitQuiet}. */
  List<Busy> awaitQuiet(Duration limit, long quietMillis) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      List<Busy> now = busy(quietMillis);
      if (now.stream().allMatch(b -> b.active() == 0) || System.nanoTime() - end >= 0) {
        return now;
      }
      Thread.sleep(BUSY_POLL_MILLIS); // the kernel tells nobody
    }
  }

  /** As {@link Gate#cutOff}. */
  int cutOff() throws IOException, InterruptedException {
    return Survivors.end(groups, room);
  }

  /** What is counted for each group. Loop thread. */
  List<GateStatus.Group> reports(GateStatus.Mode mode) {
    return groups.stream()
        .map(
            g ->
                g.report(
                    mode,
                    capture.rung().ordinal(),
                    capture.duplicates(g.group),
                    room.oldestNanos(g)))
        .toList();
  }

  /** Who has come, of all groups. */
  List<GateStatus.Visitor> visitors() {
    long now = System.currentTimeMillis();
    return Callers.list(groups.stream().map(GroupCount::callers).toList()).stream()
        .map(
            c ->
                new GateStatus.Visitor(
                    Sockets.display(c.address()), Math.max(0, now - c.lastMillis()), c.total()))
        .toList();
  }

  /** What is counted for a group. */
  GroupCount count(String group) {
    return groups.stream().filter(g -> g.group.name().equals(group)).findFirst().orElseThrow();
  }

  /** What waits or is relayed is reset. */
  @Override
  public void close() throws IOException {
    capture.close();
    Passage.forget(directory);
    relay.loop().execute(room::clear);
    relay.close();
    capture.forget();
    census.close();
    closeAll(listenLimit, routing);
  }

  private static void closeAll(@Nullable SharedChange listenLimit, @Nullable RoutingWatch routing)
      throws IOException {
    if (listenLimit != null) {
      listenLimit.close();
    }
    if (routing != null) {
      routing.close();
    }
  }
}
