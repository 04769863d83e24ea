package dev.godwit.service;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a service, found before it is stopped: those that listen on its ports or talk to
 * a client there, and all that descends from them. Afterwards they are known although the one that
 * they descended from has gone, which is where sessions hide that a stop has left behind (H62).
 *
 * <p>A delivery of Exim or Sendmail is nobody's child once the session that accepted the mail has
 * ended; it is known by running the same program in the same queue's directory.
 *
 * <p>Not found are the processes of a service without ports; its control alone says that they went.
 */
final class ServiceProcesses {
  private static final int[] WITH_CLIENT = {
    SocketDiagnostics.ESTABLISHED,
    SocketDiagnostics.FIN_WAIT1,
    SocketDiagnostics.FIN_WAIT2,
    SocketDiagnostics.CLOSE_WAIT
  };

  /** Whose processes outlive the one that started them, and do what it is for all the same. */
  private static final Pattern LETS_GO = Pattern.compile(".*/(exim|sendmail)[^/]*");

  private static final InetAddress CHECKS = InetAddress.ofLiteral(CheckRunner.SOURCE);

  private static final Path PROC = Path.of("/proc");

  /** What a process runs, and the directory that it works in. */
  private record Workplace(String program, String directory) {}

  /** Which connections are meant. */
  @FunctionalInterface
  interface Which {
    boolean has(TcpSocket connection) throws LinuxException;
  }

  private final List<Integer> ports;
  private final Set<ProcessTable.Entry> members;
  private final Set<Workplace> workplaces;

  private ServiceProcesses(
      List<Integer> ports, Set<ProcessTable.Entry> members, Set<Workplace> workplaces) {
    this.ports = ports;
    this.members = members;
    this.workplaces = workplaces;
  }

  /**
   * Looks once for many services.
   *
   * @param ours numbers of processes that hold copies of the services' sockets and are no part of
   *     them, such as a gate
   * @return by the services' names
   */
  static Map<String, ServiceProcesses> of(List<Service> services, Set<Long> ours)
      throws IOException {
    Map<String, Set<Long>> inodes = new HashMap<>();
    for (Service service : services) {
      Set<Long> held = sockets(service.ports(), SocketDiagnostics.LISTEN);
      held.addAll(sockets(service.ports(), WITH_CLIENT));
      inodes.put(service.name(), held);
    }
    Set<Long> all = inodes.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    Map<Long, List<ProcessFiles.Holder>> holders =
        all.isEmpty() ? Map.of() : ProcessFiles.socketHolders(all);
    ProcessTable table = ProcessTable.read();
    Map<String, ServiceProcesses> found = new HashMap<>();
    for (Service service : services) {
      Set<ProcessTable.Entry> roots = new HashSet<>();
      for (long inode : inodes.getOrDefault(service.name(), Set.of())) {
        for (ProcessFiles.Holder holder : holders.getOrDefault(inode, List.of())) {
          // The first process listens for services that it starts when somebody comes.
          if (holder.pid() != 1 && !ours.contains((long) holder.pid())) {
            table.find(holder.pid()).ifPresent(roots::add);
          }
        }
      }
      Set<Workplace> workplaces = workplaces(roots);
      roots.addAll(thatWorkAt(workplaces, table));
      found.put(
          service.name(),
          new ServiceProcesses(service.ports(), table.withDescendants(roots), workplaces));
    }
    return found;
  }

  /**
   * Those of a service that is ending.
   *
   * @param members what it had before
   */
  static ServiceProcesses known(Service service, Set<ProcessTable.Entry> members)
      throws IOException {
    return new ServiceProcesses(
        service.ports(), members, workplaces(ProcessTable.read().withDescendants(members)));
  }

  private static Set<Workplace> workplaces(Set<ProcessTable.Entry> of) {
    return of.stream()
        .map(entry -> workplace(entry.pid()))
        .filter(Objects::nonNull)
        .filter(place -> LETS_GO.matcher(place.program()).matches())
        .collect(Collectors.toSet());
  }

  private static Set<ProcessTable.Entry> thatWorkAt(Set<Workplace> workplaces, ProcessTable table) {
    return workplaces.isEmpty()
        ? Set.of()
        : table.living().stream()
            .filter(entry -> workplaces.contains(workplace(entry.pid())))
            .collect(Collectors.toSet());
  }

  /** Null when it has ended, or is a thread of the kernel. */
  private static @Nullable Workplace workplace(int pid) {
    Path process = PROC.resolve(Integer.toString(pid));
    try {
      return new Workplace(
          Files.readSymbolicLink(process.resolve("exe")).toString(),
          Files.readSymbolicLink(process.resolve("cwd")).toString());
    } catch (IOException e) {
      return null;
    }
  }

  /** The inodes of those that a process holds. */
  static Set<Long> sockets(List<Integer> ports, int... states) throws IOException {
    Set<Long> inodes = new HashSet<>();
    for (int port : ports) {
      for (TcpSocket socket : SocketDiagnostics.sockets(port, states)) {
        if (socket.inode() != 0) {
          inodes.add(socket.inode());
        }
      }
    }
    return inodes;
  }

