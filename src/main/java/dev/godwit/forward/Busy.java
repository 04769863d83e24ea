package dev.godwit.forward;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections that a service itself has on a captured port, from the kernel and not from counters
 * of our own (H54).
 *
 * @param open all that the service has not closed
 * @param active those of them with a request in progress, as far as the kernel can tell: bytes
 *     unread or unsent, or data within the quiet time
 */
public record Busy(int port, int open, int active) {
  private static final long POLL_MILLIS = 2;

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

  static List<Busy> awaitQuiet(
      List<GroupCount> groups, Duration limit, long quietMillis, WaitingRoom ours)
      throws LinuxException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      List<Busy> now = look(groups, quietMillis, ours);
      if (now.stream().allMatch(b -> b.active() == 0) || System.nanoTime() - end >= 0) {
        return now;
      }
      Thread.sleep(POLL_MILLIS); // the kernel tells nobody
    }
  }

  private static Busy look(int port, long quietMillis, WaitingRoom ours) throws LinuxException {
    int open = 0;
    int active = 0;
    List<TcpSocket> sockets =
        SocketDiagnostics.sockets(
            port,
            SocketDiagnostics.ESTABLISHED,
            SocketDiagnostics.CLOSE_WAIT,
            SocketDiagnostics.FIN_WAIT1,
            SocketDiagnostics.FIN_WAIT2);
    for (TcpSocket s : sockets) {
      // inode 0: nobody has accepted it yet, or its process has closed it
      if (s.inode() != 0 && !ours.holds(s.peer(), port)) {
        open++;
        if (s.received() > 0 || s.unsent() > 0 || s.quietMillis() < quietMillis) {
          active++;
        }
      }
    }
    return new Busy(port, open, active);
  }

  void write(MessageWriter to) {
    to.u32(port).u32(open).u32(active);
  }

  static Busy read(MessageReader from) throws WireException {
    return new Busy(from.u32(), from.u32(), from.u32());
  }
}
