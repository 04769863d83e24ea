package dev.godwit.forward;

import dev.godwit.host.Ability;
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
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Connects to something that this host can reach, and carries the bytes: the far end of {@code
 * --via}. The answer is one message with an errno, 0 for success; what follows is the connection.
 */
public final class ConnectAbility implements Ability {
  static final String NAME = "forward.connect";

  /** The group of a user who is no account (nogroup). */
  private static final int NOBODY = 65_534;

  private static final int TEXT_MAX = 1024;
  private static final int LIMIT_MILLIS_MAX = 600_000;

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
   */
  @SuppressWarnings("ArrayRecordComponent") // opaque bytes; never compared
  record Wish(boolean unix, String host, int port, int limitMillis, byte[] header, String user) {
    byte[] encode() {
      return new MessageWriter()
          .bool(unix)
          .text(host)
          .u32(port)
          .u32(limitMillis)
          .bytes(header)
          .text(user)
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
            in.text(TEXT_MAX));
    in.end();
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

  private static SocketChannel connect(Wish wish) throws IOException {
    if (wish.unix()) {
      UnixDomainSocketAddress path = UnixDomainSocketAddress.of(Path.of(wish.host()));
      return wish.user().isEmpty() ? SocketChannel.open(path) : connectAs(wish.user(), path);
    }
    IOException last = new UnknownHostException(wish.host());
    int limit = Math.clamp(wish.limitMillis(), 1, LIMIT_MILLIS_MAX);
    for (InetAddress address : InetAddress.getAllByName(wish.host())) {
      SocketChannel socket = SocketChannel.open();
      try {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
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
