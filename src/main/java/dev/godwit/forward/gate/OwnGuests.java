package dev.godwit.forward.gate;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.UnixDiagnostics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells those who come from this host itself apart: clients, who wait like all others, and the
 * services themselves, for whom to wait would be to wait for itself. Such are a start that ends
 * when the service has answered, an application whose database is moved with it, and a request in
 * progress that asks the server that it came by.
 *
 * <p>Not by the address alone: whatever else runs here may be told that something is written, and
 * that would be lost when a switch is taken back.
 *
 * <p>Who holds a socket is found by a look at all processes, on a thread of its own, for all who
 * have come meanwhile at once, and not more than half of the time. Threads: any, but for {@link
 * #mayBe} and {@link #ask}, which are of the loop.
 */
final class OwnGuests implements AutoCloseable {
  private static final long PAUSE_MILLIS_MIN = 10;

  /** A client's end of a connection. */
  private record End(InetSocketAddress near, InetSocketAddress far) {}

  /**
   * @param end of TCP; null for one of a unix socket
   * @param gates of a unix socket, the inode of the gate's end
   */
  private record Asked(@Nullable End end, long gates, Consumer<Boolean> answer) {}

  private final EventLoop loop;
  private final Object state = new Object();
  private List<Asked> asked = new ArrayList<>();
  private @Nullable Thread looking;
  private boolean closed;

  /** Whose services these are; null while nobody is looked for. */
  private volatile @Nullable WayBack services;

  /** Until when, of the monotonic clock. */
  private volatile long end;

  OwnGuests(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * From now on they are told apart.
   *
   * @param nanos for how long at most
   */
  void begin(WayBack of, long nanos) {
    end = System.nanoTime() + nanos;
    services = of;
  }

  /** From now on they are not, nor are those who were asked about and not answered for yet. */
  void end() {
    services = null;
  }

  /** Whether one may be no client now, so that, of a unix socket, it has to be asked about. */
  boolean mayBe() {
    return services != null && System.nanoTime() - end < 0;
  }

  /** The same of TCP. */
  boolean mayBe(InetSocketAddress client, InetSocketAddress local) {
    return mayBe()
        && (client.getAddress().isLoopbackAddress()
            || client.getAddress().equals(local.getAddress()));
  }

  /**
   * Asks about one.
   *
   * @param answer whether it is a service's own; called on the loop, also when this is closed
   */
  void ask(InetSocketAddress client, InetSocketAddress local, Consumer<Boolean> answer) {
    ask(new Asked(new End(client, local), 0, answer));
  }

  /**
   * The same of a unix socket.
   *
   * @param fd the gate's end
   */
  void ask(int fd, Consumer<Boolean> answer) {
    try {
      ask(new Asked(null, ProcessFiles.socketInode(fd), answer));
    } catch (IOException e) {
      warn(e);
      answer.accept(false);
    }
  }

  private void ask(Asked one) {
    synchronized (state) {
      if (closed) {
        one.answer().accept(false);
        return;
      }
      asked.add(one);
      if (looking == null || !looking.isAlive()) { // one that has failed inside
        looking = Thread.ofPlatform().daemon().name("gate guests").start(this::look);
      }
      state.notifyAll();
    }
  }

  private void look() {
    try {
      while (true) {
        List<Asked> batch = next();
        long began = System.nanoTime();
        answer(batch);
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        Thread.sleep(Math.max(took, PAUSE_MILLIS_MIN));
      }
    } catch (InterruptedException e) {
      // It was closed, and who is asked about has been answered for.
    }
  }

  private List<Asked> next() throws InterruptedException {
    synchronized (state) {
      while (asked.isEmpty()) {
        state.wait();
      }
      List<Asked> batch = asked;
      asked = new ArrayList<>();
      return batch;
    }
  }

  /** Each is answered for, whatever happens: nobody else has the descriptors. */
  private void answer(List<Asked> batch) {
    Set<Asked> own = Set.of();
    try {
      own = own(batch);
    } finally {
      Set<Asked> found = own;
      // Who is found when it has ended goes with the others.
      loop.execute(() -> batch.forEach(one -> one.answer().accept(found.contains(one) && mayBe())));
    }
  }

  private Set<Asked> own(List<Asked> batch) {
    WayBack of = services;
    if (of == null) {
      return Set.of();
    }
    try {
      Map<Asked, Long> inodes = inodes(batch);
      Set<Long> own = of.own(Set.copyOf(inodes.values()));
      return inodes.entrySet().stream()
          .filter(one -> own.contains(one.getValue()))
          .map(Map.Entry::getKey)
          .collect(Collectors.toSet());
    } catch (IOException | RuntimeException e) {
      warn(e);
      return Set.of();
    }
  }

  private static void warn(Exception e) {
    System.getLogger(OwnGuests.class.getName())
        .log(System.Logger.Level.WARNING, "who comes from this host waits like all others", e);
  }

  /** Of the clients' ends; without those that have ended. */
  private static Map<Asked, Long> inodes(List<Asked> batch) throws IOException {
    Set<Integer> ports = new HashSet<>();
    Set<Long> gates = new HashSet<>();
    for (Asked one : batch) {
      if (one.end() != null) {
        ports.add(one.end().near().getPort());
      } else {
        gates.add(one.gates());
      }
    }
    Map<End, Long> ofPorts = ofPorts(ports);
    Map<Long, Long> ofSockets = gates.isEmpty() ? Map.of() : UnixDiagnostics.peers(gates);
    Map<Asked, Long> inodes = new HashMap<>();
    for (Asked one : batch) {
      Long inode = one.end() != null ? ofPorts.get(one.end()) : ofSockets.get(one.gates());
      if (inode != null) {
        inodes.put(one, inode);
      }
    }
    return inodes;
  }

  private static Map<End, Long> ofPorts(Set<Integer> ports) throws LinuxException {
    Map<End, Long> open = new HashMap<>();
    for (TcpSocket one :
        SocketDiagnostics.sockets(
            ports,
            SocketDiagnostics.ESTABLISHED,
            SocketDiagnostics.FIN_WAIT1,
            SocketDiagnostics.FIN_WAIT2)) {
      if (one.inode() != 0) {
        open.put(new End(one.local(), one.peer()), one.inode());
      }
    }
    return open;
  }

  /** Who is still asked about is a client. */
  @Override
  public void close() {
    List<Asked> left;
    synchronized (state) {
      closed = true;
      left = asked;
      asked = new ArrayList<>();
      if (looking != null) {
        looking.interrupt();
      }
    }
    loop.execute(() -> left.forEach(one -> one.answer().accept(false)));
  }
}
