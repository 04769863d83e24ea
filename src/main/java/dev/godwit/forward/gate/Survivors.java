package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Connections that are still open when their service has stopped: those of a process that no stop
 * ends, such as one that was given a session to keep. Whoever asks there is answered by this host,
 * and what he writes is written here, after all clients have gone elsewhere (H54). They are counted
 * by the kernel, and ended by it.
 */
final class Survivors {
  /** A process that is ending closes its own. */
  private static final long GRACE_NANOS = 200_000_000L;

  private static final long POLL_MILLIS = 5;

  private Survivors() {}

  /**
   * Ends them.
   *
   * @param ours the gate's own connections, which stay
   * @return how many there were
   * @throws GateException FAILED when some are open after it all the same
   */
  static int end(List<GroupCount> groups, WaitingRoom ours)
      throws IOException, InterruptedException {
    List<TcpSocket> open = look(groups, ours);
    long end = System.nanoTime() + GRACE_NANOS;
    while (!open.isEmpty() && System.nanoTime() - end < 0) {
      Thread.sleep(POLL_MILLIS); // the kernel tells nobody
      open = still(open, groups, ours);
    }
    String problem = "";
    int ended = 0;
    for (TcpSocket connection : open) {
      try {
        ended += SocketDiagnostics.destroy(connection) ? 1 : 0;
      } catch (LinuxException e) {
        problem =
            e.errno() == Errno.EOPNOTSUPP
                ? "; this kernel cannot end them (CONFIG_INET_DIAG_DESTROY)"
                : "; " + e.getMessage();
      }
    }
    List<TcpSocket> left = still(open, groups, ours);
    if (!left.isEmpty()) {
      throw new GateException(GateException.Kind.FAILED, describe(left) + problem);
    }
    return ended;
  }

  private static List<TcpSocket> look(List<GroupCount> groups, WaitingRoom ours)
      throws LinuxException {
    List<TcpSocket> all = new ArrayList<>();
    for (GroupCount g : groups) {
      for (int port : g.group.ports()) {
        all.addAll(Busy.connections(port, ours));
      }
    }
    return all;
  }

  /** Not those that come now: one that the gate is just accepting may not be known as its own. */
  private static List<TcpSocket> still(
      List<TcpSocket> before, List<GroupCount> groups, WaitingRoom ours) throws LinuxException {
    Set<Long> cookies = before.stream().map(TcpSocket::cookie).collect(Collectors.toSet());
    return look(groups, ours).stream().filter(s -> cookies.contains(s.cookie())).toList();
  }

  private static String describe(List<TcpSocket> left) throws IOException {
    Set<Long> inodes = left.stream().map(TcpSocket::inode).collect(Collectors.toSet());
    Map<Long, List<ProcessFiles.Holder>> holders = ProcessFiles.socketHolders(inodes);
    Set<Integer> processes =
        holders.values().stream()
            .flatMap(List::stream)
            .map(ProcessFiles.Holder::pid)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<Integer> ports =
        left.stream().map(s -> s.local().getPort()).collect(Collectors.toCollection(TreeSet::new));
    return "the services have stopped, but processes %s still have %d connections open at ports %s. End them, and try again"
        .formatted(processes, left.size(), ports);
  }
}
