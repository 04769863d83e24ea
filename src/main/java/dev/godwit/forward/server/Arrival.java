package dev.godwit.forward.server;

import dev.godwit.forward.relay.ProxyHeader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection that was accepted, or somebody who sends datagrams.
 *
 * @param fd -1 for the latter
 * @param index of the listening side among those of its group
 * @param port that the client came to; 0 for a unix socket
 * @param peer from the kernel; null for a unix socket
 * @param announced what a trusted peer's PROXY header says about the client; null without one
 */
record Arrival(
    int fd,
    int index,
    int port,
    @Nullable InetSocketAddress peer,
    ProxyHeader.@Nullable Announced announced) {
  /** Stands for who came by a unix socket. */
  private static final InetSocketAddress UNIX = InetSocketAddress.createUnresolved("unix", 0);

  Arrival announced(ProxyHeader.Announced header) {
    return new Arrival(fd, index, port, peer, header);
  }

  /** Whether it stands for who sends datagrams. */
  boolean isSession() {
    return fd < 0;
  }

  /** The address that is counted and limited: of the kernel's peer, whatever a header says. */
  @Nullable InetAddress address() {
    return peer == null ? null : peer.getAddress();
  }

  InetSocketAddress seen() {
    return peer == null ? UNIX : peer;
  }
}
