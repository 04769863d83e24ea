package dev.godwit.forward;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * The kernel's side of a gate: the look-up switch, our listener behind it, and duplicates of the
 * services' own listeners.
 *
 * <p>Invariants: while the switch is off and nothing is held, no duplicate is open, so a service
 * may be restarted by whoever likes; a duplicate is closed only when its queue is empty or the
 * service still holds it. The caller serializes the commands.
 */
final class Capture implements AutoCloseable {
  private static final long VERIFY_MILLIS_MAX = 1000;

  /**
   * A handshake that had begun when the switch came on has ended after this, or its client is gone.
   */
  private static final long HANDSHAKE_NANOS_MAX = 1_000_000_000L;

  private static final long HANDSHAKE_POLL_NANOS = 2_000_000;

  private record Duplicate(ServiceListener listener, Acceptor acceptor, int fd) {}

  private final Relay relay;
  private final WaitingRoom room;
  private final Visitors visitors;
  private final Map<Integer, GroupCount> groups = new HashMap<>();
  private final LookupSwitch lookup;
  private final int ownPort;
  private final int listener;
  private final Acceptor acceptor;

  /** Changed by commands alone, counted by anybody. */
  private final List<Duplicate> duplicates = new CopyOnWriteArrayList<>();

  private final Set<InetSocketAddress> handshakes = new HashSet<>();
  private final Map<InetSocketAddress, CountDownLatch> probes = new ConcurrentHashMap<>();
  private final LongAdder strangers = new LongAdder();

  private Capture(
      Relay relay, WaitingRoom room, Visitors visitors, LookupSwitch lookup, int listener)
      throws LinuxException {
    this.relay = relay;
    this.room = room;
    this.visitors = visitors;
    this.lookup = lookup;
    this.listener = listener;
    ownPort = Sockets.localAddress(listener).getPort();
    acceptor = new Acceptor(relay.loop(), listener, fd -> arrived(fd, false));
  }

  /**
   * Prepares everything; the services are not touched but for their backlogs, and no connection
   * comes to us.
   */
  static Capture open(Relay relay, WaitingRoom room, Visitors visitors, List<GroupCount> groups)
      throws IOException, InterruptedException {
    ServiceListener.raiseLimit();
    LookupSwitch lookup = LookupSwitch.open();
    Capture capture;
    try {
      capture = new Capture(relay, room, visitors, lookup, ownListener());
    } catch (LinuxException e) {
      lookup.close();
      throw e;
    }
    try {
      for (GroupCount g : groups) {
        for (int port : g.group.ports()) {
          capture.groups.put(port, g);
        }
      }
      // Enlarged minutes before it counts: a full queue drops what the switch could have saved.
      capture.takeDuplicates();
      capture.closeDuplicates(false);
      capture.onLoop(capture.acceptor::start);
      return capture;
    } catch (IOException e) {
      capture.close();
      throw e;
    }
  }

  /**
   * Bound to loopback alone: the look-up reaches it at any address, a stranger outside at none. An
   * IPv4-mapped address, because only such a bound socket still takes both families.
   */
  private static int ownListener() throws LinuxException {
    Inet4Address loopback = (Inet4Address) InetAddress.ofLiteral("127.0.0.1");
    boolean six = Sockets.hasIpv6();
    int fd = Sockets.tcp(six);
    // What is accepted is bound to the service's port and inherits this: without it the service
    // could not bind that port again while a connection waits here.
    Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
    if (six) {
      Sockets.set(fd, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, 0);
      Sockets.bindMapped(fd, loopback, 0);
    } else {
      Sockets.bind(fd, new InetSocketAddress(loopback, 0));
    }
    Tuning.apply(fd);
    Sockets.listen(fd, ServiceListener.BACKLOG);
    return fd;
  }

  /**
   * Duplicates of the listeners as they are now. Done before the switch, for it takes a while. When
   * it fails there are none: one that stayed would keep its service from starting again.
   */
  int takeDuplicates() throws IOException, InterruptedException {
    try {
      for (ServiceListener found : ServiceListener.find(groups.keySet())) {
        int fd = found.duplicate();
        duplicates.add(
            new Duplicate(found, new Acceptor(relay.loop(), fd, c -> arrived(c, true)), fd));
      }
    } catch (IOException e) {
      closeDuplicates(false);
      throw e;
    }
    return duplicates.size();
  }

  int duplicates(PortGroup group) {
    return (int)
        duplicates.stream().filter(d -> group.ports().contains(d.listener().port())).count();
  }

  /** Switches all ports on, and proves with a connection of our own to each that it is so. */
  void switchOn() throws IOException, InterruptedException {
    lookup.on(groups.keySet(), listener);
    handshakes.addAll(handshakesNow());
    for (int port : groups.keySet()) {
      verify(port);
    }
  }

  /** Switches all ports off. What has reached our listener by then is still accepted. */
  void switchOff() throws LinuxException {
    lookup.off(groups.keySet());
  }

