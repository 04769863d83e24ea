package dev.godwit.forward.ladder;

import dev.godwit.forward.GateException;
import dev.godwit.forward.relay.Passage;
import dev.godwit.linux.ConnectionTracking;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * New connections come to the gate by rules of the packet filter, which are void a few seconds
 * after nobody renews them.
 *
 * <p>The rules' chains stay until the end: what they have redirected is cut off with them. A gate
 * that was killed leaves chains without effect; {@link FilterNotes} names them. Chains that
 * somebody else removes are put up again.
 */
final class Redirection implements Diversion {

  /** Of so many renewals one looks for ended connections: all that are tracked are told for it. */
  private static final int RENEWALS_EACH = 5;

  private final PacketFilter filter;
  private final Upkeep upkeep;
  private final Path notes;
  private final Set<Integer> ports;
  private final int listenerPort;
  private final QueueDrops drops;
  private final Renewal renewal;
  private Set<Integer> diverted = Set.of();
  private boolean forgetsNothing;
  private int renewals;
  private boolean closed;

  private Redirection(PacketFilter filter, Path notes, Set<Integer> ports, int listenerPort)
      throws IOException {
    this.filter = filter;
    this.notes = notes;
    this.ports = ports;
    this.listenerPort = listenerPort;
    upkeep =
        new Upkeep(
            filter,
            families -> {
              tryToForgetEnded(ports);
              filter.putUp(families);
            });
    drops = new QueueDrops();
    renewal = new Renewal("gate rules", this::renew);
  }

  /**
   * Puts the chains up, in the calling thread's network namespace; nothing is redirected yet.
   *
   * @param directory of the notes, for all gates of the host
   * @param listenerPort the gate's own, on all addresses
   * @param tools to try, of {@link PacketFilter}'s, in order
   * @throws IOException why none of them works
   */
  static Redirection open(Path directory, Set<Integer> ports, int listenerPort, List<String> tools)
      throws IOException {
    // A port has one gate, so the name has one owner.
    String name = "godwit_gate_" + ports.stream().min(Integer::compare).orElseThrow();
    // The kernel begins to track connections, and would take live ones for them.
    tryToForgetEnded(ports);
    PacketFilter filter = FilterNotes.open(directory, name, tools, PacketFilter::prepare);
    return new Redirection(filter, directory, ports, listenerPort);
  }

  String tool() {
    return filter.tool();
  }

  /**
   * @throws GateException FAILED while clients may come whom no rule can redirect any more
   */
  @Override
  public synchronized void divert(Set<Integer> wanted) throws IOException {
    if (wanted.isEmpty()) {
      diverted = Set.of();
      filter.clear();
      return;
    }
    if (!diverted.containsAll(wanted)) {
      Duration left = drops.left();
      if (!left.isZero()) {
        throw new GateException(
            GateException.Kind.FAILED,
            "a queue on this host was full a moment ago, and a client that was turned away then"
                + " would be refused in a hold; try again in "
                + (left.toSeconds() + 1)
                + " s");
      }
    }
    upkeep.make(() -> filter.redirect(wanted, listenerPort));
    diverted = Set.copyOf(wanted);
    forgetEnded();
  }

  private void forgetEnded() {
    forgetsNothing = forgetsNothing || !tryToForgetEnded(ports);
  }

  /**
   * A client that uses the port of an ended connection again would pass the rules, to a service
   * that may not listen, while that one is remembered; or be redirected when nothing is any more.
   */
  private static boolean tryToForgetEnded(Set<Integer> ports) {
    try {
      int unused = ConnectionTracking.forgetEnded(ports);
      return true;
    } catch (LinuxException e) {
      System.getLogger(Redirection.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "a client that uses the port of an ended connection again may be refused in a hold,"
                  + " or after it: "
                  + e.getMessage());
      return false;
    }
  }

  @Override
  public InetSocketAddress asked(int fd) throws IOException {
    return Sockets.originalDestination(fd);
  }

  @Override
  public String told() {
    return upkeep.told();
  }

  @Override
  public String passing() {
    return Passage.BY_MARK;
  }

  @Override
  public Passage.Pass pass() {
    return Passage.passByMark();
  }

  private synchronized void renew() {
    if (closed) {
      return;
    }
    try {
      drops.look();
      if (!diverted.isEmpty()) {
        upkeep.make(() -> filter.redirect(diverted, listenerPort));
        if (++renewals % RENEWALS_EACH == 0) {
          forgetEnded();
        }
      }
    } catch (IOException e) {
      System.getLogger(Redirection.class.getName())
          .log(System.Logger.Level.ERROR, "the rules of ports " + ports + " were not renewed", e);
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      diverted = Set.of();
      renewal.close();
      try {
        FilterNotes.forget(notes, filter);
      } catch (IOException e) {
        System.getLogger(Redirection.class.getName())
            .log(System.Logger.Level.WARNING, "the note of " + filter.name + " stays", e);
      }
      forgetEnded();
    }
  }
}
