package dev.godwit.forward.server;

import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.ChannelSide;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.LocalService;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.Shortage;
import dev.godwit.forward.relay.Side;
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
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.IntConsumer;
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

  private static final byte[] CONNECTED = {0};
  private static final int TEXT_MAX = 1024;
  private static final int LIMIT_MILLIS_MAX = 600_000;

  private final Path state;
  private @Nullable Transparency transparency;

  /** Made for the first connection. */
  private volatile @Nullable Relay relay;

  /** Whether it was tried if services can see clients' own addresses, which takes its time. */
  private volatile boolean isTried;

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

    private static Wish decode(byte[] encoded) throws WireException {
      MessageReader in = new MessageReader(encoded);
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
      return wish;
    }
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Wish wish = Wish.decode(argument);
    lookOnce();
    if (wish.onlyAsks()) {
      channel.send(sight(wish.host()).encode());
      return;
    }
    int errno;
    try {
      errno = carry(channel, calls(wish));
    } catch (IOException | IllegalArgumentException e) {
      errno = errno(e);
    }
    if (errno != 0) {
      channel.send(new byte[] {(byte) errno});
    }
  }

  /** What needs neither the name service nor anything else that may take its time. */
  @Override
  public boolean take(Channel channel, byte[] argument) {
    Relay by = relay;
    if (by == null) {
      return false;
    }
    try {
      Wish wish = Wish.decode(argument);
      if (wish.onlyAsks() || !wish.user().isEmpty() || !isNear(wish)) {
        return false;
      }
      Reaching reaching =
          new Reaching(by, channel, calls(wish).iterator(), errno -> over(channel, errno));
      by.loop().execute(reaching::next);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false; // told by a thread that may wait
    }
  }

  private boolean isNear(Wish wish) {
    return wish.unix()
        || Destinations.isAddress(wish.host()) && (isTried || wish.client().length == 0);
  }

  /** Of a connection that could not be made; any other has closed the channel itself. */
  private static void over(Channel channel, int errno) {
    if (errno != 0) {
      Thread.ofVirtual().name("connect answer").start(() -> answer(channel, errno));
    }
  }

  private static void answer(Channel channel, int errno) {
    try (channel) {
      channel.send(new byte[] {(byte) errno});
      channel.finish();
    } catch (WireException e) {
      return; // nobody waits for it any more
    }
  }

  /**
   * Carries the bytes of a connection until its end.
   *
   * @return why it could not be made; 0 when it was
   */
  private int carry(Channel channel, List<Dial.Call> calls)
      throws IOException, InterruptedException {
    CompletableFuture<Integer> over = new CompletableFuture<>();
    Relay by = relay();
    Reaching reaching = new Reaching(by, channel, calls.iterator(), over::complete);
    by.loop().execute(reaching::next);
    try {
      return over.get();
    } catch (ExecutionException e) {
      throw new AssertionError("only completed in order", e);
    }
  }

  /**
   * Tries several ways to a service, one after the other; the first that works is joined to the
   * channel, behind the answer. Loop thread.
   *
   * @param over told 0 at the end of the connection, or why the last one did not work
   */
  private record Reaching(Relay relay, Channel channel, Iterator<Dial.Call> calls, IntConsumer over)
      implements Attempt.Outcome {
    private void next() {
      Attempt unused = calls.next().begin(relay.loop(), false, this);
    }

    @Override
    public void connected(Side service) {
      ChannelSide client = new ChannelSide(relay.loop(), channel, () -> {}, () -> {});
      relay.join(client, service, () -> over.accept(0), CONNECTED);
    }

    @Override
    public void failed(int errno) {
      if (calls.hasNext() && Shortage.of(errno, false) == null) {
        next();
      } else {
        over.accept(errno);
      }
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
      made = new Transparency(state, "via-" + ProcessHandle.current().pid(), Transparency::warn);
      transparency = made;
      Runtime.getRuntime().addShutdownHook(new Thread(this::close, "end of transparency"));
    }
    return made;
  }

  private synchronized Relay relay() throws LinuxException {
    Relay made = relay;
    if (made == null) {
      made = Relay.start("connect loop");
      relay = made;
    }
    return made;
  }

  /** Resets what is carried, and takes down what was set up for clients' addresses. */
  @Override
  public synchronized void close() {
    if (relay != null) {
      relay.close();
      relay = null;
    }
    if (transparency != null) {
      transparency.close();
      transparency = null;
    }
  }

  /** What is tried for a wish, in order: the service may listen on one of its addresses only. */
  private List<Dial.Call> calls(Wish wish) throws IOException {
    Duration limit = Duration.ofMillis(Math.clamp(wish.limitMillis(), 1, LIMIT_MILLIS_MAX));
    if (wish.unix()) {
      UnixDomainSocketAddress path = UnixDomainSocketAddress.of(Path.of(wish.host()));
      UnixSockets.Peer as = wish.user().isEmpty() ? null : user(wish.user());
      return List.of(new Dial.Call(path, null, false, wish.header(), false, limit, as));
    }
    List<Dial.Call> calls = new ArrayList<>(2);
    List<InetSocketAddress> addresses = new ArrayList<>(2);
    for (InetAddress address : Destinations.addresses(wish.host())) {
      addresses.add(new InetSocketAddress(address, wish.port()));
    }
    if (wish.client().length > 0) {
      InetSocketAddress client = client(wish.client());
      for (InetSocketAddress address : addresses) {
        if (sees(address.getAddress(), client.getAddress())) {
          calls.add(new Dial.Call(address, client, true, wish.header(), false, limit));
        }
      }
    }
    for (InetSocketAddress address : addresses) {
      calls.add(new Dial.Call(address, null, false, wish.header(), false, limit));
    }
    return calls;
  }

  /** Whether a service at an address can see a client's own. */
  private boolean sees(InetAddress service, InetAddress client) throws IOException {
    Transparency here = transparency();
    String problem = here.problem();
    isTried = true;
    return problem == null
        && here.worksFor(client)
        && LocalService.sameFamily(client, service)
        && Transparency.isHere(service);
  }

  private static UnixSockets.Peer user(String name) throws LinuxException {
    boolean number = name.length() <= 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    Accounts.User user = number ? Accounts.user(Integer.parseInt(name)) : Accounts.user(name);
    if (user == null && !number) {
      throw new LinuxException("connect", "as " + name, Errno.EACCES);
    }
    return user == null
        ? new UnixSockets.Peer(0, Integer.parseInt(name), NOBODY)
        : new UnixSockets.Peer(0, user.uid(), user.gid());
  }

  private static int errno(Exception e) {
    return switch (e) {
      case LinuxException l -> l.errno();
      case UnknownHostException _ -> Errno.EHOSTUNREACH;
      case IllegalArgumentException _ -> Errno.EINVAL;
      default -> Errno.EIO;
    };
  }
}
