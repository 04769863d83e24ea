package dev.godwit.service;

import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The processes of a service, found before it is stopped: those that listen on its ports or talk to
 * a client there, and all that descends from them. Afterwards they are known although the one that
 * they descended from has gone, which is where sessions hide that a stop has left behind (H62).
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

  private final List<Integer> ports;
  private final Set<ProcessTable.Entry> members;

  private ServiceProcesses(List<Integer> ports, Set<ProcessTable.Entry> members) {
    this.ports = ports;
    this.members = members;
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
      found.put(
          service.name(), new ServiceProcesses(service.ports(), table.withDescendants(roots)));
    }
    return found;
  }

  private static Set<Long> sockets(List<Integer> ports, int... states) throws IOException {
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

  /** Those that have not ended, with what they have started since. */
  Set<ProcessTable.Entry> left() throws IOException {
    return ProcessTable.read().withDescendants(members);
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
    return processes.stream()
        .map(entry -> "%s (%d)".formatted(ProcessTable.name(entry.pid()), entry.pid()))
        .sorted()
        .limit(10)
        .collect(Collectors.joining(", "));
  }
}
