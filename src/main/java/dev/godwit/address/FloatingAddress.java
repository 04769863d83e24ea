package dev.godwit.address;

import java.net.InetAddress;

/**
 * An address that is on one of two hosts of the same network.
 *
 * @param prefix the length of the network's prefix, in bits
 * @param link the interface that it is on, by its name on the host in question
 */
public record FloatingAddress(InetAddress address, int prefix, String link) {
  @Override
  public String toString() {
    return address.getHostAddress() + "/" + prefix;
  }
}