  /** All that were found. */
  Set<ProcessTable.Entry> members() {
    return members;
  }

  /** Those that have not ended, with what they have started since. */
  Set<ProcessTable.Entry> left() throws IOException {
    ProcessTable table = ProcessTable.read();
    Set<ProcessTable.Entry> known = new HashSet<>(members);
    known.addAll(thatWorkAt(workplaces, table));
    return table.withDescendants(known);
  }

  /** Which of them talk to a client on one of the service's ports. */
  Set<ProcessTable.Entry> sessions(Collection<ProcessTable.Entry> left) throws IOException {
    Set<Long> inodes = sockets(ports, WITH_CLIENT);
    if (inodes.isEmpty()) {
      return Set.of();
    }
    Set<Integer> pids = new HashSet<>();
    ProcessFiles.socketHolders(inodes)
        .values()
        .forEach(holders -> holders.forEach(holder -> pids.add(holder.pid())));
    return left.stream().filter(entry -> pids.contains(entry.pid())).collect(Collectors.toSet());
  }

  /**
   * Ends connections that they have with clients, whose ends meet a reset. What the kernel cannot
   * end stays.
   *
   * @param left of {@link #left}
   * @param ours processes whose connections stay, though one of them be the same
   * @param which of them
   */
  void cutOff(Set<ProcessTable.Entry> left, Set<Long> ours, Which which) throws IOException {
    Map<Long, TcpSocket> open = new HashMap<>();
    for (int port : ports) {
      for (TcpSocket socket : SocketDiagnostics.sockets(port, WITH_CLIENT)) {
        if (socket.inode() != 0 && which.has(socket)) {
          open.put(socket.inode(), socket);
        }
      }
    }
    if (open.isEmpty()) {
      return;
    }
    Set<Integer> pids = pids(left);
    for (var held : ProcessFiles.socketHolders(open.keySet()).entrySet()) {
      List<Integer> holders = held.getValue().stream().map(ProcessFiles.Holder::pid).toList();
      if (holders.stream().anyMatch(pids::contains)
          && holders.stream().noneMatch(pid -> ours.contains((long) pid))) {
        try {
          boolean unused =
              SocketDiagnostics.destroy(Objects.requireNonNull(open.get(held.getKey())));
        } catch (LinuxException e) {
          if (e.errno() == Errno.EOPNOTSUPP || e.errno() == Errno.EPERM) {
            return; // then they are waited for, as without this
          }
          throw e;
        }
      }
    }
  }

  /**
   * Ends those of checks that have ended. A service may keep one for as long as no name server
   * tells it who that was, and its stop would wait for it. As {@link #cutOff}.
   */
  void cutOffChecks(Set<Long> ours) throws IOException {
    cutOff(
        left(),
        ours,
        socket ->
            socket.peer().getAddress().equals(CHECKS) && !SocketDiagnostics.isPeerHeld(socket));
  }

  /**
   * On which of the service's ports one of them listens.
   *
   * @param left of {@link #left}
   */
  Set<Integer> listening(Set<ProcessTable.Entry> left) throws IOException {
    Map<Long, Integer> portOf = new HashMap<>();
    for (int port : ports) {
      sockets(List.of(port), SocketDiagnostics.LISTEN).forEach(inode -> portOf.put(inode, port));
    }
    if (portOf.isEmpty()) {
      return Set.of();
    }
    Set<Integer> pids = pids(left);
    return ProcessFiles.socketHolders(portOf.keySet()).entrySet().stream()
        .filter(held -> held.getValue().stream().anyMatch(one -> pids.contains(one.pid())))
        .map(held -> Objects.requireNonNull(portOf.get(held.getKey())))
        .collect(Collectors.toSet());
  }

  private static Set<Integer> pids(Set<ProcessTable.Entry> processes) {
    return processes.stream().map(ProcessTable.Entry::pid).collect(Collectors.toSet());
  }

  /**
   * Who else listens on the ports, such as another copy of the service, or a unit of systemd that
   * starts it again when somebody comes.
   *
   * @return a line for each, for people
   */
  static List<String> listeners(List<Integer> ports, Set<Long> ours) throws IOException {
    Set<String> found = new TreeSet<>();
    for (int port : ports) {
      Set<Long> inodes = sockets(List.of(port), SocketDiagnostics.LISTEN);
      if (!inodes.isEmpty()) {
        ProcessFiles.socketHolders(inodes).values().stream()
            .flatMap(List::stream)
            .filter(holder -> !ours.contains((long) holder.pid()))
            .forEach(
                holder ->
                    found.add(
                        "%s (%d) listens on port %d"
                            .formatted(ProcessTable.name(holder.pid()), holder.pid(), port)));
      }
    }
    return List.copyOf(found);
  }

  static String display(Collection<ProcessTable.Entry> processes) {
    return String.join(", ", names(processes));
  }

  /** The first ten of them, each as {@code nginx (17)}. */
  static List<String> names(Collection<ProcessTable.Entry> processes) {
    return processes.stream()
        .map(entry -> "%s (%d)".formatted(ProcessTable.name(entry.pid()), entry.pid()))
        .sorted()
        .limit(10)
        .toList();
  }
}
