package dev.godwit.forward.server;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.ChannelSide;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.rules.Target;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.UnixSockets;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to destinations that another host reaches: each connection is a channel of the encrypted
 * connection to that host's agent, many on one.
 *
 * <p>Threads: any.
 */
final class Via implements AutoCloseable {
  /** The wire allows 512 channels; the next ones go over another connection. */
  private static final int CHANNELS_MAX = 400;

  private static final int HOSTS_MAX = 64;

  /** To one host at once. */
  static final int CONNECTIONS_MAX = CHANNELS_MAX * HOSTS_MAX;

  /** Of the heap, for all else. */
  private static final long OWN_BYTES = 32 << 20;

  /** In an inbox, and the message that its side has taken from it. */
  private static final long HEAP_BYTES_EACH =
      Connection.CHANNEL_BYTES_MAX + Relay.CHANNEL_MESSAGE_BYTES_MAX;

  /** A host that cannot be reached is not asked for again at once. */
  private static final long FAILURE_NANOS = 1_000_000_000L;

  private static final class Line {
    private final Host host;
    private int channels;

    private Line(Host host) {
      this.host = host;
    }
  }

  private final String destination;
  private final ForwardServer.Connector connector;
  private final Admission carried;
  private final Consumer<String> log;
  private final List<Line> lines = new ArrayList<>();
  private long failedNanos;
  private String failure = "";

  /** What the log has last of a host that was reached once; empty when all is well. */
  private String told = "";

  private boolean isStarted;

  /** Whether somebody makes a connection. */
  private boolean connecting;

  private boolean closed;

  private Via(
      String destination,
      ForwardServer.Connector connector,
      Admission carried,
      Consumer<String> log) {
    this.log = log;
    this.carried = carried;
    this.destination = destination;
    this.connector = connector;
  }

  /**
   * Connects to the host.
   *
   * @param carried who is carried, by all other hosts together
   * @param log told when it is lost, cannot be reached, and is reached again; any thread
   * @throws IOException for people, when it cannot be reached
   */
  static Via start(
      String destination,
      ForwardServer.Connector connector,
      Admission carried,
      Consumer<String> log)
      throws IOException {
    Via via = new Via(destination, connector, carried, log);
    via.give(via.take());
    via.started();
    return via;
  }

  /**
   * Connections that this process can carry by other hosts, to one of them at most: when all
   * clients stop to read while their services send, all that it keeps for them is in its heap, and
   * still fits (H51).
   */
  static int room() {
    return room(Runtime.getRuntime().maxMemory());
  }

  static int room(long heapBytes) {
    long line = Connection.BYTES_MAX + CHANNELS_MAX * HEAP_BYTES_EACH;
    long left = heapBytes - OWN_BYTES;
    long inLast = (left % line - Connection.BYTES_MAX) / HEAP_BYTES_EACH;
    return (int) Math.clamp(left / line * CHANNELS_MAX + Math.max(0, inLast), 16, CONNECTIONS_MAX);
  }

  /** How a connection there is made from a relay's loop. */
  Attempt.Call call(
      Target target,
      int port,
      byte[] header,
      Duration limit,
      UnixSockets.@Nullable Peer as,
      @Nullable InetSocketAddress client) {
    boolean unix = target instanceof Target.Unix;
    String host =
        switch (target) {
          case Target.Unix u -> u.path().toString();
          case Target.Tcp t -> t.host();
        };
    return new Call(
        new ConnectAbility.Wish(
            unix,
            host,
            port,
            (int) limit.toMillis(),
            header,
            user(as),
            client == null || unix ? new byte[0] : ConnectAbility.encode(client),
            false));
  }

  private final class Call implements Attempt.Call {
    private final ConnectAbility.Wish wish;

    private Call(ConnectAbility.Wish wish) {
      this.wish = wish;
    }

    @Override
    public Attempt begin(EventLoop loop, boolean speaksAtOnce, Attempt.Outcome outcome) {
      Carrying carrying = new Carrying(loop, outcome);
      carrying.begin(wish);
      return carrying;
    }

    /** What has failed by this way says nothing about another one by it. */
    @Override
    public Object destination() {
      return List.of(Via.this, wish.unix(), wish.host(), wish.port());
    }

    @Override
    public boolean landing() {
      return false;
    }
  }

  /** An attempt: opens a channel, and reads the answer. Loop thread, where nothing else is said. */
  private final class Carrying implements Attempt {
    private final EventLoop loop;
    private final Outcome outcome;
    private @Nullable ChannelSide side;
    private EventLoop.@Nullable Timer timer;
    private boolean done;

    private Carrying(EventLoop loop, Outcome outcome) {
      this.loop = loop;
      this.outcome = outcome;
    }

    private void begin(ConnectAbility.Wish wish) {
      if (!carried.enter(false)) {
        fail(Errno.ENOBUFS); // one that has just ended may still be here
        return;
      }
      long limit = wish.limitMillis() * 1_000_000L;
      timer = loop.within(limit, () -> fail(Errno.ETIMEDOUT));
      byte[] argument = wish.encode();
      if (!isOpenedNow(argument)) {
        Thread.ofVirtual().name("forward to channel").start(() -> open(argument));
      }
    }

    /** Whether a channel could be opened without waiting. */
    private boolean isOpenedNow(byte[] argument) {
      Line line = null;
      Channel channel = null;
      try {
        line = free();
        channel = line == null ? null : line.host.tryOpen(ConnectAbility.NAME, argument);
      } catch (IOException e) {
        // Told by who waits.
      }
      if (line == null) {
        return false;
      }
      if (channel == null) {
        give(line);
        return false;
      }
      opened(line, channel);
      return true;
    }

