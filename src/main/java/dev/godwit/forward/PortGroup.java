package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/** The TCP ports of one service, which are switched together. */
public record PortGroup(String name, List<Integer> ports, ClientAddress clientAddress) {
  static final int GROUPS_MAX = 256;
  private static final int PORTS_MAX = 1024;

  public PortGroup {
    ports = List.copyOf(ports);
    if (ports.isEmpty()) {
      throw new IllegalArgumentException("group " + name + " has no port");
    }
    for (int port : ports) {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("group " + name + ": " + port + " is not a port");
      }
    }
  }

  void write(MessageWriter to) {
    to.text(name).list(ports, MessageWriter::u32).u8(clientAddress.ordinal());
  }

  static PortGroup read(MessageReader from) throws WireException {
    String name = from.text(256);
    List<Integer> ports = from.list(PORTS_MAX, MessageReader::u32);
    int mode = from.u8();
    if (mode >= ClientAddress.values().length) {
      throw new WireException("malformed message: client address mode " + mode);
    }
    try {
      return new PortGroup(name, ports, ClientAddress.values()[mode]);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }
}
