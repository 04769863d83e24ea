package dev.godwit.forward.ladder;

import dev.godwit.forward.GateException;
import dev.godwit.forward.Limits;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.forward.relay.Passage;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Finds the best {@link Rung} that this host can do, and puts its diversion up. */
public final class Ladder {
  /** Forces a rung by its number, for tests and for the careful. */
  public static final String PROPERTY = "godwit.gate.rung";

  /** Forces the packet filter's tool: {@code nftables} or {@code iptables}. */
  public static final String TOOL_PROPERTY = "godwit.gate.filter";

  /** On a busy host the first SYN may be lost; the next one comes a second later. */
  public static final Duration PROBE_LIMIT = Duration.ofMillis(2500);

  private static final String NO_TAKEOVER = "listeners cannot be taken over: ";

  static final String NO_REDIRECTION = "first packets cannot be redirected: ";

  /**
   * What was put up.
   *
   * @param why for people: its name, and why not a better one
   * @param listener where what is diverted arrives; -1 where the diversion listens itself
   */
  public record Step(Rung rung, String why, Diversion diversion, int listener) {}

  private final Path directory;
  private final Set<Integer> ports;
  private final EventLoop loop;
  private final IntConsumer arrival;
  private final List<String> reasons = new ArrayList<>();

  private Ladder(Path directory, Set<Integer> ports, EventLoop loop, IntConsumer arrival) {
    this.directory = directory;
    this.ports = ports;
    this.loop = loop;
    this.arrival = arrival;
  }

  /**
   * The rung that the property asks for.
   *
   * @return null for the best one
   */
  public static @Nullable Rung wanted() throws GateException {
    String number = System.getProperty(PROPERTY, "");
    if (number.isEmpty()) {
      return null;
    }
    for (Rung rung : Rung.values()) {
      if (number.equals(Integer.toString(rung.ordinal()))) {
        return rung;
      }
    }
    throw new GateException(
        GateException.Kind.UNSUPPORTED,
        PROPERTY + " is " + number + ", expected 0 to " + (Rung.values().length - 1));
  }

  /**
   * Puts up the best one, with nothing diverted yet, in the calling thread's network namespace.
   *
   * @param directory of the gate's own state
   * @param forced no other than this one; null for the best
   * @param untakable why the listeners that are there cannot be taken over, so that no rung will do
   *     that needs them; null where they can, or it was not tried yet
   * @param arrival what a diversion that listens itself has accepted; loop thread
   * @throws GateException UNSUPPORTED with the reasons
   */
  public static Step climb(
      Path directory,
      Set<Integer> ports,
      @Nullable Rung forced,
      @Nullable String untakable,
      EventLoop loop,
      IntConsumer arrival)
      throws IOException {
    Ladder ladder = new Ladder(directory, ports, loop, arrival);
    if (untakable != null) {
      ladder.reasons.add(NO_TAKEOVER + untakable);
    }
    for (Rung rung : Rung.values()) {
      if (untakable != null && rung.takesOver()) {
        continue;
      }
      if (forced == null || forced == rung) {
        Step step = ladder.step(rung);
        if (step != null) {
          return step;
        }
      }
    }
    throw nothing(ladder.reasons);
  }

  static GateException nothing(List<String> reasons) {
    return new GateException(
        GateException.Kind.UNSUPPORTED,
        "this host cannot hold connections: " + String.join("; ", reasons));
  }

  /** A rung's name, and why not a better one. */
  static String why(String name, List<String> reasons) {
    return reasons.isEmpty() ? name : name + ", because " + String.join("; ", reasons);
  }

  /** The tools of the packet filter that are tried, in order. */
  static List<String> tools() {
    String forced = System.getProperty(TOOL_PROPERTY, "");
    return forced.isEmpty() ? FilterNotes.TOOLS : List.of(forced);
  }

  /** Two rungs may fail for one reason. */
  static void addOnce(List<String> reasons, String reason) {
    if (!reasons.contains(reason)) {
      reasons.add(reason);
    }
  }

  private @Nullable Step step(Rung rung) throws IOException {
    return switch (rung) {
      case LOOKUP -> lookup();
      case TAKEOVER -> canTakeOver(reasons) ? redirection(rung) : null;
      case REDIRECTION -> redirection(rung);
      case LISTENING -> done(rung, rung.display(), new LateListeners(loop, ports, arrival), -1);
    };
  }

