package dev.godwit.forward.ladder;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/**
 * Connections that reach a service on this host although a gate holds its ports: they come from an
 * address that the gate's look-up program lets pass.
 */
public final class BeyondLookup {
  private BeyondLookup() {}

  /**
   * Connects to a service on this host.
   *
   * @param address one of this host: 127.0.0.1, ::1, or where the service listens
   * @throws IOException when nothing answers within the limit
   */
  public static Socket connect(InetAddress address, int port, Duration limit) throws IOException {
    Socket socket = new Socket();
    try {
      if (address instanceof Inet6Address) {
        socket.setReuseAddress(true);
        // A reset at the end leaves no TIME_WAIT, for there is only this one source port.
        socket.setSoLinger(true, 0);
        socket.bind(
            new InetSocketAddress(InetAddress.getByName("::1"), LookupSwitch.BEYOND_IPV6_PORT));
      } else {
        socket.bind(new InetSocketAddress(InetAddress.getByName(LookupSwitch.BEYOND_IPV4), 0));
      }
      socket.connect(new InetSocketAddress(address, port), (int) limit.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
