package dev.godwit.forward.server;

import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.rules.Target;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.UnixSockets;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.WireException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The way to destinations that another host reaches: each connection is a channel of the encrypted
 * connection to that host's agent, many on one.
 *
 * <p>The relay comes here by a TCP connection of the loopback, so that a reset can be passed on as
 * one; a secret of this process lets nobody else in.
 *
 * <p>Threads: any.
 */
final class Via implements AutoCloseable {
  /** The wire allows 512 channels; the next ones go over another connection. */
  private static final int CHANNELS_MAX = 400;

  private static final int HOSTS_MAX = 64;

  /** That a connection takes: the client's, the relay's to here, and its other end. */
  static final int DESCRIPTORS = 3;

  /** To one host at once. */
  static final int CONNECTIONS_MAX = CHANNELS_MAX * HOSTS_MAX;

  /** Of the heap, for all else. */
  private static final long OWN_BYTES = 32 << 20;

  /** In an inbox, in the hand of who reads from the socket, and of who writes to it. */
  private static final long HEAP_BYTES_EACH =
      Connection.CHANNEL_BYTES_MAX + 2L * ReadBuffer.LARGE_BYTES;

  private static final int WISH_BYTES_MAX = 16 * 1024;

  /** Who has not shown the secret yet: so many, of whom each has so long. */
  private static final int STRANGERS_MAX = 128;

  /** A loop says it in its next turn; less than a connection's limit, so that ours come through. */
  private static final long STRANGER_NANOS = 2_000_000_000L;

  /** Without descriptors, wait for some to come free. */
  private static final long PAUSE_MILLIS = 50;

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
  private final byte[] secret = new byte[Preamble.SECRET_BYTES];
  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final Admission carried;
  private final Semaphore strangers = new Semaphore(STRANGERS_MAX);
  private final List<Line> lines = new ArrayList<>();
  private long failedNanos;
  private String failure = "";

  /** Whether somebody makes a connection. */
  private boolean connecting;

  private boolean closed;

  private Via(
      String destination,
      ForwardServer.Connector connector,
      ServerSocketChannel server,
      Admission carried)
      throws IOException {
    this.carried = carried;
    this.destination = destination;
    this.connector = connector;
    this.server = server;
    address = (InetSocketAddress) server.getLocalAddress();
    new SecureRandom().nextBytes(secret);
  }

  /**
   * Connects to the host.
   *
   * @param carried who is carried, by all other hosts together
   * @throws IOException for people, when it cannot be reached
   */
  static Via start(String destination, ForwardServer.Connector connector, Admission carried)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 4096);
    Via via = new Via(destination, connector, server, carried);
    boolean started = false;
    try {
      via.give(via.take());
      started = true;
    } finally {
      if (!started) {
        via.close();
      }
    }
    Thread.ofVirtual().name("forward via " + destination).start(via::accept);
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

  int port() {
    return address.getPort();
  }

  /** How a connection there is made from a relay's loop. */
  Dial.Call call(
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
    byte[] wish =
        new ConnectAbility.Wish(
                unix,
                host,
                port,
                (int) limit.toMillis(),
                header,
                user(as),
                client == null || unix ? new byte[0] : ConnectAbility.encode(client),
                false)
            .encode();
    byte[] hello =
        ByteBuffer.allocate(secret.length + 4 + wish.length)
            .put(secret)
            .putInt(wish.length)
            .put(wish)
            .array();
    return new Dial.Call(address, null, false, hello, true, limit);
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

  private void accept() {
    try {
      while (true) {
        strangers.acquire(); // the next ones wait in the kernel's queue
        SocketChannel one = accepted();
        Thread.ofVirtual().name("forward to channel").start(() -> serve(one));
      }
    } catch (IOException e) {
      return; // closed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The next one, however long it takes.
   *
   * @throws ClosedChannelException at the end
   */
  private SocketChannel accepted() throws ClosedChannelException, InterruptedException {
    while (true) {
      try {
        return server.accept();
      } catch (ClosedChannelException e) {
        throw e;
      } catch (IOException e) {
        Thread.sleep(PAUSE_MILLIS); // no descriptors: it waits in the kernel's queue
      }
    }
  }

  private void serve(SocketChannel socket) {
    try (socket) {
      byte[] wish;
      try {
        wish = wish(socket);
      } finally {
        strangers.release();
      }
      if (wish != null && carried.enter(false)) {
        try {
          carry(socket, wish);
        } finally {
          carried.leave(false);
        }
      } else if (wish != null) {
        answer(socket, Errno.EAGAIN); // one that has just ended may still be here
      }
    } catch (IOException e) {
      return; // the relay gave up; it counts why
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the relay asks for; null of anybody else. */
  private byte @Nullable [] wish(SocketChannel socket) throws IOException {
    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    long end = System.nanoTime() + STRANGER_NANOS;
    if (!MessageDigest.isEqual(read(socket, secret.length, end), secret)) {
      return null;
    }
    int length = ByteBuffer.wrap(read(socket, Integer.BYTES, end)).getInt();
    return length < 0 || length > WISH_BYTES_MAX ? null : read(socket, length, end);
  }

  private static byte[] read(SocketChannel socket, int length, long end) throws IOException {
    byte[] bytes = new byte[length];
    int count = 0;
    while (count < length) {
      long left = (end - System.nanoTime()) / 1_000_000;
      socket.socket().setSoTimeout((int) Math.max(1, left)); // 0 would be for ever
      int n = socket.socket().getInputStream().read(bytes, count, length - count);
      if (n < 0) {
        throw new EOFException();
      }
      count += n;
    }
    return bytes;
  }

  private void carry(SocketChannel socket, byte[] wish) throws IOException, InterruptedException {
    Line line;
    try {
      line = take();
    } catch (IOException e) {
      answer(socket, Errno.EHOSTUNREACH);
      return;
    }
    try (Channel channel = line.host.open(ConnectAbility.NAME, wish)) {
      byte[] answer = channel.receive();
      int errno = answer == null || answer.length != 1 ? Errno.EIO : answer[0] & 0xff;
      answer(socket, errno);
      if (errno == 0) {
        new ChannelPump(socket, channel).run();
      }
    } catch (HostException | WireException e) {
      answer(socket, Errno.EHOSTUNREACH);
    } finally {
      give(line);
    }
  }

  private static void answer(SocketChannel socket, int errno) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Preamble.answer(errno));
    while (bytes.hasRemaining()) {
      int unused = socket.write(bytes);
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

  private synchronized void connected(boolean done, String why) {
    connecting = false;
    failedNanos = done ? 0 : System.nanoTime();
    failure = why;
    notifyAll();
  }

  /**
   * @return null where a connection has to be made first
   * @throws IOException when none may be
   */
  private @Nullable Line free() throws IOException {
    if (closed) {
      throw ending();
    }
    lines.removeIf(
        line -> {
          boolean lost = line.host.isLost();
          if (lost) {
            Thread.ofPlatform().daemon().name("forward via, lost").start(line.host::close);
          }
          return lost;
        });
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
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nobody comes any more in any case.
    }
    synchronized (this) {
      closed = true;
      lines.forEach(line -> line.host.close());
      lines.clear();
      notifyAll();
    }
    Arrays.fill(secret, (byte) 0);
  }
}
