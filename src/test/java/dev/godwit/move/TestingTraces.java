package dev.godwit.move;

import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a program could leave behind on a host: processes, sockets, files, rules, settings. */
final class TestingTraces {
  /**
   * Which epochs are over is known for ever, and belongs to no trace.
   *
   * <p>Processes by their arguments, if they are there at the beginning and half a second after the
   * rest: a service is asked for its state all the time, by commands that end by themselves. Those
   * of the services and of ssh sessions come and go, and what has no arguments is about to end.
   * Settings that are counters or random are left out.
   */
  private static final String LOOK =
      """
      processes() {
        ps -eo pid=,args= \\
          | grep -vE '^ *[0-9]+ (\\[|ps |bash -c|grep |sed |awk |sort|dovecot/|/usr/lib/dovecot|nginx: |sshd: |sh -c)'
      }
      before=$(processes)
      find /run /tmp /var/tmp /root /var/lib /var/cache /etc -path '*[gG]odwit*' 2>/dev/null | grep -vxE '/var/lib/godwit(/epochs(/[^/]*)?)?' | sed 's/^/path /'
      ss -Hlntu | awk '{print "listens " $1, $5}'
      ss -Hlx | awk '{print "listens " $5}' | grep -i godwit
      ip -4 rule | sed 's/^/rule /'
      ip -6 rule | sed 's/^/rule6 /'
      ip -4 route show table all | grep -v ' cache' | sed 's/^/route /'
      ip -6 route show table all | grep -vE 'fe80|ff00|multicast' | sed 's/ expires.*//; s/^/route6 /'
      nft list ruleset | sed 's/^/nft /'
      sysctl -a 2>/dev/null | grep -E '^net\\.(ipv4|ipv6|core)' | grep -vE 'stable_secret|flow_limit|random|_count|fib_.*_seq|tcp_fastopen_key|rps_sock' \\
        | sed 's/^/setting /'
      sleep 0.5
      processes | grep -xF -e "$before" | sed -E 's/^ *[0-9]+ /process /'
      true
      """;

  private TestingTraces() {}

  static Set<String> of(LabHost host) throws IOException {
    return host.must("bash", "-c", LOOK)
        .lines()
        .filter(line -> !isOfThisMachine(line))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A lab host sees below its own files those of the machine, where mirrors of others may run. */
  private static boolean isOfThisMachine(String line) {
    String path = line.startsWith("path ") ? line.substring("path ".length()) : "";
    return path.startsWith("/var/lib/godwit/mirror") && Files.exists(Path.of(path));
  }

  /** What is there now and was not, and the other way round. */
  static Set<String> difference(Set<String> before, Set<String> now) {
    Set<String> result = new TreeSet<>();
    now.stream().filter(line -> !before.contains(line)).forEach(line -> result.add("+ " + line));
    before.stream().filter(line -> !now.contains(line)).forEach(line -> result.add("- " + line));
    return result;
  }
}
