package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Proves that new connections for ports come to the gate: by one of our own to each, all of them at
 * the same time, so that many ports take as long as one. Threads: {@link #begin} of who commands,
 * {@link #isOurs} of the loop.
 */
final class SwitchProof {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  /** By the addresses that our connections come from. */
  private final Map<InetSocketAddress, CountDownLatch> awaited = new ConcurrentHashMap<>();

  /**
   * Connects to each port; the handshakes are the kernel's, and nobody waits for them here.
   *
   * @return closed when its outcome is known, or does not matter any more
   */
  Attempt begin(Collection<Integer> ports) throws LinuxException {
    Attempt attempt = new Attempt();
    boolean begun = false;
    try {
      for (int port : ports) {
        attempt.connect(port);
      }
      begun = true;
      return attempt;
    } finally {
      if (!begun) {
        attempt.close();
      }
    }
  }

  /** Whether a connection that has come to the gate is one of ours, which proves its port. */
  boolean isOurs(InetSocketAddress client) {
    CountDownLatch seen = awaited.get(client);
    if (seen != null) {
      seen.countDown();
    }
    return seen != null;
  }

  /** Connections to some ports at one moment. */
  final class Attempt implements AutoCloseable {
    private record Own(int port, int fd, InetSocketAddress address, CountDownLatch seen) {}

    private final List<Own> all = new ArrayList<>();

    private Attempt() {}

    private void connect(int port) throws LinuxException {
      int fd = Sockets.tcp(false);
      try {
        Sockets.bind(fd, new InetSocketAddress(LOOPBACK, 0));
        Own own = new Own(port, fd, Sockets.localAddress(fd), new CountDownLatch(1));
        awaited.put(own.address(), own.seen());
        all.add(own);
        fd = -1;
      } finally {
        if (fd >= 0) {
          Sockets.closeWithReset(fd);
        }
      }
      int unused = Sockets.connect(all.getLast().fd(), new InetSocketAddress(LOOPBACK, port));
    }

    /**
     * Returns when all have come to the gate.
     *
     * @throws GateException FAILED, naming a port whose connection has not come within the limit
     */
    void await(Duration limit) throws IOException, InterruptedException {
      long end = System.nanoTime() + limit.toNanos();
      for (Own own : all) {
        if (!own.seen().await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new GateException(
              GateException.Kind.FAILED,
              "the switch of port "
                  + own.port()
                  + " is not in force: a connection to it did not reach the gate");
        }
      }
    }

    @Override
    public void close() {
      for (Own own : all) {
        awaited.remove(own.address());
        Sockets.closeWithReset(own.fd());
      }
    }
  }
}
