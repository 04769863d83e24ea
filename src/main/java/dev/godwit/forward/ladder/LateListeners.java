package dev.godwit.forward.ladder;

import dev.godwit.forward.GateException;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.IntConsumer;

/**
 * Listens where the services did, from a moment after they have stopped to a moment before they
 * start: the way for a host without anything better. Nothing is diverted from a service that
 * listens.
 */
public final class LateListeners implements Diversion {
  /** How often it is tried whether a service has stopped, or listens again. */
  private static final long TRY_MILLIS = 1;

  /**
   * Where a service listened; what it takes to listen there in its place.
   *
   * @param seen false when nobody knows, and all addresses are meant
   */
  private record Place(InetSocketAddress address, boolean v6Only, boolean seen) {
    boolean isSix() {
      return address.getAddress() instanceof Inet6Address;
    }
  }

  private final EventLoop loop;
  private final Set<Integer> ports;
  private final IntConsumer arrival;

  /** Looked at by {@link #looking} while it is changed. */
  private final Set<Place> places = new CopyOnWriteArraySet<>();

  private final List<Acceptor> acceptors = new ArrayList<>();
  private List<Place> waitedFor = new ArrayList<>();
  private Thread trying = new Thread(() -> {});
  private Thread looking = new Thread(() -> {});
  private volatile boolean stopped;
  private volatile boolean lookedEnough;
  private volatile long gapNanos;

  LateListeners(EventLoop loop, Set<Integer> ports, IntConsumer arrival) {
    this.loop = loop;
    this.ports = ports;
    this.arrival = arrival;
  }

  /** All or none: a service that listens cannot be told from one that does not. */
  @Override
  public void divert(Set<Integer> wanted) throws IOException, InterruptedException {
    if (wanted.isEmpty()) {
      off();
    } else {
      on();
    }
  }

  /** From now on it is tried whether the services have stopped. Again changes nothing. */
  public void on() throws IOException {
    if (trying.isAlive() || !acceptors.isEmpty()) {
      return;
    }
    long since = System.nanoTime();
    remember();
    waitedFor = new ArrayList<>(places);
    stopped = false;
    trying = Thread.ofPlatform().daemon().name("gate listeners").start(() -> tryToListen(since));
  }

  /** Where the services listen now; where they listened before, if they do not. */
  private void remember() throws LinuxException {
    for (int port : ports) {
      List<TcpSocket> found = SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN);
      if (!found.isEmpty()) {
        places.removeIf(p -> p.address().getPort() == port);
      }
      for (TcpSocket s : found) {
        places.add(new Place(s.local(), s.v6Only(), true));
      }
      if (places.stream().noneMatch(p -> p.address().getPort() == port)) {
        InetAddress all = InetAddress.ofLiteral(Sockets.hasIpv6() ? "::" : "0.0.0.0");
        places.add(new Place(new InetSocketAddress(all, port), false, false));
      }
    }
  }

  /**
   * @param since when the services were seen, which may stop before the first attempt
   */
  private void tryToListen(long since) {
    try {
      long failed = since;
      while (!stopped && !waitedFor.isEmpty()) {
        long attempt = System.nanoTime();
        if (waitedFor.removeIf(this::listen)) {
          gapNanos += System.nanoTime() - failed;
        }
        failed = attempt;
        Thread.sleep(TRY_MILLIS);
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private boolean listen(Place place) {
    int fd = -1;
    try {
      fd = Sockets.tcp(place.isSix());
      // Connections that the service has open do not keep us from it.
      Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
      if (place.isSix()) {
        Sockets.set(fd, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, place.v6Only() ? 1 : 0);
      }
      Tuning.apply(fd);
      Sockets.bind(fd, place.address());
      Sockets.listen(fd, ServiceListener.BACKLOG);
      Acceptor acceptor = new Acceptor(loop, fd, arrival);
      synchronized (acceptors) {
        acceptors.add(acceptor);
      }
      loop.execute(() -> start(acceptor));
      return true;
    } catch (LinuxException e) {
      if (fd >= 0) {
        Sockets.close(fd);
      }
      if (e.errno() != Errno.EADDRINUSE) {
        System.getLogger(LateListeners.class.getName())
            .log(System.Logger.Level.ERROR, "unable to listen at " + place.address(), e);
        return true; // trying again does not help
      }
      return false;
    }
  }

  private static void start(Acceptor acceptor) {
    try {
      acceptor.start();
    } catch (LinuxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** After the services have stopped: returns when the gate listens in their place. */
  public void await(Duration limit) throws IOException, InterruptedException {
    if (trying.isAlive() && !trying.join(limit)) {
      throw new GateException(
          GateException.Kind.FAILED,
          "something still listens at "
              + Sockets.display(waitedFor.getFirst().address())
              + ", so that the gate cannot: has the service stopped?");
    }
  }

  /** Accepts what waits and lets go of the addresses: from here on clients are refused. */
  @Override
  public void makeRoom() throws InterruptedException {
    long since = System.nanoTime();
    if (!letGo()) {
      return; // the service has not stopped
    }
    lookedEnough = false;
    looking = Thread.ofPlatform().daemon().name("gate gap").start(() -> look(since));
  }

  /** Whether there was something to let go. */
  private boolean letGo() throws InterruptedException {
    stopped = true;
    trying.join();
    List<Acceptor> all;
    synchronized (acceptors) {
      all = List.copyOf(acceptors);
      acceptors.clear();
    }
    if (!all.isEmpty()) {
      int unused =
          loop.ask(
              () -> {
                int count = 0;
                for (Acceptor a : all) {
                  count += a.accept(Integer.MAX_VALUE);
                  a.close();
                }
                return count;
              });
    }
    return !all.isEmpty();
  }

  private void look(long since) {
    try {
      while (!lookedEnough && !areServicesListening()) {
        Thread.sleep(TRY_MILLIS);
      }
      gapNanos += System.nanoTime() - since;
    } catch (LinuxException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      return;
    }
  }

  /** Wherever they did: clients of an address are refused until it has a listener of its own. */
  private boolean areServicesListening() throws LinuxException {
    for (Place place : places) {
      List<TcpSocket> found =
          SocketDiagnostics.sockets(place.address().getPort(), SocketDiagnostics.LISTEN);
      if (found.stream().noneMatch(s -> !place.seen() || s.local().equals(place.address()))) {
        return false;
      }
    }
    return true;
  }

  private void off() throws InterruptedException {
    boolean unused = letGo();
    lookedEnough = true;
    looking.join();
  }

  /** Whether the gate listens where a service did. Any thread. */
  public boolean isListening() {
    synchronized (acceptors) {
      return !acceptors.isEmpty();
    }
  }

  @Override
  public InetSocketAddress asked(int fd) throws LinuxException {
    return Sockets.localAddress(fd);
  }

  @Override
  public Duration gap() {
    return Duration.ofNanos(gapNanos);
  }

  @Override
  public void close() {
    try {
      off();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
