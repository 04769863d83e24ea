package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.Passage;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Past the gate to the service on this host, for whom {@link OwnGuests} has found to be no client.
 * From the address that it came from, for a service may let in nobody else.
 *
 * @param pass of the gate's diversion, a new one for each attempt
 */
record OwnRoute(Supplier<Passage.@Nullable Pass> pass) implements WaitingRoom.Route {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(15);
  private static final InetAddress LOOPBACK_IPV4 = InetAddress.ofLiteral("127.0.0.1");

  @Override
  public Dial.Call call(Guest guest) throws LinuxException {
    boolean four = isOnIpv4Alone(guest.local);
    InetAddress source = four ? LOOPBACK_IPV4 : guest.client.getAddress();
    return new Dial.Call(
        four ? new InetSocketAddress(LOOPBACK_IPV4, guest.local.getPort()) : guest.local,
        new InetSocketAddress(source, 0),
        false,
        new byte[0],
        false,
        CONNECT_LIMIT,
        null,
        pass.get());
  }

  /**
   * Who asks "localhost" tries ::1 first, and goes on to 127.0.0.1 when that is refused. The gate
   * has accepted it.
   */
  private static boolean isOnIpv4Alone(InetSocketAddress asked) throws LinuxException {
    if (!(asked.getAddress() instanceof Inet6Address) || !asked.getAddress().isLoopbackAddress()) {
      return false;
    }
    List<TcpSocket> listeners =
        SocketDiagnostics.sockets(asked.getPort(), SocketDiagnostics.LISTEN);
    return !listeners.isEmpty()
        && listeners.stream().allMatch(one -> one.local().getAddress() instanceof Inet4Address);
  }
}
