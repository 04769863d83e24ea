package dev.godwit.forward.server;

import dev.godwit.forward.loop.Tuning;
import dev.godwit.forward.relay.LocalService;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.host.Ability;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.UnixSockets;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Connects to something that this host can reach, and carries the bytes: the far end of {@code
 * --via}. The answer is one message with an errno, 0 for success; what follows is the connection.
 */
public final class ConnectAbility implements Ability, AutoCloseable {
  static final String NAME = "forward.connect";
  private static final int CLIENT_BYTES_MAX = 18;

  /** The group of a user who is no account (nogroup). */
  private static final int NOBODY = 65_534;

  private static final int TEXT_MAX = 1024;
  private static final int LIMIT_MILLIS_MAX = 600_000;

  private final Path state;
  private @Nullable Transparency transparency;
  private @Nullable TransparentHop hop;
  private boolean looked;

  public ConnectAbility() {
    this(RuntimeDirectory.OF_ROOT);
  }

  /**
   * @param state where gates, landings and forwarders of this host keep their states
   */
  ConnectAbility(Path state) {
    this.state = state;
  }

  @Override
  public String name() {
    return NAME;
  }

  /**
   * What is asked.
   *
   * @param unix {@code host} is the path of a unix socket
   * @param header what stands in front of the client's bytes
   * @param user a name or a number, whom a unix socket's service is to see; empty: this process
   * @param client whom a TCP service of this host is to see, as {@link #encode(InetSocketAddress)}
   *     has it; empty: this process
   * @param onlyAsks nothing is connected: the answer is the {@link Sight} of a service there
   */
  @SuppressWarnings("ArrayRecordComponent") // opaque bytes; never compared
  record Wish(
      boolean unix,
      String host,
      int port,
      int limitMillis,
      byte[] header,
      String user,
      byte[] client,
      boolean onlyAsks) {
    byte[] encode() {
      return new MessageWriter()
          .bool(unix)
          .text(host)
          .u32(port)
          .u32(limitMillis)
          .bytes(header)
          .text(user)
          .bytes(client)
          .bool(onlyAsks)
          .toBytes();
    }
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    Wish wish =
        new Wish(
            in.bool(),
            in.text(TEXT_MAX),
            in.u32(),
            in.u32(),
            in.bytes(ProxyHeader.BYTES_MAX),
            in.text(TEXT_MAX),
            in.bytes(CLIENT_BYTES_MAX),
            in.bool());
    in.end();
    lookOnce();
    if (wish.onlyAsks()) {
      channel.send(sight(wish.host()).encode());
      return;
    }
    SocketChannel socket;
    try {
      socket = connect(wish);
    } catch (IOException | IllegalArgumentException e) {
      channel.send(new byte[] {(byte) errno(e)});
      return;
    }
    try (socket) {
      ByteBuffer header = ByteBuffer.wrap(wish.header());
      while (header.hasRemaining()) {
        int unused = socket.write(header);
      }
      channel.send(new byte[] {0});
      new ChannelPump(socket, channel).run();
    }
  }

  /** The address and the port of a client, for a wish. */
  static byte[] encode(InetSocketAddress client) {
    byte[] address = client.getAddress().getAddress();
    return ByteBuffer.allocate(address.length + 2)
        .put(address)
        .putShort((short) client.getPort())
        .array();
  }

  private static InetSocketAddress client(byte[] encoded) throws IOException {
    int port = ByteBuffer.wrap(encoded).getShort(encoded.length - 2) & 0xffff;
    return new InetSocketAddress(
        InetAddress.getByAddress(Arrays.copyOf(encoded, encoded.length - 2)), port);
  }

  private Sight sight(String host) throws IOException {
    List<InetAddress> addresses = Destinations.addresses(host);
    Set<InetAddress> here =
        addresses.stream().filter(Transparency::isHere).collect(Collectors.toSet());
    return Sight.of(host, addresses, here, transparency());
  }