  /**
   * Accepts what the services had not accepted when they stopped, and goes on doing so.
   *
   * @return how many connections
   * @throws GateException when a service lives and accepts from its socket in a way that this would
   *     disturb
   */
  int takeQueued() throws IOException, InterruptedException {
    for (Duplicate d : duplicates) {
      if (!Sockets.isNonBlocking(d.fd())) {
        // O_NONBLOCK is shared: setting it under a service that waits in accept would break it.
        if (d.listener().isHeldByOthers()) {
          throw new GateException(
              GateException.Kind.WRONG_MODE,
              "the service on port "
                  + d.listener().port()
                  + " still runs; what waits in its queue can be taken when it has stopped");
        }
        Sockets.setNonBlocking(d.fd());
      }
    }
    return drain(duplicates);
  }

  private int drain(List<Duplicate> from) throws InterruptedException {
    return relay
        .loop()
        .ask(
            () -> {
              int count = 0;
              for (Duplicate d : from) {
                count += d.acceptor().accept(Integer.MAX_VALUE);
              }
              return count;
            });
  }

  /**
   * Closes all duplicates, with nothing left in their queues.
   *
   * @param empty whether to empty the queues first; not needed while the services accept
   */
  void closeDuplicates(boolean empty) throws IOException, InterruptedException {
    List<Duplicate> drainable = new ArrayList<>();
    if (empty && !duplicates.isEmpty()) {
      for (Duplicate d : duplicates) {
        if (Sockets.isNonBlocking(d.fd())) {
          drainable.add(d);
        } else if (!d.listener().isHeldByOthers()) {
          Sockets.setNonBlocking(d.fd());
          drainable.add(d);
        }
      }
      awaitHandshakes(drainable);
    }
    relay
        .loop()
        .ask(
            () -> {
              for (Duplicate d : duplicates) {
                if (drainable.contains(d)) {
                  d.acceptor().accept(Integer.MAX_VALUE);
                }
                d.acceptor().close();
              }
              return true;
            });
    duplicates.clear();
    handshakes.clear();
  }

  /** Until those whose handshake had begun before the switch are in a queue, which is emptied. */
  private void awaitHandshakes(List<Duplicate> from) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + HANDSHAKE_NANOS_MAX;
    drain(from);
    while (!handshakes.isEmpty() && System.nanoTime() - deadline < 0) {
      handshakes.retainAll(handshakesNow());
      drain(from);
      if (!handshakes.isEmpty()) {
        LockSupport.parkNanos(HANDSHAKE_POLL_NANOS); // the kernel tells nobody
      }
    }
  }

  private Set<InetSocketAddress> handshakesNow() throws LinuxException {
    Set<InetSocketAddress> found = new HashSet<>();
    for (int port : groups.keySet()) {
      for (TcpSocket s : SocketDiagnostics.sockets(port, SocketDiagnostics.SYN_RECV)) {
        found.add(s.peer());
      }
    }
    return found;
  }

  /** Whether each port has a listener of its own, so that nobody would be refused. */
  boolean areServicesListening() throws LinuxException {
    for (int port : groups.keySet()) {
      if (SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private void verify(int port) throws IOException, InterruptedException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    int fd = Sockets.tcp(false);
    try {
      Sockets.bind(fd, new InetSocketAddress(loopback, 0));
      InetSocketAddress own = Sockets.localAddress(fd);
      CountDownLatch seen = new CountDownLatch(1);
      probes.put(own, seen);
      try {
        Sockets.connect(fd, new InetSocketAddress(loopback, port));
        if (!seen.await(VERIFY_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
          throw new GateException(
              GateException.Kind.FAILED,
              "the switch of port "
                  + port
                  + " is not in force: a connection to it did not reach the gate");
        }
      } finally {
        probes.remove(own);
      }
    } finally {
      Sockets.closeWithReset(fd);
    }
  }

  /** Loop thread. */
  private void arrived(int fd, boolean before) {
    InetSocketAddress local;
    InetSocketAddress client;
    try {
      local = Sockets.localAddress(fd);
      client = Sockets.peerAddress(fd);
    } catch (LinuxException e) {
      Sockets.close(fd); // the client has reset it already
      return;
    }
    CountDownLatch probe = probes.get(client);
    if (probe != null) {
      probe.countDown();
      Sockets.closeWithReset(fd);
      return;
    }
    GroupCount group = groups.get(local.getPort());
    if (group == null || local.getPort() == ownPort && !before) {
      strangers.increment();
      Sockets.closeWithReset(fd);
      return;
    }
    if (before) {
      Tuning.apply(fd); // inherited from the service's listener, not from ours
    }
    visitors.came(client.getAddress());
    room.admit(fd, client, local, group, before);
  }

  /** Connections to our own port, which nobody has a reason to make. */
  long strangers() {
    return strangers.sum();
  }

  private interface LoopAction {
    void run() throws LinuxException;
  }

  private void onLoop(LoopAction action) throws InterruptedException {
    relay
        .loop()
        .ask(
            () -> {
              try {
                action.run();
                return true;
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  /** Detaches: the next connection goes to the service. Closes duplicates with their queues. */
  @Override
  public void close() {
    lookup.close();
    try {
      onLoop(acceptor::close);
      closeDuplicates(false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new AssertionError("closing without emptying reads nothing", e);
    }
  }
}
