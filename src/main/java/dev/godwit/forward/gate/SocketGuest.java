package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Count;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.UnixSockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A client of a unix socket, whom a service knows by its user. Loop thread only. */
final class SocketGuest extends Guest {
  /** It has no address, and its service no port. */
  private static final InetSocketAddress NOWHERE =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

  final SocketName name;
  final UnixSockets.Peer peer;

  /** The peer's user by name; empty for one without. */
  final String user;

  /** As the plan calls it: the socket of the other host is found by it. */
  final Path asked;

  SocketGuest(
      WaitingRoom room,
      int fd,
      Count group,
      Path asked,
      SocketName name,
      UnixSockets.Peer peer,
      String user) {
    super(room, fd, NOWHERE, NOWHERE, group, System.nanoTime());
    this.asked = asked;
    this.name = name;
    this.peer = peer;
    this.user = user;
  }

  @Override
  protected @Nullable InetAddress address() {
    return null;
  }
}