  /**
   * What an agent that was killed has left on this host goes with the next one, also when nobody
   * asks that one for clients' own addresses.
   */
  private synchronized void lookOnce() {
    if (!looked) {
      looked = true;
      try {
        Transparency unused = transparency();
      } catch (IOException e) {
        System.getLogger(ConnectAbility.class.getName())
            .log(System.Logger.Level.WARNING, "the host's settings were not put back", e);
      }
    }
  }

  private synchronized Transparency transparency() throws IOException {
    Transparency made = transparency;
    if (made == null) {
      made = new Transparency(state, "via-" + ProcessHandle.current().pid());
      transparency = made;
      Runtime.getRuntime().addShutdownHook(new Thread(this::close, "end of transparency"));
    }
    return made;
  }

  private synchronized TransparentHop hop() throws IOException {
    TransparentHop made = hop;
    if (made == null) {
      made = TransparentHop.start();
      hop = made;
    }
    return made;
  }

  /** Takes down what was set up for clients' addresses. */
  @Override
  public synchronized void close() {
    if (hop != null) {
      hop.close();
      hop = null;
    }
    if (transparency != null) {
      transparency.close();
      transparency = null;
    }
  }

  private @Nullable SocketChannel connectAsClient(
      InetSocketAddress client, InetAddress address, Wish wish, int limitMillis)
      throws IOException, InterruptedException {
    Transparency here = transparency();
    if (here.problem() != null
        || !here.worksFor(client.getAddress())
        || !LocalService.sameFamily(client.getAddress(), address)
        || !Transparency.isHere(address)) {
      return null;
    }
    return hop()
        .connect(
            client, new InetSocketAddress(address, wish.port()), Duration.ofMillis(limitMillis));
  }

  private SocketChannel connect(Wish wish) throws IOException, InterruptedException {
    if (wish.unix()) {
      UnixDomainSocketAddress path = UnixDomainSocketAddress.of(Path.of(wish.host()));
      return wish.user().isEmpty() ? SocketChannel.open(path) : connectAs(wish.user(), path);
    }
    IOException last = new UnknownHostException(wish.host());
    int limit = Math.clamp(wish.limitMillis(), 1, LIMIT_MILLIS_MAX);
    List<InetAddress> addresses = Destinations.addresses(wish.host());
    if (wish.client().length > 0) {
      InetSocketAddress client = client(wish.client());
      for (InetAddress address : addresses) {
        try {
          SocketChannel socket = connectAsClient(client, address, wish, limit);
          if (socket != null) {
            return socket;
          }
        } catch (IOException e) {
          last = e; // the service may listen on another one
        }
      }
    }
    for (InetAddress address : addresses) {
      SocketChannel socket = SocketChannel.open();
      try {
        Tuning.apply(socket);
        socket.socket().connect(new InetSocketAddress(address, wish.port()), limit);
        return socket;
      } catch (IOException e) {
        last = e;
        socket.close();
      }
    }
    throw last;
  }

  /** An ability's thread is a platform thread, so one thread can act as somebody else. */
  private static SocketChannel connectAs(String name, UnixDomainSocketAddress path)
      throws IOException {
    boolean number = name.length() <= 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    Accounts.User user = number ? Accounts.user(Integer.parseInt(name)) : Accounts.user(name);
    if (user == null && !number) {
      throw new LinuxException("connect", "as " + name, Errno.EACCES);
    }
    int uid = user == null ? Integer.parseInt(name) : user.uid();
    int gid = user == null ? NOBODY : user.gid();
    SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      int unused = UnixSockets.acting(uid, gid, () -> socket.connect(path) ? 0 : 1);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static int errno(Exception e) {
    return switch (e) {
      case LinuxException l -> l.errno();
      case SocketTimeoutException _ -> Errno.ETIMEDOUT;
      case NoRouteToHostException _, UnknownHostException _ -> Errno.EHOSTUNREACH;
      case ConnectException c when String.valueOf(c.getMessage()).contains("timed out") ->
          Errno.ETIMEDOUT;
      case ConnectException _ -> Errno.ECONNREFUSED;
      case IllegalArgumentException _ -> Errno.EINVAL;
      default ->
          String.valueOf(e.getMessage()).contains("refused") ? Errno.ECONNREFUSED : Errno.EIO;
    };
  }
}
