package dev.godwit.forward.gate;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.ladder.LookupSwitch;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.TransparentRouting;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.LinuxException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;

/**
 * Back to the service on this host that the client asked for, at the address that it asked for.
 * Without a PROXY header: they have always had their clients directly.
 *
 * @param keepsAddresses whether the host is set up for {@link TransparentRouting}
 */
record LocalRoute(boolean keepsAddresses) implements WaitingRoom.Route {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(15);
  private static final InetAddress BEYOND = InetAddress.ofLiteral(LookupSwitch.BEYOND_IPV4);

  @Override
  public Dial.Call call(Guest guest) throws LinuxException {
    if (guest instanceof SocketGuest client) {
      return new Dial.Call(
          UnixDomainSocketAddress.of(client.name.service()),
          null,
          false,
          new byte[0],
          false,
          CONNECT_LIMIT,
          client.peer);
    }
    boolean transparent =
        keepsAddresses
            && guest.group instanceof GroupCount count
            && count.group.clientAddress() == ClientAddress.TRANSPARENT;
    if (transparent) {
      // Never with the client's own port: the connection that waits has the same four numbers.
      return to(guest, new InetSocketAddress(guest.client.getAddress(), 0), true);
    }
    // From where the look-up lets pass: a hold that begins now must not take it.
    return guest.local.getAddress() instanceof Inet4Address
        ? to(guest, new InetSocketAddress(BEYOND, 0), false)
        : new Dial.Call(guest.local, null, false, new byte[0], false, CONNECT_LIMIT);
  }

  private static Dial.Call to(Guest guest, InetSocketAddress source, boolean transparent) {
    return new Dial.Call(guest.local, source, transparent, new byte[0], false, CONNECT_LIMIT);
  }
}