    /** Waits, for a connection to the host and for room on it. A thread of its own. */
    private void open(byte[] wish) {
      try {
        Line line = take();
        try {
          Channel channel = line.host.open(ConnectAbility.NAME, wish);
          loop.execute(() -> opened(line, channel));
        } catch (HostException e) {
          give(line);
          throw e;
        }
      } catch (IOException e) {
        carried.leave(false);
        loop.execute(() -> fail(Errno.EHOSTUNREACH));
      }
    }

    private void opened(Line line, Channel channel) {
      ChannelSide opened =
          new ChannelSide(
              loop,
              channel,
              this::answered,
              () -> {
                give(line);
                carried.leave(false);
              });
      if (done) {
        opened.close(true);
      } else {
        side = opened;
        answered();
      }
    }

    private void answered() {
      ChannelSide service = side;
      if (done || service == null) {
        return;
      }
      MemorySegment answer = MemorySegment.ofArray(new byte[1]);
      long count = service.receive(answer);
      if (count == -Errno.EAGAIN) {
        return;
      }
      int errno =
          count < 0
              ? Errno.EHOSTUNREACH
              : count == 0 ? Errno.EIO : answer.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
      if (errno == 0) {
        end();
        outcome.connected(service);
      } else {
        fail(errno);
      }
    }

    private void fail(int errno) {
      if (!done) {
        cancel();
        outcome.failed(errno);
      }
    }

    @Override
    public void cancel() {
      if (!done) {
        end();
        if (side != null) {
          side.close(true);
        }
      }
    }

    private void end() {
      done = true;
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  /**
   * Of which clients a service at {@code host} sees the own address.
   *
   * @throws IOException when the host cannot be asked
   */
  Sight sight(String host) throws IOException {
    Line line = take();
    try (Channel channel =
        line.host.open(
            ConnectAbility.NAME,
            new ConnectAbility.Wish(false, host, 0, 0, new byte[0], "", new byte[0], true)
                .encode())) {
      byte[] answer = channel.receive();
      if (answer == null) {
        throw new IOException(destination + " does not say whether it keeps clients' addresses");
      }
      return Sight.decode(answer, destination);
    } finally {
      give(line);
    }
  }

  /** By name, which means the same user on both hosts; a number where there is none. */
  private static String user(UnixSockets.@Nullable Peer as) {
    if (as == null) {
      return "";
    }
    try {
      Accounts.User user = Accounts.user(as.uid());
      return user == null ? Integer.toString(as.uid()) : user.name();
    } catch (LinuxException e) {
      return Integer.toString(as.uid());
    }
  }

  /**
   * A connection with room for a channel; made when there is none. That takes its time, or fails
   * late: one makes it, without the lock, and whoever finds room in another one meanwhile goes.
   */
  private Line take() throws IOException {
    synchronized (this) {
      Line free = free();
      while (free == null && connecting) {
        await();
        free = free();
      }
      if (free != null) {
        return free;
      }
      connecting = true;
    }
    Host host = null;
    String why = "";
    try {
      host = connector.connect(destination);
      return taken(host);
    } catch (HostException e) {
      why = String.valueOf(e.getMessage());
      throw e;
    } finally {
      connected(host != null, why);
    }
  }

  /** Until a channel has ended, or a connection was made. */
  private void await() throws IOException {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private synchronized Line taken(Host host) throws IOException {
    if (closed) {
      host.close();
      throw ending();
    }
    Line line = new Line(host);
    line.channels++;
    lines.add(line);
    return line;
  }

  private synchronized void started() {
    isStarted = true; // before, who starts it tells
  }

  private synchronized void connected(boolean done, String why) {
    if (done && !told.isEmpty()) {
      log.accept("connected to " + destination + " again");
      told = "";
    } else if (!done && isStarted && !closed && !told.equals(why)) {
      log.accept("no client gets through by " + destination + ": " + why);
      told = why;
    }
    connecting = false;
    failedNanos = done ? 0 : System.nanoTime();
    failure = why;
    notifyAll();
  }

  /**
   * @return null where a connection has to be made first
   * @throws IOException when none may be
   */
  private synchronized @Nullable Line free() throws IOException {
    if (closed) {
      throw ending();
    }
    List<Line> lost = lines.stream().filter(line -> line.host.isLost()).toList();
    if (!lost.isEmpty()) {
      lines.removeAll(lost);
      for (Line line : lost) {
        Thread.ofPlatform().daemon().name("forward via, lost").start(line.host::close);
      }
      told = "the connection to " + destination + " was lost, with all who went by it";
      log.accept(told + "; it is made anew");
    }
    for (Line line : lines) {
      if (line.channels < CHANNELS_MAX) {
        line.channels++;
        return line;
      }
    }
    if (lines.size() >= HOSTS_MAX) {
      throw new IOException("too many connections to " + destination);
    }
    if (failedNanos != 0 && System.nanoTime() - failedNanos < FAILURE_NANOS) {
      throw new IOException(failure);
    }
    return null;
  }

  private static IOException ending() {
    return new IOException("it is ending");
  }

  private synchronized void give(Line line) {
    line.channels--;
    notifyAll();
  }

  @Override
  public synchronized void close() {
    closed = true;
    lines.forEach(line -> line.host.close());
    lines.clear();
    notifyAll();
  }
}
