package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to reach a service by a socket: connects, sends what must stand in front of the
 * client's bytes, and reads the answer of a landing where one is due. No byte of the client is sent
 * before it succeeded, so an attempt that failed may be made again (H52). A service that accepts
 * and resets at once has answered: that is passed on, however soon it comes (H53). Loop thread
 * only.
 */
public final class Dial implements Attempt, EventLoop.Handler {
  /**
   * What to reach and how.
   *
   * @param destination of TCP, resolved, or a unix socket's
   * @param source the address to come from; its port 0 leaves the port to the kernel; null leaves
   *     both
   * @param transparent {@code source} is the client's: not an address of this host
   * @param hello sent first; may be empty
   * @param landing a landing's answer is read before the attempt counts as made
   * @param as whom a unix socket's listener sees; null: this process
   * @param pass past the gate of this host; null: as everybody. With it, {@code source} is given
   */
  public record Call(
      SocketAddress destination,
      @Nullable InetSocketAddress source,
      boolean transparent,
      byte[] hello,
      boolean landing,
      Duration limit,
      UnixSockets.@Nullable Peer as,
      Passage.@Nullable Pass pass)
      implements Attempt.Call {
    /** As everybody: not past a gate. */
    public Call(
        SocketAddress destination,
        @Nullable InetSocketAddress source,
        boolean transparent,
        byte[] hello,
        boolean landing,
        Duration limit,
        UnixSockets.@Nullable Peer as) {
      this(destination, source, transparent, hello, landing, limit, as, null);
    }

    /** The same, as this process. */
    public Call(
        SocketAddress destination,
        @Nullable InetSocketAddress source,
        boolean transparent,
        byte[] hello,
        boolean landing,
        Duration limit) {
      this(destination, source, transparent, hello, landing, limit, null);
    }

    @Override
    public Attempt begin(EventLoop loop, boolean speaksAtOnce, Outcome outcome) {
      return start(loop, this, speaksAtOnce, outcome);
    }
  }

  private final EventLoop loop;
  private final Call call;
  private final boolean speaksAtOnce;
  private final Outcome outcome;
  private final @Nullable MemorySegment buffer;
  private int fd = -1;
  private boolean connected;
  private int seen;
  private long helloSent;
  private long answerRead;
  private boolean done;
  private EventLoop.@Nullable Timer timer;

  private Dial(EventLoop loop, Call call, boolean speaksAtOnce, Outcome outcome) {
    this.loop = loop;
    this.speaksAtOnce = speaksAtOnce || call.hello().length > 0;
    this.call = call;
    this.outcome = outcome;
    byte[] hello = call.hello();
    if (hello.length == 0 && !call.landing()) {
      buffer = null; // the usual case, and native memory is not for nothing
    } else {
      buffer = Arena.ofAuto().allocate(Math.max(hello.length, Preamble.ANSWER_BYTES));
      MemorySegment.copy(hello, 0, buffer, ValueLayout.JAVA_BYTE, 0, hello.length);
    }
  }

  /** Begins; the outcome may be called before this returns. */
  public static Dial start(EventLoop loop, Call call, Outcome outcome) {
    return start(loop, call, false, outcome);
  }

  /**
   * As {@link #start(EventLoop, Call, Outcome)}.
   *
   * @param speaksAtOnce bytes are there to be sent as soon as it is connected, or it is reset then:
   *     the kernel holds the handshake's last ACK back for them, for 200 ms at most
   */
  public static Dial start(EventLoop loop, Call call, boolean speaksAtOnce, Outcome outcome) {
    Dial dial = new Dial(loop, call, speaksAtOnce, outcome);
    dial.timer = loop.within(call.limit().toNanos(), () -> dial.fail(Errno.ETIMEDOUT));
    int errno = dial.connect(true);
    if ((errno == Errno.EADDRINUSE || errno == Errno.EADDRNOTAVAIL) && call.source() != null) {
      // The client's port is taken on this host; its address is what matters.
      errno = dial.connect(false);
    }
    if (errno != 0) {
      dial.fail(errno);
    }
    return dial;
  }

  @Override
  public void cancel() {
    if (!done) {
      end();
      dropSocket();
    }
  }

  private int connect(boolean sourcePort) {
    dropSocket();
    try {
      int errno = begin(sourcePort);
      if (errno != 0 && errno != Errno.EINPROGRESS) {
        return errno;
      }
      loop.add(fd, EventLoop.interest(), this);
      outcome.begun(fd);
      return 0;
    } catch (LinuxException e) {
      return e.errno();
    }
  }

