package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;

/**
 * Where a gate releases connections to: the landing of another host, or, with landing port 0, that
 * host's services themselves at the ports that the clients asked for; or {@link #HERE}.
 *
 * @param token the landing's secret; empty without a landing
 */
public record Destination(InetAddress address, int landingPort, byte[] token) {
  /** Longer than a landing takes to say that the service does not answer. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(15);

  /**
   * The services of the gate's own host, which have been started anew since the hold began; an
   * address that no other host can have.
   */
  public static final Destination HERE = direct(InetAddress.ofLiteral("0.0.0.0"));

  public Destination {
    token = token.clone();
    if (landingPort != 0 && token.length != Preamble.SECRET_BYTES) {
      throw new IllegalArgumentException("a landing's token has 32 bytes");
    }
  }

  public static Destination direct(InetAddress address) {
    return new Destination(address, 0, new byte[0]);
  }

  @Override
  public byte[] token() {
    return token.clone();
  }

  /**
   * How a guest gets there.
   *
   * @param epoch of the decision to release
   * @throws LinuxException for a client of a unix socket whom no landing can be told
   */
  Dial.Call call(Guest guest, long epoch) throws LinuxException {
    if (landingPort == 0) {
      if (guest instanceof SocketGuest) {
        throw new LinuxException("connect", "a unix socket of " + this, Errno.EOPNOTSUPP);
      }
      return new Dial.Call(
          new InetSocketAddress(address, guest.local.getPort()),
          null,
          false,
          new byte[0],
          false,
          CONNECT_LIMIT);
    }
    if (guest instanceof SocketGuest client && !SocketPreamble.holds(client.user)) {
      throw new LinuxException("connect", "as " + client.user, Errno.ENAMETOOLONG);
    }
    return new Dial.Call(
        new InetSocketAddress(address, landingPort),
        null,
        false,
        guest instanceof SocketGuest client
            ? SocketPreamble.of(client, epoch).encode(token)
            : new Preamble(Preamble.Kind.RELAY, guest.client, guest.local, epoch).encode(token),
        true,
        CONNECT_LIMIT);
  }

  /** Writes it for {@link #read}, the token included. */
  public void write(MessageWriter to) {
    to.bytes(address.getAddress()).u32(landingPort).bytes(token);
  }

  /** Reads what {@link #write} has written, maybe at a peer. */
  public static Destination read(MessageReader from) throws WireException {
    try {
      InetAddress address = InetAddress.getByAddress(from.bytes(16));
      int port = from.u32();
      if (port < 0 || port > 65535) {
        throw new WireException("malformed message: landing port " + port);
      }
      return new Destination(address, port, from.bytes(Preamble.SECRET_BYTES));
    } catch (UnknownHostException | IllegalArgumentException e) {
      throw new WireException("malformed message: a destination: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Destination d
        && d.address.equals(address)
        && d.landingPort == landingPort
        && Arrays.equals(d.token, token);
  }

  @Override
  public int hashCode() {
    return address.hashCode() * 31 + landingPort;
  }

  /** Without the token, which is a secret. */
  @Override
  public String toString() {
    return equals(HERE)
        ? "this host"
        : address.getHostAddress() + (landingPort == 0 ? "" : " (landing " + landingPort + ")");
  }
}
