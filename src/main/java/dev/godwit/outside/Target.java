package dev.godwit.outside;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What is asked.
 *
 * @param service for people
 * @param address where clients connect to
 * @param url what is asked for, by its path and host name; null when a port is asked by what its
 *     service says first, if it says anything
 * @param statusFrom of the answer to {@code url}, the lowest that is none of a failure
 * @param statusTo the highest
 */
public record Target(
    String service, InetSocketAddress address, @Nullable URI url, int statusFrom, int statusTo) {

  /** The same service at another address. */
  public Target at(InetAddress other) {
    return new Target(
        service, new InetSocketAddress(other, address.getPort()), url, statusFrom, statusTo);
  }

  /** A port that is asked by what its service says first. */
  public static Target port(String service, InetSocketAddress address) {
    return new Target(service, address, null, 0, 0);
  }
}
