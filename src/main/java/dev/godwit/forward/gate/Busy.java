package dev.godwit.forward.gate;

import dev.godwit.forward.ladder.LookupSwitch;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections that a service itself has on a captured port, from the kernel and not from counters
 * of our own (H54).
 *
 * @param port 0 for a unix socket
 * @param open all that the service has not closed, but for checks of Godwit's that have ended; and
 *     those that it has still to accept: it may do so up to the moment in which it is stopped
 * @param active those of them with a request in progress, as far as the kernel can tell: not
 *     accepted, bytes unread or unsent, or data within the quiet time; within {@link #PATIENCE}
 *     times that where it is the service's turn to speak, for some take their time to answer. Of a
 *     unix socket the kernel does not know the latter: there it is who came within that time
 */
public record Busy(int port, int open, int active) {
  /**
   * An answer may take longer than a pause within one. Not for ever: there are protocols in which
   * clients speak last, HTTP/2 among them, and each of those would be waited for.
   */
  static final int PATIENCE = 5;

  /** Where Godwit's own checks come from. */
  private static final InetAddress BEYOND = InetAddress.ofLiteral(LookupSwitch.BEYOND_IPV4);

  /**
   * Looks at all ports of the groups.
   *
   * @param ours the gate's own connections, which do not count
   */
  static List<Busy> look(List<GroupCount> groups, long quietMillis, WaitingRoom ours)
      throws LinuxException {
    List<Busy> all = new ArrayList<>();
    for (GroupCount g : groups) {
      for (int port : g.group.ports()) {
        all.add(look(port, quietMillis, ours));
      }
    }
    return all;
  }

  private static Busy look(int port, long quietMillis, WaitingRoom ours) throws LinuxException {
    int queued = 0; // first: one that is accepted in between counts twice then, and not never
    for (TcpSocket listener : SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN)) {
      queued += (int) listener.received();
    }
    List<TcpSocket> open = new ArrayList<>();
    for (TcpSocket connection : connections(port, ours)) {
      if (!isOfEndedCheck(connection)) {
        open.add(connection);
      }
    }
    int active = (int) open.stream().filter(s -> isActive(s, quietMillis)).count();
    return new Busy(port, open.size() + queued, active + queued);
  }

  /**
   * A service that looks up who has come may keep it for as long as no name server answers. What
   * the gate itself leads to the service comes from the same address, and is held.
   */
  private static boolean isOfEndedCheck(TcpSocket connection) throws LinuxException {
    return connection.peer().getAddress().equals(BEYOND)
        && !SocketDiagnostics.isPeerHeld(connection);
  }

  private static boolean isActive(TcpSocket s, long quietMillis) {
    long quiet = s.talk().isAwaited() ? PATIENCE * quietMillis : quietMillis;
    return s.received() > 0 || s.unsent() > 0 || s.talk().quietMillis() < quiet;
  }

  /** The connections of a port that a process has open, but for the gate's own. */
  static List<TcpSocket> connections(int port, WaitingRoom ours) throws LinuxException {
    List<TcpSocket> all =
        SocketDiagnostics.sockets(
            port,
            SocketDiagnostics.ESTABLISHED,
            SocketDiagnostics.CLOSE_WAIT,
            SocketDiagnostics.FIN_WAIT1,
            SocketDiagnostics.FIN_WAIT2);
    // inode 0: nobody has accepted it yet, or its process has closed it
    return all.stream().filter(s -> s.inode() != 0 && !ours.holds(s.peer(), port)).toList();
  }

  /** Writes it for {@link #read}. */
  public void write(MessageWriter to) {
    to.u32(port).u32(open).u32(active);
  }

  /** Reads what {@link #write} has written. */
  public static Busy read(MessageReader from) throws WireException {
    return new Busy(from.u32(), from.u32(), from.u32());
  }
}
