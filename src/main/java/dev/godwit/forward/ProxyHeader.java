package dev.godwit.forward;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The PROXY header, versions 1 and 2 (haproxy's proxy-protocol.txt), for a service that expects
 * one. Built from what the kernel of old said about the client's connection, never from anything
 * that a client sent (H49).
 */
final class ProxyHeader {
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final int VERSION_2_PROXY = 0x21;
  private static final int TCP_OVER_IPV4 = 0x11;
  private static final int TCP_OVER_IPV6 = 0x21;

  private ProxyHeader() {}

  /** {@code PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n}. */
  static byte[] version1(InetSocketAddress client, InetSocketAddress destination) {
    boolean four = client.getAddress().getAddress().length == 4;
    return ("PROXY "
            + (four ? "TCP4 " : "TCP6 ")
            + client.getAddress().getHostAddress()
            + ' '
            + destination.getAddress().getHostAddress()
            + ' '
            + client.getPort()
            + ' '
            + destination.getPort()
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] version2(InetSocketAddress client, InetSocketAddress destination) {
    byte[] from = client.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    int length = 2 * from.length + 4;
    return ByteBuffer.allocate(16 + length)
        .put(SIGNATURE)
        .put((byte) VERSION_2_PROXY)
        .put((byte) (from.length == 4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6))
        .putShort((short) length)
        .put(from)
        .put(to)
        .putShort((short) client.getPort())
        .putShort((short) destination.getPort())
        .array();
  }
}
