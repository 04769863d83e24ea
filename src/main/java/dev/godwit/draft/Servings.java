package dev.godwit.draft;

import dev.godwit.survey.Launchers;
import dev.godwit.survey.Launchers.Launcher;
import dev.godwit.survey.Running;
import dev.godwit.survey.Running.Listener;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.ServerPrograms;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who serves clients on a host, from its sockets and processes. */
final class Servings {
  /** What belongs to the host and not to its services; it is on new already. */
  private static final Set<String> OF_THE_HOST =
      Set.of(
          "sshd",
          "systemd",
          "init",
          "systemd-resolve",
          "systemd-resolved",
          "systemd-network",
          "systemd-networkd",
          "dhclient",
          "dhcpcd",
          "chronyd",
          "ntpd",
          "ntpsec",
          "rpcbind",
          "rpc.statd",
          "avahi-daemon",
          "cupsd",
          "snmpd",
          "NetworkManager",
          "systemd-timesyncd",
          "dnsmasq",
          "containerd",
          "dockerd",
          "node_exporter",
          "zabbix_agentd",
          "munin-node");

  /** Started first to last: what others need, what serves, what takes in from outside. */
  private static final List<String> ORDER =
      List.of(
          "mariadb",
          "postgresql",
          "mongodb",
          "redis",
          "",
          "dovecot",
          "samba",
          "vsftpd",
          "apache",
          "nginx",
          "haproxy",
          "exim",
          "sendmail",
          "postfix");

  private final Running running;
  private final Launchers launchers;
  private final Map<Integer, Proc> byPid = new HashMap<>();

  private Servings(Running running, Launchers launchers) {
    this.running = running;
    this.launchers = launchers;
    running.processes().forEach(process -> byPid.put(process.pid(), process));
  }

  /** In start order. */
  static List<Serving> of(Running running, Launchers launchers) {
    return new Servings(running, launchers).servings();
  }

  private List<Serving> servings() {
    Map<String, List<Proc>> groups = new LinkedHashMap<>();
    for (Listener listener : running.listeners()) {
      for (int pid : listener.pids()) {
        Proc process = byPid.get(pid);
        if (process != null && listener.isTcp() && !isOfTheHost(process)) {
          Proc head = head(process);
          List<Proc> heads = groups.computeIfAbsent(key(head), key -> new ArrayList<>());
          if (!heads.contains(head)) {
            heads.add(head);
          }
        }
      }
    }
    List<Serving> servings = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (List<Proc> heads : groups.values()) {
      Serving serving = serving(heads, names);
      if (!serving.ports().isEmpty() || !serving.localPorts().isEmpty()) {
        servings.add(serving);
      }
    }
    servings.sort(Comparator.comparingInt(each -> ORDER.indexOf(each.server())));
    return servings;
  }

  static boolean isOfTheHost(Proc process) {
    return process.pid() == 1
        || OF_THE_HOST.contains(lastName(process.program()))
        || OF_THE_HOST.contains(process.command());
  }

  /** The first of a master and its workers. */
  private Proc head(Proc process) {
    Proc head = process;
    Proc parent = byPid.get(head.parent());
    while (parent != null
        && parent.pid() != 1
        && (isOfOneServer(parent, process) || parent.program().equals(head.program()))) {
      head = parent;
      parent = byPid.get(head.parent());
    }
    return head;
  }

  private static boolean isOfOneServer(Proc one, Proc other) {
    String server = ServerPrograms.server(one.program());
    return !server.isEmpty() && server.equals(ServerPrograms.server(other.program()));
  }

  private static String key(Proc head) {
    return !head.unit().isEmpty()
        ? "unit " + head.unit()
        : !head.container().isEmpty() ? "container " + head.container() : "process " + head.pid();
  }

  private Serving serving(List<Proc> heads, Set<String> names) {
    Proc head = heads.getFirst();
    Set<Integer> pids = new HashSet<>();
    heads.forEach(each -> pids.add(each.pid()));
    List<Proc> family =
        running.family(
            listener -> false,
            process ->
                pids.contains(process.pid())
                    || (!head.unit().isEmpty() && process.unit().equals(head.unit())));
    Set<Integer> members = new HashSet<>();
    family.forEach(each -> members.add(each.pid()));
    Set<Integer> ports = new TreeSet<>();
    Set<Integer> local = new TreeSet<>();
    Set<Integer> udp = new TreeSet<>();
    for (Listener listener : running.listeners()) {
      if (listener.pids().stream().anyMatch(members::contains)) {
        (listener.isTcp() ? listener.isLoopback() ? local : ports : udp).add(listener.port());
      }
    }
    local.removeAll(ports);
    Launcher launcher = head.unit().isEmpty() ? launcher(head) : null;
    return new Serving(
        name(head, launcher, names),
        ServerPrograms.server(head.program()),
        head.unit(),
        head.container(),
        launcher,
        List.copyOf(ports),
        List.copyOf(local),
        List.copyOf(udp),
        family);
  }

  /**
   * A script that names the program, or the configuration file that it was started with; one of an
   * interpreter is known by what it is told to run. Scripts of packages find their program by other
   * ways, and are known by their name.
   */
  private @Nullable Launcher launcher(Proc head) {
    Set<String> signs = new HashSet<>();
    signs.add(head.program());
    for (String argument : head.arguments()) {
      String value = argument.substring(argument.indexOf('=') + 1);
      if (argument.matches("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*){2,}")
          || argument.matches("/.*\\.(jar|py|pl|rb|js|php)")) {
        signs.add(argument);
        signs.remove(head.program());
      } else if (value.matches("/.*\\.(cnf|conf|cfg)")) {
        signs.add(value);
      }
    }
    String server = ServerPrograms.server(head.program());
    return launchers.launchers().stream()
        .filter(each -> each.words().stream().anyMatch(signs::contains))
        .findFirst()
        .or(
            () ->
                launchers.launchers().stream()
                    .filter(each -> ServerPrograms.isScriptOf(lastName(each.path()), server))
                    .findFirst())
        .orElse(null);
  }

  private static String name(Proc head, @Nullable Launcher launcher, Set<String> names) {
    String from =
        !head.unit().isEmpty()
            ? head.unit().replaceAll("(@.*)?\\.(service|socket)$", "")
            : !head.container().isEmpty()
                ? head.container()
                : launcher != null ? lastName(launcher.path()) : lastName(head.program());
    String plain = from.replaceAll("[^A-Za-z0-9@._-]", "-").replaceAll("^[^A-Za-z0-9]+", "");
    String base = plain.isEmpty() ? "service" : plain.substring(0, Math.min(plain.length(), 56));
    String name = base;
    for (int i = 2; !names.add(name.toLowerCase(Locale.ROOT)); i++) {
      name = base + "-" + i;
    }
    return name;
  }

  static String lastName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
