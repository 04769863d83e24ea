package dev.godwit.forward.ladder;

import dev.godwit.forward.relay.TransparentRouting;
import dev.godwit.host.Processes;
import dev.godwit.linux.NftTransaction;
import dev.godwit.linux.NftTransaction.Family;
import dev.godwit.linux.Sockets;
import dev.godwit.wire.Printable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A tool that redirects first packets to another port of this host. Its rules match SYN alone: in a
 * rule for all packets, live connections that conntrack has not seen before would be redirected in
 * their middle and reset. They stop to match after {@link #LIFE} unless {@link #redirect} is called
 * again, so a gate that dies does not keep a port. They match this host's addresses alone: what it
 * routes for others, or asks of others itself, goes its way. Each change is one transaction.
 *
 * <p>Connections from {@value LookupSwitch#BEYOND_IPV4} and from ::1 port {@value
 * LookupSwitch#BEYOND_IPV6_PORT} pass, as they do with the look-up, and those that carry {@link
 * TransparentRouting#PASSING_MARK}.
 */
public abstract sealed class PacketFilter {
  /** How long rules outlive whoever renews them; whole seconds, for iptables counts in them. */
  public static final Duration LIFE = Duration.ofSeconds(10);

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Of what a program says, for people. */
  private static final int SAID_MAX = 300;

  /** Before what container engines do with the same packets (-100). */
  private static final int PRIORITY = -110;

  public static final String NFTABLES = "nftables";
  public static final String IPTABLES = "iptables";

  /** Runs a program in a network of its own, which ends with it: unshare(1). */
  static final List<String> APART = List.of("unshare", "--net");

  final String name;

  /** What each program is started by; empty for none. */
  private final List<String> starter;

  private PacketFilter(String name, List<String> starter) {
    this.name = name;
    this.starter = starter;
  }

  /**
   * One whose chains may be there or not.
   *
   * @param tool one of the constants
   * @param name of its chains, unique on the host: letters, digits and underscores, 26 at most
   */
  static PacketFilter of(String tool, String name) {
    return of(tool, name, List.of());
  }

  /**
   * As {@link #of(String, String)}.
   *
   * @param starter words before each command line; empty for none
   */
  static PacketFilter of(String tool, String name, List<String> starter) {
    return tool.equals(NFTABLES) ? new Nftables(name, starter) : new Iptables(name, starter);
  }

  /**
   * One of which only {@link #prepare} may be called: each of its programs runs in a network of its
   * own, and nothing is left of what it has done.
   */
  static PacketFilter apart(String tool) {
    return of(tool, "godwit_trial", APART);
  }

  /** What a status calls it. */
  abstract String tool();

  /** What its rules are made with. */
  abstract String program();

  /**
   * Puts the chains up for {@link #redirect}, with nothing redirected yet.
   *
   * @throws IOException why it does not work
   */
  abstract void prepare() throws IOException;

  /** The same for {@link #handOver}. */
  final void prepareHandOver() throws IOException {
    putUpHandOver(families());
  }

  /** The chains of {@link #prepare} for families of addresses that have none. */
  abstract void putUp(List<String> families) throws IOException;

  /** Those of {@link #prepareHandOver}. */
  abstract void putUpHandOver(List<String> families) throws IOException;

  /** The families whose chains are not there, or are not asked any more. */
  abstract List<String> missing() throws IOException;

  /**
   * From now on, and for {@link #LIFE}, new connections from elsewhere for these ports of this host
   * go to other hosts, which see this host's address.
   *
   * @param four by port, for IPv4
   * @param six for IPv6
   */
  abstract void handOver(Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
      throws IOException;

  /**
   * From now on, and for {@link #LIFE}, new connections for these ports come to the other one.
   *
   * @throws IOException also when somebody has removed the chains; so {@link #handOver}
   */
  abstract void redirect(Collection<Integer> ports, int to) throws IOException;

  /** Redirects and hands over nothing more. What was goes on. */
  abstract void clear() throws IOException;

  /** Removes everything of that name. What was redirected is cut off, so it comes last. */
  final void remove() throws IOException {
    remove(families());
  }

  /** The same for some families of addresses. */
  abstract void remove(List<String> families) throws IOException;

  /** A destination of a family, as a rule has it. */
  private static String host(InetSocketAddress to) {
    return Sockets.display(to.getAddress());
  }

  private static List<String> families() {
    return Sockets.hasIpv6() ? List.of("ip", "ip6") : List.of("ip");
  }

  final String run(List<String> program, String stdin) throws IOException {
    List<String> command = new ArrayList<>(starter);
    command.addAll(program);
    try {
      Processes.Outcome outcome =
          Processes.run(command, LIMIT, stdin.getBytes(StandardCharsets.US_ASCII), Map.of());
      if (!outcome.isSuccess()) {
        String first = outcome.err().strip().lines().findFirst().orElse("status " + outcome.exit());
        throw new IOException(
            String.join(" ", command) + " failed: " + Printable.line(first, SAID_MAX));
      }
      return outcome.out();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", command) + " was interrupted", e);
    }
  }

  /**
   * A table of our own for each family; the ports are elements with a life of their own. The
   * program makes and removes tables; what is in them is changed without it.
   */
  private static final class Nftables extends PacketFilter {
    private static final String PORTS = "ports";
    private static final String SENT = "sent";

    private Nftables(String name, List<String> starter) {
      super(name, starter);
    }

    @Override
    String tool() {
      return NFTABLES;
    }

    @Override
    String program() {
      return "nft";
    }

    @Override
    void prepare() throws IOException {
      putUp(families());
    }

    @Override
    void putUp(List<String> families) throws IOException {
      StringBuilder script = new StringBuilder();
      for (String family : families) {
        // Kernels before 4.18 translate answers only where a chain for them is registered.
        script.append(
            """
            table FAMILY NAME {
              map ports { type inet_service : inet_service; flags timeout; }
              chain prerouting { type nat hook prerouting priority PRIORITY; FOREIGN }
              chain output { type nat hook output priority PRIORITY; LOCAL }
              chain input { type nat hook input priority 100; }
              chain postrouting { type nat hook postrouting priority 100; }
            }
            """
                .replace("FOREIGN", rules(family, false))
                .replace("LOCAL", rules(family, true))
                .replace("FAMILY", family)
                .replace("NAME", name)
                .replace("PRIORITY", Integer.toString(PRIORITY)));
      }
      nft(script);
    }

    @Override
    void putUpHandOver(List<String> families) throws IOException {
      StringBuilder script = new StringBuilder();
      for (String family : families) {
        script.append(
            """
            table FAMILY NAME {
              map ports { type inet_service : TYPE . inet_service; flags timeout; }
              set sent { type TYPE . inet_service; }
              chain prerouting { type nat hook prerouting priority PRIORITY;
                fib daddr type local tcp flags & (fin|syn|rst|ack) == syn dnat to tcp dport map @ports
              }
              chain postrouting { type nat hook postrouting priority 90;
                ct status dnat FAMILY daddr . tcp dport @sent masquerade
              }
              chain output { type nat hook output priority PRIORITY; }
              chain input { type nat hook input priority 100; }
            }
            """
                .replace("TYPE", family.equals("ip") ? "ipv4_addr" : "ipv6_addr")
                .replace("FAMILY", family)
                .replace("NAME", name)
                .replace("PRIORITY", Integer.toString(PRIORITY)));
      }
      nft(script);
    }

    @Override
    void handOver(Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
        throws IOException {
      NftTransaction change = flushed(families());
      four.forEach((port, to) -> add(change, Family.IPV4, port, to));
      if (Sockets.hasIpv6()) {
        six.forEach((port, to) -> add(change, Family.IPV6, port, to));
      }
      change.commit();
    }

    private static void add(NftTransaction change, Family family, int port, InetSocketAddress to) {
      byte[] address = to.getAddress().getAddress();
      byte[] there = Arrays.copyOf(address, address.length + 4); // a port and what fills it up
      System.arraycopy(bytes(to.getPort()), 0, there, address.length, 2);
      change.add(family, SENT, there);
      change.add(family, PORTS, bytes(port), there, LIFE);
    }

    /** In network byte order. */
    private static byte[] bytes(int port) {
      return new byte[] {(byte) (port >> 8), (byte) port};
    }

    private NftTransaction flushed(List<String> families) {
      NftTransaction change = new NftTransaction(name);
      for (String family : families) {
        change.flush(family(family), PORTS);
      }
      return change;
    }

    private static Family family(String word) {
      return word.equals("ip") ? Family.IPV4 : Family.IPV6;
    }

    private static String rules(String family, boolean local) {
      String beyond =
          family.equals("ip")
              ? "ip saddr " + LookupSwitch.BEYOND_IPV4
              : "ip6 saddr ::1 tcp sport " + LookupSwitch.BEYOND_IPV6_PORT;
      return "\n"
          + beyond
          + " return\n"
          + (local ? "meta mark " + TransparentRouting.PASSING_MARK + " return\n" : "")
          + "fib daddr type local tcp flags & (fin|syn|rst|ack) == syn"
          + " redirect to :tcp dport map @ports\n";
    }

    @Override
    void redirect(Collection<Integer> ports, int to) throws IOException {
      NftTransaction change = flushed(families());
      for (String family : families()) {
        for (int port : ports) {
          change.add(family(family), PORTS, bytes(port), bytes(to), LIFE);
        }
      }
      change.commit();
    }

    @Override
    void clear() throws IOException {
      try {
        flushed(families()).commit();
      } catch (IOException e) {
        List<String> missing = missing();
        if (missing.isEmpty()) {
          throw e;
        }
        flushed(families().stream().filter(f -> !missing.contains(f)).toList()).commit();
      }
    }

    @Override
    List<String> missing() throws IOException {
      List<String> tables = run(List.of(program(), "list", "tables"), "").lines().toList();
      return families().stream().filter(f -> !tables.contains("table " + f + " " + name)).toList();
    }

    @Override
    void remove(List<String> families) throws IOException {
      StringBuilder script = new StringBuilder();
      for (String family : families) {
        // A table that is not there cannot be deleted, one that is can be added again.
        script.append("add table ").append(family).append(' ').append(name).append('\n');
        script.append("delete table ").append(family).append(' ').append(name).append('\n');
      }
      nft(script);
    }

    private void nft(StringBuilder script) throws IOException {
      String unused = run(List.of(program(), "-f", "-"), script.toString());
    }
  }

  /** A chain of our own for each family; its rules carry the second after which they are void. */
  private static final class Iptables extends PacketFilter {
    private static final List<String> HOOKS = List.of("PREROUTING", "OUTPUT");
    private static final DateTimeFormatter SECOND =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

    /** For seconds, until others have changed theirs; less than {@link #LIMIT}. */
    private static final String WAIT = "--wait=5";

    /** Of the match for several ports. */
    private static final int PORTS_MAX = 15;

    /** Whether the program knows {@link #WAIT}. Of who changes the rules. */
    private boolean waits = true;

    private Iptables(String name, List<String> starter) {
      super(name, starter);
    }

    @Override
    String tool() {
      return IPTABLES;
    }

    @Override
    String program() {
      return "iptables-restore";
    }

    @Override
    void prepare() throws IOException {
      putUp(families());
      for (String family : families()) {
        // Whether the matches are there, with a port that nobody asks for.
        restore(family, redirecting(family, List.of(9), 9));
      }
      clear();
    }

    @Override
    void putUp(List<String> families) throws IOException {
      for (String family : families) {
        StringBuilder table = begin();
        for (String hook : HOOKS) {
          table.append(jump("-I", hook, " 1", name));
        }
        restore(family, table);
      }
    }

    private static String jump(String what, String hook, String place, String chain) {
      return what + " " + hook + place + " -p tcp -j " + chain + "\n";
    }

    /**
     * Takes a jump out and puts it in again, so that the change fails as a whole where somebody has
     * removed it, and comes first where somebody has put another one before it.
     */
    private static String jumpAgain(String hook, String chain) {
      return jump("-D", hook, "", chain) + jump("-I", hook, " 1", chain);
    }

    @Override
    List<String> missing() {
      return families().stream()
          .filter(
              family ->
                  !isAsked(family, "PREROUTING", name)
                      || !isAsked(family, "OUTPUT", name) && !isAsked(family, "POSTROUTING", out()))
          .toList();
    }

    private boolean isAsked(String family, String hook, String chain) {
      return succeeds(family, "-C", hook, "-p", "tcp", "-j", chain);
    }

    /** The chain for what goes out again. */
    private String out() {
      return name + "_m";
    }

    @Override
    void putUpHandOver(List<String> families) throws IOException {
      for (String family : families) {
        StringBuilder table = begin();
        table.append(':').append(out()).append(" - [0:0]\n");
        table.append(jump("-I", "PREROUTING", " 1", name));
        table.append(jump("-I", "POSTROUTING", " 1", out()));
        restore(family, table);
      }
    }

    @Override
    void handOver(Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
        throws IOException {
      String until = until();
      for (String family : families()) {
        StringBuilder table = begin();
        table.append(':').append(out()).append(" - [0:0]\n");
        table.append(jumpAgain("PREROUTING", name)).append(jumpAgain("POSTROUTING", out()));
        (family.equals("ip") ? four : six)
            .forEach(
                (port, to) -> {
                  String literal = family.equals("ip") ? host(to) : "[" + host(to) + "]";
                  table.append("-A ").append(name);
                  table.append(" -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN --dport ");
                  table.append(port).append(" -m addrtype --dst-type LOCAL");
                  table.append(" -m time --datestop ").append(until);
                  table.append(" -j DNAT --to-destination ").append(literal).append(':');
                  table.append(to.getPort()).append("\n-A ").append(out()).append(" -d ");
                  table.append(host(to)).append(" -p tcp -m tcp --dport ").append(to.getPort());
                  table.append(" -m conntrack --ctstate DNAT -j MASQUERADE\n");
                });
        restore(family, table);
      }
    }

    private static String until() {
      return SECOND.format(Instant.now().plus(LIFE).plusSeconds(1).atOffset(ZoneOffset.UTC));
    }

    /**
     * Declaring a chain empties it (iptables-restore(8), --noflush). One rule always stays, which
     * matches nothing: with the last one of its kind the kernel would stop to track connections,
     * and those that were redirected would hang.
     */
    private StringBuilder begin() {
      return new StringBuilder("*nat\n:")
          .append(name)
          .append(" - [0:0]\n-A ")
          .append(name)
          .append(" -p tcp -m time --datestop 2000-01-01T00:00:00 -j REDIRECT --to-ports 9\n");
    }

    @Override
    void redirect(Collection<Integer> ports, int to) throws IOException {
      for (String family : families()) {
        StringBuilder table = redirecting(family, ports, to);
        for (String hook : HOOKS) {
          table.append(jumpAgain(hook, name));
        }
        restore(family, table);
      }
    }

    private StringBuilder redirecting(String family, Collection<Integer> ports, int to) {
      String until = until();
      StringBuilder table = begin();
      table
          .append("-A ")
          .append(name)
          .append(
              family.equals("ip")
                  ? " -s " + LookupSwitch.BEYOND_IPV4 + "/32"
                  : " -s ::1/128 -p tcp -m tcp --sport " + LookupSwitch.BEYOND_IPV6_PORT)
          .append(" -j RETURN\n");
      // Only what this host sends has one.
      table.append("-A ").append(name).append(" -m mark --mark ");
      table.append(TransparentRouting.PASSING_MARK).append(" -j RETURN\n");
      List<Integer> all = ports.stream().sorted().toList();
      for (int i = 0; i < all.size(); i += PORTS_MAX) {
        table
            .append("-A ")
            .append(name)
            .append(
                " -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m addrtype --dst-type LOCAL"
                    + " -m multiport --dports ")
            .append(
                all.subList(i, Math.min(i + PORTS_MAX, all.size())).stream()
                    .map(String::valueOf)
                    .collect(Collectors.joining(",")))
            .append(" -m time --datestop ")
            .append(until)
            .append(" -j REDIRECT --to-ports ")
            .append(to)
            .append('\n');
      }
      return table;
    }

    @Override
    void clear() throws IOException {
      for (String family : families()) {
        restore(family, begin());
      }
    }

    @Override
    void remove(List<String> families) throws IOException {
      for (String family : families) {
        for (String hook : HOOKS) {
          removeJumps(family, hook, name);
        }
        removeJumps(family, "POSTROUTING", out());
        for (String chain : List.of(name, out())) {
          if (succeeds(family, "-F", chain)) {
            iptables(family, "-X", chain);
          }
        }
      }
    }

    private void removeJumps(String family, String hook, String chain) {
      int jumps = 0;
      while (jumps < 10 && succeeds(family, "-D", hook, "-p", "tcp", "-j", chain)) {
        jumps++;
      }
    }

    private boolean succeeds(String family, String... arguments) {
      try {
        iptables(family, arguments);
        return true;
      } catch (IOException e) {
        return false; // there is none
      }
    }

    private void iptables(String family, String... arguments) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(family.equals("ip") ? "iptables" : "ip6tables");
      command.addAll(List.of("-w", "-t", "nat"));
      command.addAll(List.of(arguments));
      String unused = run(command, "");
    }

    /**
     * Docker, fail2ban and others change rules at any time, and some versions fail at once while
     * somebody does; those before 1.6.2 know no such option.
     */
    private void restore(String family, StringBuilder table) throws IOException {
      String program = family.equals("ip") ? program() : "ip6tables-restore";
      String input = table + "COMMIT\n";
      if (waits) {
        try {
          String unused = run(List.of(program, "--noflush", WAIT), input);
          return;
        } catch (IOException e) {
          if (!String.valueOf(e.getMessage()).contains("unrecognized option")) {
            throw e;
          }
          waits = false;
        }
      }
      String unused = run(List.of(program, "--noflush"), input);
    }
  }
}
