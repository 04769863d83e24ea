package dev.godwit.forward.server;

import dev.godwit.forward.relay.Transparency;
import dev.godwit.linux.Sockets;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Of whom a destination sees the own address, when it is reached from there.
 *
 * @param some whether of some clients at least
 * @param why not of all, for people; empty when it is of all who come in its address family
 */
record Sight(boolean some, String why) {
  private static final int TEXT_MAX = 4096;

  /**
   * @param name of the destination, as it was written
   * @param addresses all that the name has
   * @param here those of them that are this host's
   * @param transparency of this host, which is the one that connects
   */
  static Sight of(
      String name, List<InetAddress> addresses, Set<InetAddress> here, Transparency transparency) {
    if (here.isEmpty()) {
      return none(name + " is not on this host");
    }
    String problem = transparency.problem();
    if (problem != null) {
      return none(problem);
    }
    String elsewhere =
        addresses.stream()
            .filter(a -> !here.contains(a))
            .map(Sockets::display)
            .collect(Collectors.joining(", "));
    if (!elsewhere.isEmpty()) {
      return new Sight(true, name + " is " + elsewhere + " too, which is not on this host");
    }
    String six =
        addresses.stream().anyMatch(Inet6Address.class::isInstance)
            ? transparency.problemOfSix()
            : null;
    return new Sight(true, six == null ? "" : six);
  }

  static Sight none(String why) {
    return new Sight(false, why);
  }

  byte[] encode() {
    return new MessageWriter().bool(some).text(why).toBytes();
  }

  /**
   * @param host that has said so
   */
  static Sight decode(byte[] message, String host) throws WireException {
    MessageReader in = new MessageReader(message);
    boolean some = in.bool();
    String why = in.text(TEXT_MAX);
    in.end();
    return new Sight(some, why.isEmpty() ? "" : host + ": " + why);
  }
}
