package dev.godwit.forward.ladder;

import dev.godwit.linux.ConnectionTracking;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * New connections go to their destination past this process: the kernel translates them (DNAT and
 * masquerade), as long as somebody renews the rules. What is relayed goes on being relayed, and so
 * does whoever comes from this host itself, which no such rule sees.
 *
 * <p>Threads: any. Who counts, for a status, does not wait for who runs programs.
 */
public final class KernelHandOver implements AutoCloseable {
  private static final long COUNT_NANOS = 500_000_000L;
  private static final Path FORWARDS_4 = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final Path FORWARDS_6 = Path.of("/proc/sys/net/ipv6/conf/all/forwarding");

  /** How many connections were handed over to these destinations of ports, and go on. */
  @FunctionalInterface
  interface Count {
    int of(Map<Integer, InetSocketAddress> to) throws LinuxException;
  }

  private final PacketFilter filter;
  private final Upkeep upkeep;
  private final Path notes;
  private final Map<Integer, InetSocketAddress> four;
  private final Map<Integer, InetSocketAddress> six;
  private final Count count;
  private final Renewal renewal;

  /** Of who changes the rules, which takes programs and may take seconds. */
  private final Object rules = new Object();

  private volatile boolean on = true;
  private boolean closed;
  private int counted;
  private long countedNanos;

  private KernelHandOver(
      PacketFilter filter,
      Path notes,
      Map<Integer, InetSocketAddress> four,
      Map<Integer, InetSocketAddress> six,
      Count count) {
    this.filter = filter;
    upkeep = new Upkeep(filter, filter::putUpHandOver);
    this.count = count;
    this.notes = notes;
    this.four = four;
    this.six = six;
    renewal = new Renewal("hand-over", this::renew);
  }

  /**
   * Begins, in the calling thread's network namespace.
   *
   * @param notes of the packet filter's chains on this host
   * @param four where clients of a port go who come by IPv4; may be empty
   * @param six the same for IPv6; at least one of both is not
   * @throws IOException why this host cannot
   */
  public static KernelHandOver start(
      Path notes, Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
      throws IOException {
    return start(notes, four, six, ConnectionTracking::handedOver);
  }

  static KernelHandOver start(
      Path notes,
      Map<Integer, InetSocketAddress> four,
      Map<Integer, InetSocketAddress> six,
      Count count)
      throws IOException {
    if (!four.isEmpty()) {
      needForwarding(FORWARDS_4, "net.ipv4.ip_forward");
    }
    if (!six.isEmpty()) {
      needForwarding(FORWARDS_6, "net.ipv6.conf.all.forwarding");
    }
    int lowest = Math.min(lowest(four), lowest(six));
    PacketFilter made =
        FilterNotes.open(
            notes,
            "godwit_pass_" + lowest,
            tools(),
            filter -> {
              filter.prepareHandOver();
              filter.handOver(four, six);
            });
    return new KernelHandOver(made, notes, four, six, count);
  }

  /** {@link Ladder#TOOL_PROPERTY} is for the forwarder too. */
  private static List<String> tools() {
    String forced = System.getProperty(Ladder.TOOL_PROPERTY, "");
    return forced.isEmpty() ? FilterNotes.TOOLS : List.of(forced);
  }

  private static int lowest(Map<Integer, InetSocketAddress> ports) {
    return ports.keySet().stream().min(Integer::compare).orElse(Integer.MAX_VALUE);
  }

  /** Whether a host is a router is for its administrator to say. */
  private static void needForwarding(Path file, String name) throws IOException {
    if (!Files.exists(file) || Sysctl.read(file).equals("0")) {
      throw new IOException(name + " is 0: this host passes on nobody's packets");
    }
  }

  String tool() {
    return filter.tool();
  }

  private void renew() {
    synchronized (rules) {
      if (closed || !on) {
        return;
      }
      try {
        upkeep.make(() -> filter.handOver(four, six));
      } catch (IOException e) {
        System.getLogger(KernelHandOver.class.getName())
            .log(System.Logger.Level.ERROR, filter.name + " was not renewed", e);
      }
    }
  }

  /** From now on new connections come to this process again; what was handed over goes on. */
  public void stop() {
    synchronized (rules) {
      if (!on) {
        return;
      }
      on = false;
      try {
        filter.clear();
      } catch (IOException e) {
        System.getLogger(KernelHandOver.class.getName())
            .log(System.Logger.Level.ERROR, filter.name + " is void in 10 s only", e);
      }
    }
  }

  /** How many connections the kernel has now; half a second old at most. -1: it cannot tell. */
  public synchronized int open() {
    if (countedNanos == 0 || System.nanoTime() - countedNanos > COUNT_NANOS) {
      recount();
    }
    return counted;
  }

  /**
   * Whether nothing depends on the rules any more, asked now: who was handed over a moment ago is
   * there. Where the kernel cannot tell there may be somebody.
   */
  public synchronized boolean isOver() {
    recount();
    return !on && counted == 0;
  }

  private void recount() {
    countedNanos = System.nanoTime();
    try {
      counted = count.of(four) + count.of(six);
    } catch (LinuxException e) {
      counted = -1;
    }
  }

  /** Takes the rules away. Connections that the kernel still has are cut off with them. */
  @Override
  public void close() {
    stop();
    synchronized (rules) {
      if (!closed) {
        closed = true;
        renewal.close();
        try {
          FilterNotes.forget(notes, filter);
        } catch (IOException e) {
          System.getLogger(KernelHandOver.class.getName())
              .log(System.Logger.Level.WARNING, "the note of " + filter.name + " stays", e);
        }
        forgetHandedOver(four);
        forgetHandedOver(six);
      }
    }
  }

  /** A client that uses the port of one of them again would be handed over all the same. */
  private static void forgetHandedOver(Map<Integer, InetSocketAddress> to) {
    try {
      int unused = ConnectionTracking.forgetHandedOver(to);
    } catch (LinuxException e) {
      System.getLogger(KernelHandOver.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "a client that uses the port of a connection that was handed over again may still"
                  + " be: "
                  + e.getMessage());
    }
  }

  /** For people: {@code 80 to 10.0.0.7:80}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("by " + tool());
    four.forEach((port, to) -> text.append(", ").append(port).append(" to ").append(show(to)));
    six.forEach((port, to) -> text.append(", ").append(port).append(" to ").append(show(to)));
    return text.append(upkeep.told()).toString();
  }

  private static String show(InetSocketAddress to) {
    return Sockets.display(to);
  }

  /** Whether an address is of the family that {@code four} is about. */
  public static boolean isFour(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address;
  }
}
