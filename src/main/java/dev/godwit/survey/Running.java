package dev.godwit.survey;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What runs on a host: who listens where, and which files are open for writing.
 *
 * @param listeners but those of Godwit's own daemons
 * @param kernel what is written without a process
 * @param isWhole false when there was more than is kept; what is not listed may then exist
 */
public record Running(
    List<Listener> listeners, List<Proc> processes, List<OfKernel> kernel, boolean isWhole) {
  public Running {
    listeners = List.copyOf(listeners);
    processes = List.copyOf(processes);
    kernel = List.copyOf(kernel);
  }

  /**
   * A socket that waits for clients.
   *
   * @param protocol {@code tcp} or {@code udp}
   * @param address as text; {@code 0.0.0.0} and {@code ::} are every address
   * @param pids who hold it; empty when that cannot be told, as in another process namespace
   */
  public record Listener(String protocol, String address, int port, List<Integer> pids) {
    public Listener {
      pids = List.copyOf(pids);
    }

    public boolean isTcp() {
      return protocol.equals("tcp");
    }

    /** Whether only this host's own programs can reach it. */
    public boolean isLoopback() {
      return address.startsWith("127.") || address.equals("::1");
    }

    public boolean isAnyAddress() {
      return address.equals("0.0.0.0") || address.equals("::");
    }
  }

  /**
   * A process.
   *
   * @param command the name that the kernel shows (proc(5), comm)
   * @param program the program's file; empty for a thread of the kernel
   * @param unit the systemd unit that it belongs to; empty without one
   * @param container the container that it belongs to; empty for a process of the host itself
   * @param arguments with which it was started, the first ones
   * @param writes the files that it has open for writing, as it names them; no devices, no sockets
   */
  public record Proc(
      int pid,
      int parent,
      long uid,
      String command,
      String program,
      String unit,
      String container,
      List<String> arguments,
      List<String> writes) {
    public Proc {
      arguments = List.copyOf(arguments);
      writes = List.copyOf(writes);
    }

    /** For messages: {@code nginx (4711)}. */
    public String display() {
      return command + " (" + pid + ")";
    }
  }

  /**
   * What the kernel writes by itself for others.
   *
   * @param path of the file, or of a directory that is exported
   * @param isExport whether clients write below the path, by NFS
   * @param display for messages
   */
  public record OfKernel(String path, boolean isExport, String display) {}

  /** The TCP listeners of a port. */
  public List<Listener> tcp(int port) {
    return listeners.stream().filter(l -> l.isTcp() && l.port() == port).toList();
  }

  /** The processes that hold one of these. */
  public List<Proc> holders(List<Listener> held) {
    Set<Integer> pids = new HashSet<>();
    held.forEach(listener -> pids.addAll(listener.pids()));
    return processes.stream().filter(process -> pids.contains(process.pid())).toList();
  }

  /**
   * Who listens on a TCP port, for people: {@code nginx (4711) of nginx.service}.
   *
   * @return empty when nobody does
   */
  public Optional<String> takenBy(int port) {
    List<Listener> listening = tcp(port);
    if (listening.isEmpty()) {
      return Optional.empty();
    }
    Set<String> who = new LinkedHashSet<>();
    for (Proc process : holders(listening)) {
      who.add(process.display() + (process.unit().isEmpty() ? "" : " of " + process.unit()));
    }
    return Optional.of(who.isEmpty() ? "something that cannot be told" : String.join(", ", who));
  }

  /**
   * The processes that belong to those which hold such listeners or match themselves: with their
   * descendants, and upwards as long as the parent runs the same program (a master and its
   * workers).
   */
  public List<Proc> family(Predicate<Listener> listens, Predicate<Proc> seed) {
    Map<Integer, Proc> byPid = new HashMap<>();
    processes.forEach(process -> byPid.put(process.pid(), process));
    Set<Integer> members = new HashSet<>();
    for (Listener listener : listeners) {
      if (listens.test(listener)) {
        members.addAll(listener.pids());
      }
    }
    processes.stream().filter(seed).forEach(process -> members.add(process.pid()));
    members.retainAll(byPid.keySet());
    members.remove(1); // it listens for others, by socket units
    for (Integer pid : List.copyOf(members)) {
      Proc process = byPid.get(pid);
      Proc parent = process == null ? null : byPid.get(process.parent());
      while (process != null
          && parent != null
          && parent.pid() != 1
          && parent.program().equals(process.program())
          && members.add(parent.pid())) {
        process = parent;
        parent = byPid.get(process.parent());
      }
    }
    boolean grew = true;
    while (grew) {
      grew = false;
      for (Proc process : processes) {
        if (process.pid() != 1
            && !members.contains(process.pid())
            && members.contains(process.parent())) {
          grew |= members.add(process.pid());
        }
      }
    }
    List<Proc> family = new ArrayList<>();
    processes.stream().filter(process -> members.contains(process.pid())).forEach(family::add);
    return family;
  }
}