  private Step done(Rung rung, String name, Diversion diversion, int listener) {
    return new Step(rung, why(name, reasons), diversion, listener);
  }

  private @Nullable Step lookup() throws IOException {
    LookupSwitch lookup;
    try {
      lookup = LookupSwitch.open();
    } catch (GateException e) {
      reasons.add(String.valueOf(e.getMessage()));
      return null;
    }
    try {
      int listener = listener(false);
      return done(
          Rung.LOOKUP,
          Rung.LOOKUP.display(),
          new LookupDiversion(lookup, ports, listener),
          listener);
    } catch (LinuxException e) {
      lookup.close();
      throw e;
    }
  }

  /** Otherwise one more reason is told. */
  static boolean canTakeOver(List<String> reasons) {
    try {
      ProcessFiles.checkDuplicate();
      return true;
    } catch (LinuxException e) {
      reasons.add("listeners cannot be taken over (Linux 5.6): " + e.getMessage());
      return false;
    }
  }

  private @Nullable Step redirection(Rung rung) throws IOException {
    if (ports.isEmpty()) {
      return done(rung, "nothing, for there are none", new NoPorts(), -1);
    }
    int listener = listener(true);
    try {
      Redirection made =
          Redirection.open(
              Limits.hostDirectory(directory, FilterNotes.NOTES),
              ports,
              Sockets.localAddress(listener).getPort(),
              tools());
      return done(rung, rung.display() + " by " + made.tool(), made, listener);
    } catch (IOException e) {
      Sockets.close(listener);
      addOnce(reasons, NO_REDIRECTION + e.getMessage());
      return null;
    }
  }

  /**
   * Bound to loopback alone, where the look-up reaches it at any address and a stranger outside at
   * none: an IPv4-mapped address, because only such a bound socket still takes both families.
   *
   * @param everywhere because a packet is redirected to the address of the device that it came in
   *     by; who comes there without that is turned away
   */
  static int listener(boolean everywhere) throws LinuxException {
    Inet4Address loopback = (Inet4Address) InetAddress.ofLiteral("127.0.0.1");
    boolean six = Sockets.hasIpv6();
    int fd = Sockets.tcp(six);
    try {
      // What is accepted is bound to the service's port and inherits this: without it the service
      // could not bind that port again while a connection waits here.
      Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
      if (six) {
        Sockets.set(fd, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, 0);
      }
      if (everywhere) {
        Sockets.bind(fd, new InetSocketAddress(InetAddress.ofLiteral(six ? "::" : "0.0.0.0"), 0));
      } else if (six) {
        Sockets.bindMapped(fd, loopback, 0);
      } else {
        Sockets.bind(fd, new InetSocketAddress(loopback, 0));
      }
      Tuning.apply(fd);
      Sockets.listen(fd, ServiceListener.BACKLOG);
      return fd;
    } catch (LinuxException e) {
      Sockets.close(fd);
      throw e;
    }
  }

  /** Of a gate that has unix sockets only. */
  private static final class NoPorts implements Diversion {
    @Override
    public void divert(Set<Integer> wanted) {}

    @Override
    public InetSocketAddress asked(int fd) throws LinuxException {
      return Sockets.localAddress(fd);
    }

    @Override
    public void close() {}
  }

  /** The first rung's: one entry of a map for each port. */
  private record LookupDiversion(LookupSwitch lookup, Set<Integer> ports, int listener)
      implements Diversion {
    @Override
    public void divert(Set<Integer> wanted) throws LinuxException {
      lookup.on(wanted, listener);
      lookup.off(ports.stream().filter(port -> !wanted.contains(port)).toList());
    }

    @Override
    public InetSocketAddress asked(int fd) throws LinuxException {
      return Sockets.localAddress(fd);
    }

    @Override
    public String passing() throws LinuxException {
      return Passage.byMap(lookup.passing());
    }

    @Override
    public Passage.Pass pass() {
      return Passage.passByMap(lookup.passing());
    }

    @Override
    public void close() {
      lookup.close();
    }
  }
}