  private int begin(boolean sourcePort) throws LinuxException {
    if (call.destination() instanceof UnixDomainSocketAddress unix) {
      fd = UnixSockets.stream();
      UnixSockets.Peer as = call.as();
      return as == null
          ? UnixSockets.connect(fd, unix.getPath())
          : UnixSockets.connectAs(fd, unix.getPath(), as.uid(), as.gid());
    }
    InetSocketAddress destination = (InetSocketAddress) call.destination();
    fd = Sockets.tcpFor(destination.getAddress());
    Tuning.begin(fd);
    if (speaksAtOnce) {
      // The handshake's last ACK goes with the first bytes: one packet less. Where the service
      // speaks first it would come 40 ms late.
      Sockets.trySet(fd, Sockets.IPPROTO_TCP, Sockets.TCP_QUICKACK, 0);
    }
    InetSocketAddress source = call.source();
    if (source != null) {
      bind(source, sourcePort, destination.getAddress() instanceof Inet6Address);
    }
    Passage.Pass pass = call.pass();
    if (pass != null) {
      pass.begin(fd, destination.getPort());
    }
    int errno = Sockets.connect(fd, destination);
    return source == null ? Shortage.ofConnect(errno, destination) : errno;
  }

  private void bind(InetSocketAddress source, boolean sourcePort, boolean six)
      throws LinuxException {
    if (call.transparent()) {
      Transparency.mark(fd, six);
    }
    boolean exact = sourcePort && source.getPort() != 0;
    if (exact) {
      Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
    } else if (call.pass() == null) {
      // The port is chosen at connect, where only the whole 4-tuple must be free. One that has to
      // be announced is chosen before.
      Sockets.trySet(fd, Sockets.SOL_IP, Sockets.IP_BIND_ADDRESS_NO_PORT, 1);
    }
    Sockets.bind(fd, exact ? source : new InetSocketAddress(source.getAddress(), 0));
  }

  @Override
  public void ready(int events) {
    if (done) {
      return;
    }
    seen |= events;
    if (!connected) {
      if ((events & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) == 0) {
        return;
      }
      if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
        int errno = Sockets.pendingError(fd);
        if (errno != 0) {
          broke(errno);
          return;
        }
      }
      connected = true;
    }
    proceed();
  }

  private void proceed() {
    MemorySegment exchange = buffer;
    if (exchange != null && !isExchanged(exchange)) {
      return;
    }
    end();
    outcome.connected(new SocketSide(loop, fd, seen));
  }

  /** Whether everything that stands in front of the client's bytes was said and answered. */
  private boolean isExchanged(MemorySegment exchange) {
    long hello = call.hello().length;
    while (helloSent < hello) {
      long n = Sockets.send(fd, exchange.address() + helloSent, hello - helloSent);
      if (n < 0) {
        failUnlessAgain(n);
        return false;
      }
      helloSent += n;
    }
    while (call.landing() && answerRead < Preamble.ANSWER_BYTES) {
      // Not one byte more: what follows is the service's.
      long n =
          Sockets.receive(fd, exchange.address() + answerRead, Preamble.ANSWER_BYTES - answerRead);
      if (n <= 0) {
        failUnlessAgain(n == 0 ? -Errno.ECONNRESET : n);
        return false;
      }
      answerRead += n;
    }
    int errno = call.landing() ? Preamble.answered(exchange) : 0;
    if (errno != 0) {
      fail(errno);
      return false;
    }
    return true;
  }

  private void failUnlessAgain(long result) {
    if (result != -Errno.EAGAIN) {
      broke((int) -result);
    }
  }

  /**
   * A handshake that is refused ends in ECONNREFUSED: what is reset, or has ended before, was made.
   */
  private void broke(int errno) {
    boolean wasConnected = errno == Errno.ECONNRESET || errno == Errno.EPIPE;
    if (wasConnected && !call.landing()) {
      end();
      outcome.connected(new SocketSide(loop, fd, seen | Epoll.ERR));
    } else {
      fail(errno);
    }
  }

  private void fail(int errno) {
    if (!done) {
      end();
      dropSocket();
      outcome.failed(errno);
    }
  }

  private void end() {
    done = true;
    endPass();
    if (timer != null) {
      timer.cancel();
    }
  }

  private void endPass() {
    Passage.Pass pass = call.pass();
    if (pass != null) {
      pass.end();
    }
  }

  private void dropSocket() {
    endPass();
    if (fd >= 0) {
      loop.forget(fd);
      Sockets.closeWithReset(fd);
      fd = -1;
    }
  }
}
