package dev.godwit.forward;

import dev.godwit.forward.gate.TestingRung;
import java.util.ArrayList;
import java.util.List;

/** What a gate, a landing or a forwarder sets up on a host, as the host's own programs tell it. */
public final class TestingHostState {
  private TestingHostState() {}

  /** Rules of the packet filter, of routing, routes, settings, and who listens; sorted. */
  public static List<String> of(TestingNamespace host) throws Exception {
    List<String> all = new ArrayList<>();
    // Empty tables and chains of iptables stay in the kernel, whoever has looked at them.
    TestingRung.rules(host)
        .lines()
        .map(String::strip)
        .filter(line -> !line.matches("|[#*:].*|COMMIT|table ip6? nat \\{|chain [A-Z]+ \\{|\\}"))
        .filter(line -> !line.matches("type nat hook .* policy accept;"))
        .forEach(all::add);
    all.addAll(routing(host));
    all.addAll(inside(host, "sysctl", "net.core.somaxconn"));
    inside(host, "ss", "-Hltnu").stream()
        .map(line -> line.replaceFirst("^(\\S+) +\\S+ +\\S+ +\\S+ +", "$1 "))
        .forEach(all::add);
    return all.stream().sorted().toList();
  }

  /** What lets a service see its clients' own addresses; sorted. */
  public static List<String> routing(TestingNamespace host) throws Exception {
    List<String> all = new ArrayList<>();
    for (String family : List.of("-4", "-6")) {
      all.addAll(inside(host, "ip", family, "rule"));
      // The kernel gives itself one when it has found it to be free, in its own time.
      inside(host, "ip", family, "route", "show", "table", "all").stream()
          .filter(line -> !line.startsWith("local fe80:"))
          .forEach(all::add);
    }
    all.addAll(
        inside(
            host,
            "sysctl",
            "net.ipv4.tcp_fwmark_accept",
            "net.ipv4.fwmark_reflect",
            "net.ipv6.fwmark_reflect"));
    return all.stream().sorted().toList();
  }

  /** A host on which listening sockets have short queues, as before Linux 5.4. */
  public static void shortQueues(TestingNamespace host) throws Exception {
    inside(host, "sysctl", "-q", "net.core.somaxconn=128");
  }

  private static List<String> inside(TestingNamespace host, String... command) throws Exception {
    return TestingNamespace.command(host.inside(command).toArray(String[]::new)).lines().toList();
  }
}
