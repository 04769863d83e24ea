package dev.godwit.service;

import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketDiagnostics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sockets by which the services of a host talk to each other, and to themselves, told from those of
 * its other programs, by the processes that hold them: those that listen on the services' ports,
 * the commands by which an order to the services is being obeyed, such as a script that starts one
 * and asks it before it says "done", all that descends from these, and all that systemd counts to
 * their units.
 */
public final class OwnSockets {
  /** Where systemd has what users start themselves, whose units may be called anything. */
  private static final String USERS = "/user.slice/";

  private OwnSockets() {}

  /**
   * Those of some sockets; costs a look at all processes (20 to 250 ms on a busy host).
   *
   * @param sockets by their inodes
   * @param move whose orders count
   */
  public static Set<Long> among(Set<Long> sockets, String move, List<Service> services)
      throws IOException {
    List<Integer> ports = services.stream().flatMap(one -> one.ports().stream()).toList();
    Set<Long> listening = ServiceProcesses.sockets(ports, SocketDiagnostics.LISTEN);
    Set<Long> asked = new HashSet<>(listening);
    asked.addAll(sockets);
    Map<Long, List<ProcessFiles.Holder>> holders = ProcessFiles.socketHolders(asked);
    Set<Integer> roots = new HashSet<>(pids(holders, listening));
    // They hold copies of the services' sockets, and the first process listens for others.
    ServiceManager.ours().forEach(pid -> roots.remove(pid.intValue()));
    roots.remove(1);
    Optional<Integer> obeying = ServiceOrders.underWayIn(move);
    obeying.ifPresent(roots::add);
    ProcessTable table = ProcessTable.read();
    Set<Integer> own =
        table
            .withDescendants(roots.stream().flatMap(pid -> table.find(pid).stream()).toList())
            .stream()
            .map(ProcessTable.Entry::pid)
            .collect(Collectors.toCollection(HashSet::new));
    obeying.ifPresent(own::remove); // it may be watching the services as clients see them
    Set<String> units =
        services.stream()
            .flatMap(service -> service.control().unitName().stream())
            .collect(Collectors.toSet());
    pids(holders, sockets).stream().filter(pid -> isOfUnit(pid, units)).forEach(own::add);
    return sockets.stream()
        .filter(one -> pids(holders, Set.of(one)).stream().anyMatch(own::contains))
        .collect(Collectors.toSet());
  }

  private static Set<Integer> pids(
      Map<Long, List<ProcessFiles.Holder>> holders, Set<Long> sockets) {
    return sockets.stream()
        .flatMap(socket -> Optional.ofNullable(holders.get(socket)).stream())
        .flatMap(List::stream)
        .map(ProcessFiles.Holder::pid)
        .collect(Collectors.toSet());
  }

  private static boolean isOfUnit(int pid, Set<String> units) {
    try {
      return isOfUnit(
          Files.readString(Path.of("/proc/" + pid + "/cgroup"), StandardCharsets.ISO_8859_1),
          units);
    } catch (IOException e) {
      return false; // it has ended, or this kernel has no control groups
    }
  }

  /**
   * Whether a process is of one of the units.
   *
   * @param groups a line for each hierarchy of control groups: number, controllers, and the path,
   *     which has the unit's name in it (cgroups(7); systemd.slice(5))
   */
  static boolean isOfUnit(String groups, Set<String> units) {
    return groups
        .lines()
        .map(line -> line.replaceFirst("^[^:]*:[^:]*:", ""))
        .filter(path -> !path.startsWith(USERS))
        .flatMap(path -> Arrays.stream(path.split("/")))
        .anyMatch(units::contains);
  }
}
