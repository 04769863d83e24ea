package dev.godwit.forward.landing;

import dev.godwit.forward.PortGroup;
import dev.godwit.sync.IdMap;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * What a landing serves and whom.
 *
 * @param bind the address to listen on; an unspecified one for all
 * @param port to listen on; 0 for one that is free
 * @param allowed the hosts whose gates may come
 * @param groups the ports that may be asked for, and how each learns the client's address
 * @param owners the numbers here of users of the gates' host; who has the same on both, and a name,
 *     goes by that
 */
public record LandingOptions(
    InetAddress bind, int port, List<InetAddress> allowed, List<PortGroup> groups, IdMap owners) {
  private static final int ALLOWED_MAX = 1024;

  public LandingOptions {
    allowed = List.copyOf(allowed);
    groups = List.copyOf(groups);
  }

  /** Where nobody is said to have another number. */
  public LandingOptions(
      InetAddress bind, int port, List<InetAddress> allowed, List<PortGroup> groups) {
    this(bind, port, allowed, groups, IdMap.NONE);
  }

  /** Writes them for {@link #read}. */
  public void write(MessageWriter to) {
    to.bytes(bind.getAddress()).u32(port);
    to.list(allowed, (w, a) -> w.bytes(a.getAddress()));
    to.list(groups, (w, g) -> g.write(w));
    owners.writeTo(to);
  }

  /** Reads what {@link #write} has written at a peer. */
  public static LandingOptions read(MessageReader from) throws WireException {
    InetAddress bind = address(from);
    int port = from.u32();
    if (port < 0 || port > 65535) {
      throw new WireException("malformed message: landing port " + port);
    }
    return new LandingOptions(
        bind,
        port,
        from.list(ALLOWED_MAX, LandingOptions::address),
        from.list(PortGroup.GROUPS_MAX, PortGroup::read),
        IdMap.read(from));
  }

  private static InetAddress address(MessageReader from) throws WireException {
    try {
      return InetAddress.getByAddress(from.bytes(16));
    } catch (UnknownHostException e) {
      throw new WireException("malformed message: an address", e);
    }
  }
}
