package dev.godwit.forward.relay;

import dev.godwit.forward.GateException;
import dev.godwit.forward.SharedChange;
import dev.godwit.host.Processes;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PolicyRouting;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a host needs so that we may connect to its services from a client's own address: sockets
 * marked {@link #MARK} are answered through the loopback device (tcp(7) {@code tcp_fwmark_accept},
 * ip-rule(8)). Without packet filter or connection tracking, 127.0.0.1 included.
 */
public final class TransparentRouting implements SharedChange.Change {
  private static final Duration IP_LIMIT = Duration.ofSeconds(10);

  /** Of a socket whose answers go through the loopback device. */
  public static final int MARK = 0x67;

  /** The same, and past the rules of a gate on this host. */
  public static final int PASSING_MARK = 0x68;

  private static final List<Integer> MARKS = List.of(MARK, PASSING_MARK);
  private static final int TABLE = 103;
  private static final List<String> SWITCHES =
      List.of("net/ipv4/tcp_fwmark_accept", "net/ipv4/fwmark_reflect", "net/ipv6/fwmark_reflect");
  private static final Path SYSCTL = Path.of("/proc/sys");

  private TransparentRouting() {}

  /**
   * Sets the host up, unless another user has.
   *
   * @param directory shared by all users on the host
   * @param name of this user, unique among those that live
   * @throws GateException when the host uses the table or a mark itself, or its kernel cannot do
   *     it; nothing has changed then
   */
  public static SharedChange acquire(Path directory, String name) throws IOException {
    return SharedChange.acquire(directory, name, new TransparentRouting());
  }

  /** Takes down what users that were killed have left. Does nothing while one lives. */
  public static void cleanUp(Path directory) throws IOException {
    SharedChange.cleanUp(directory, new TransparentRouting());
  }

  @Override
  public List<String> before() throws IOException {
    checkFree();
    List<String> lines = new ArrayList<>();
    for (String name : SWITCHES) {
      if (Files.exists(SYSCTL.resolve(name))) {
        lines.add(name + "=" + Sysctl.read(SYSCTL.resolve(name)));
      }
    }
    return lines;
  }

  /** What is put up is taken down again, so it must not be somebody else's. */
  private static void checkFree() throws IOException {
    ForeignRouting foreign = ForeignRouting.of(TABLE, MARKS);
    for (boolean isIpv6 : families()) {
      String rule = foreign.find(ip(isIpv6, "rule").lines().toList());
      if (rule != null) {
        throw inTheWay("the rule " + rule.replaceAll("\\s+", " ").strip());
      }
      String routes = routes(isIpv6);
      if (!routes.isBlank()) {
        throw inTheWay("the route " + routes.lines().iterator().next().strip());
      }
    }
  }

  private static GateException inTheWay(String what) {
    return new GateException(
        GateException.Kind.UNSUPPORTED,
        "that takes routing table %d and the marks 0x%x and 0x%x, and this host has %s already,"
                .formatted(TABLE, MARK, PASSING_MARK, what)
            + " which would have to use others");
  }

  private static String routes(boolean isIpv6) throws IOException {
    try {
      return ip(isIpv6, "route", "show", "table", Integer.toString(TABLE));
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("does not exist")) {
        return ""; // newer kernels make a table with its first route
      }
      throw e;
    }
  }

  @Override
  public void make() throws IOException {
    for (String name : SWITCHES) {
      Path file = SYSCTL.resolve(name);
      if (Files.exists(file)) {
        Files.writeString(file, "1\n");
      } else if (name.startsWith("net/ipv4")) {
        throw new GateException(
            GateException.Kind.UNSUPPORTED, "this kernel has no " + file + ", which that takes");
      }
    }
    for (boolean isIpv6 : families()) {
      PolicyRouting.addLocalRoute(isIpv6, TABLE);
      for (int mark : MARKS) {
        PolicyRouting.addRule(isIpv6, mark, TABLE);
      }
    }
  }

  @Override
  public List<String> mend() throws IOException {
    List<String> missing = new ArrayList<>();
    for (String name : SWITCHES) {
      Path file = SYSCTL.resolve(name);
      if (Files.exists(file) && !Sysctl.read(file).equals("1")) {
        Files.writeString(file, "1\n");
        missing.add(name.replace('/', '.') + "=1");
      }
    }
    for (boolean isIpv6 : families()) {
      String family = isIpv6 ? "the IPv6 " : "the IPv4 ";
      if (addsRoute(isIpv6)) {
        missing.add(family + "route of table " + TABLE);
      }
      for (int mark : MARKS) {
        if (!PolicyRouting.hasRule(isIpv6, mark, TABLE)) {
          PolicyRouting.addRule(isIpv6, mark, TABLE);
          missing.add(family + "rule for mark 0x%x".formatted(mark));
        }
      }
    }
    return missing;
  }

  private static boolean addsRoute(boolean isIpv6) throws LinuxException {
    try {
      PolicyRouting.addLocalRoute(isIpv6, TABLE);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void undo(List<String> before) throws IOException {
    for (boolean isIpv6 : families()) {
      for (int mark : MARKS) {
        boolean unused = PolicyRouting.removeRule(isIpv6, mark, TABLE);
      }
      boolean unused = PolicyRouting.removeLocalRoute(isIpv6, TABLE);
    }
    for (String line : before) {
      int equals = line.indexOf('=');
      if (equals > 0 && SWITCHES.contains(line.substring(0, equals))) {
        Files.writeString(
            SYSCTL.resolve(line.substring(0, equals)), line.substring(equals + 1) + "\n");
      }
    }
  }

  /** IPv6 too, where the host has it at all. */
  private static List<Boolean> families() {
    return Sockets.hasIpv6() ? List.of(false, true) : List.of(false);
  }

  /** What ip(8) shows. */
  private static String ip(boolean isIpv6, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("ip", isIpv6 ? "-6" : "-4"));
    command.addAll(List.of(arguments));
    try {
      Processes.Outcome outcome = Processes.run(command, IP_LIMIT);
      if (!outcome.isSuccess()) {
        throw new IOException(String.join(" ", command) + " failed: " + outcome.said());
      }
      return outcome.out();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", command) + " was interrupted", e);
    }
  }
}
