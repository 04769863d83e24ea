package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's list of unix sockets of this network namespace, asked by the file that a socket was
 * bound to, whatever that is called by now (sock_diag(7), unix_diag).
 */
public final class UnixDiagnostics {
  public static final int ESTABLISHED = 1;
  public static final int LISTEN = 10;

  private static final int AF_UNIX = 1;
  private static final int REQUEST_BYTES = 40;
  private static final int MESSAGE_BYTES = 16;
  private static final int SHOW_VFS = 2;
  private static final int SHOW_PEER = 4;
  private static final int SHOW_QUEUES = 0x10;
  private static final int VFS = 1;
  private static final int PEER = 2;
  private static final int QUEUES = 4;

  /**
   * One socket.
   *
   * @param inode as /proc/PID/fd shows it; 0 when no process holds it: not yet accepted
   * @param received bytes waiting to be read; of a listener, connections waiting to be accepted
   * @param unsent bytes that the peer has not read; of a listener, the backlog
   */
  public record UnixSocket(int state, long inode, long received, long unsent) {}

  private UnixDiagnostics() {}

  /**
   * The sockets that were bound to a file, and those that their listeners have accepted.
   *
   * @param states of the constants above
   * @throws LinuxException ENOENT on a kernel that cannot tell (CONFIG_UNIX_DIAG)
   */
  public static List<UnixSocket> sockets(FileStatus file, int... states) throws LinuxException {
    long number = file.inode() & 0xffffffffL;
    long device = (file.device() >>> 32) << 20 | file.device() & 0xfffff; // as the kernel packs it
    List<UnixSocket> found = new ArrayList<>();
    ask(
        SHOW_VFS | SHOW_QUEUES,
        (answer, at, end) -> {
          UnixSocket socket = read(answer, at, end, number, device);
          if (socket != null) {
            found.add(socket);
          }
        },
        states);
    return found;
  }

  /**
   * The other ends of connections.
   *
   * @param ends their inodes
   * @return the inodes of those that live, by those of these ends; without those that no process
   *     holds
   * @throws LinuxException as {@link #sockets}
   */
  public static Map<Long, Long> peers(Set<Long> ends) throws LinuxException {
    Map<Long, Long> found = new HashMap<>();
    ask(
        SHOW_PEER,
        (answer, at, end) -> {
          long inode = answer.get(ValueLayout.JAVA_INT, at + 4) & 0xffffffffL;
          long attribute = at + MESSAGE_BYTES;
          boolean isPeer =
              attribute + 8 <= end && answer.get(ValueLayout.JAVA_SHORT, attribute + 2) == PEER;
          long peer = isPeer ? answer.get(ValueLayout.JAVA_INT, attribute + 4) & 0xffffffffL : 0;
          if (ends.contains(inode) && peer != 0) {
            found.put(inode, peer);
          }
        },
        ESTABLISHED);
    return found;
  }

  private static void ask(int show, Netlink.Message answers, int... states) throws LinuxException {
    int mask = 0;
    for (int state : states) {
      mask |= 1 << state;
    }
    int fd = Netlink.open(SocketDiagnostics.SOCK_DIAG, "NETLINK_SOCK_DIAG");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, REQUEST_BYTES, SocketDiagnostics.BY_FAMILY, Netlink.DUMP);
      buffer.set(ValueLayout.JAVA_BYTE, 16, (byte) AF_UNIX);
      buffer.set(ValueLayout.JAVA_INT, 20, mask);
      buffer.set(ValueLayout.JAVA_INT, 28, show);
      if (!Netlink.ask(fd, buffer, REQUEST_BYTES, "unix", answers)) {
        throw new LinuxException("sock_diag", "unix", Errno.ENOENT);
      }
    } finally {
      Sockets.close(fd);
    }
  }

  private static @Nullable UnixSocket read(
      MemorySegment message, long at, long end, long number, long device) {
    boolean same = false;
    long received = 0;
    long unsent = 0;
    long attribute = at + MESSAGE_BYTES;
    while (attribute + 12 <= end) {
      int length = message.get(ValueLayout.JAVA_SHORT, attribute) & 0xffff;
      int type = message.get(ValueLayout.JAVA_SHORT, attribute + 2);
      if (length < 4) {
        break;
      }
      if (length >= 12 && (type == VFS || type == QUEUES)) {
        long first = message.get(ValueLayout.JAVA_INT, attribute + 4) & 0xffffffffL;
        long second = message.get(ValueLayout.JAVA_INT, attribute + 8) & 0xffffffffL;
        if (type == VFS) {
          same = first == number && second == device;
        } else {
          received = first;
          unsent = second;
        }
      }
      attribute += (length + 3) & ~3;
    }
    return same
        ? new UnixSocket(
            message.get(ValueLayout.JAVA_BYTE, at + 2),
            message.get(ValueLayout.JAVA_INT, at + 4) & 0xffffffffL,
            received,
            unsent)
        : null;
  }
}
