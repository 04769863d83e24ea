package dev.godwit.forward.loop;

import dev.godwit.forward.GateException;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket of a service, as other processes hold it. Every member of a SO_REUSEPORT group
 * is one of its own.
 *
 * @param port of TCP; 0 for a unix socket
 * @param path of a unix socket; null for TCP
 */
public record ServiceListener(
    int port, @Nullable Path path, long inode, List<ProcessFiles.Holder> holders) {
  /** Room for what arrives while nobody accepts; more than any service asks for. */
  public static final int BACKLOG = 4096;

  /**
   * Finds the listeners of all ports. Looks through every process, 20 to 250 ms, unless all were
   * known and are still held by whom they were.
   *
   * @param known what was found before
   * @throws GateException when a socket listens that no process here holds (a kernel service, or a
   *     process that this one may not look into): it could not be taken over
   */
  public static List<ServiceListener> find(Collection<Integer> ports, List<ServiceListener> known)
      throws IOException {
    Map<Long, TcpSocket> listening = new HashMap<>();
    for (TcpSocket s : SocketDiagnostics.sockets(ports, SocketDiagnostics.LISTEN)) {
      listening.put(s.inode(), s);
    }
    if (listening.isEmpty()) {
      return List.of();
    }
    List<ServiceListener> again =
        known.stream().filter(l -> listening.containsKey(l.inode) && l.isStillHeld()).toList();
    if (again.size() == listening.size()) {
      return again;
    }
    Map<Long, List<ProcessFiles.Holder>> holders = ProcessFiles.socketHolders(listening.keySet());
    List<ServiceListener> found = new ArrayList<>();
    for (TcpSocket s : listening.values()) {
      List<ProcessFiles.Holder> held = holders.get(s.inode());
      if (held == null) {
        throw new GateException(
            GateException.Kind.UNSUPPORTED,
            "port "
                + s.local().getPort()
                + " is listened on, but no process on this host holds the socket"
                + " (a kernel service, or a process that may not be traced without"
                + " CAP_SYS_PTRACE)");
      }
      found.add(new ServiceListener(s.local().getPort(), null, s.inode(), held));
    }
    return found;
  }

  /**
   * How many connections, of TCP, stand in the queues of sockets that nobody holds but one process.
   */
  public static int queuedAt(long pid) throws IOException {
    Map<Long, Integer> queued = new HashMap<>();
    for (TcpSocket s : SocketDiagnostics.listeners()) {
      queued.put(s.inode(), (int) s.received()); // of one that listens: who waits
    }
    return ProcessFiles.socketHolders(queued.keySet()).entrySet().stream()
        .filter(held -> held.getValue().stream().allMatch(holder -> holder.pid() == pid))
        .mapToInt(held -> queued.getOrDefault(held.getKey(), 0))
        .sum();
  }

  /**
   * Our own copy of the socket, with the backlog enlarged. Options, backlog and O_NONBLOCK belong
   * to all copies; the copy keeps the port bound, so it must be closed before the service starts.
   */
  public int duplicate() throws LinuxException {
    LinuxException last = new LinuxException("pidfd_getfd", where(), Errno.ENOENT);
    for (ProcessFiles.Holder holder : holders) {
      try {
        int fd = ProcessFiles.duplicate(holder, inode);
        Sockets.listen(fd, BACKLOG);
        return fd;
      } catch (LinuxException e) {
        last = e; // this holder ended; another one may live
      }
    }
    throw last;
  }

  /** Whether one of those who held it when it was found still does. */
  public boolean isStillHeld() {
    return holders.stream().anyMatch(holder -> ProcessFiles.holds(holder, inode));
  }

  /** For people. */
  public String where() {
    return path == null ? "port " + port : "unix:" + path;
  }

  /** Whether it keeps its port from another one, whoever holds it. */
  public boolean isListening() throws LinuxException {
    return path == null
        && SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN).stream()
            .anyMatch(s -> s.inode() == inode);
  }

  /**
   * Whether a process other than this one still holds the socket. A program that this one is
   * starting does not: until its exec it has a copy of each descriptor, and accepts nothing.
   */
  public boolean isHeldByOthers() throws IOException {
    Set<Integer> found = others();
    if (!found.isEmpty()) {
      // Such a program may have become what it is to be, or have ended, while it was looked at.
      found.retainAll(others());
    }
    return !found.isEmpty();
  }

  private Set<Integer> others() throws IOException {
    return ProcessFiles.socketHolders(Set.of(inode)).getOrDefault(inode, List.of()).stream()
        .map(holder -> holder.pid())
        .filter(pid -> !isThisProgram(pid))
        .collect(Collectors.toCollection(HashSet::new));
  }

  /** This process, or a child of it that has not become what it is to be. */
  private static boolean isThisProgram(int pid) {
    ProcessHandle self = ProcessHandle.current();
    Optional<String> program = self.info().command();
    return pid == self.pid()
        || ProcessHandle.of(pid)
            .filter(other -> other.parent().equals(Optional.of(self)))
            .filter(child -> program.isPresent() && child.info().command().equals(program))
            .isPresent();
  }
}
