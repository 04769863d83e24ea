package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Where clients reach one service; switched together.
 *
 * @param ports of TCP
 * @param sockets paths of unix stream sockets, the same on both hosts
 * @param clientAddress of those who come to a port; a client of a socket keeps its user
 * @param connectionsMax connections that the gate lets in at once, waiting and relayed; 0: only the
 *     limit of all groups
 * @param perClientMax the same for one client address; 0: no limit
 */
public record PortGroup(
    String name,
    List<Integer> ports,
    List<Path> sockets,
    ClientAddress clientAddress,
    int connectionsMax,
    int perClientMax) {
  /** How many a move may have. */
  public static final int GROUPS_MAX = 256;

  private static final int PORTS_MAX = 1024;

  /** A path is at most 107 bytes (unix(7)), and ours beside it are 8 longer. */
  public static final int PATH_BYTES_MAX = 99;

  public PortGroup {
    ports = List.copyOf(ports);
    sockets = List.copyOf(sockets);
    if (ports.isEmpty() && sockets.isEmpty()) {
      throw new IllegalArgumentException("group " + name + " has no port");
    }
    for (Path socket : sockets) {
      if (!isSocketPath(socket.toString())) {
        throw new IllegalArgumentException(
            "group " + name + ": " + socket + " is not the path of a socket that a gate can hold");
      }
    }
    if (connectionsMax < 0 || perClientMax < 0) {
      throw new IllegalArgumentException("group " + name + " has a limit below 0");
    }
    for (int port : ports) {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("group " + name + ": " + port + " is not a port");
      }
    }
  }

  /** Whether a path can be that of a socket which a gate holds. */
  public static boolean isSocketPath(String path) {
    return path.startsWith("/")
        && path.length() > 1
        && path.getBytes(StandardCharsets.UTF_8).length <= PATH_BYTES_MAX;
  }

  /** A group without limits of its own. */
  public PortGroup(
      String name, List<Integer> ports, List<Path> sockets, ClientAddress clientAddress) {
    this(name, ports, sockets, clientAddress, 0, 0);
  }

  /** A group without unix sockets. */
  public PortGroup(String name, List<Integer> ports, ClientAddress clientAddress) {
    this(name, ports, List.of(), clientAddress);
  }

  /** Writes it for {@link #read}. */
  public void write(MessageWriter to) {
    to.text(name).list(ports, MessageWriter::u32);
    to.list(sockets, (w, socket) -> w.text(socket.toString())).u8(clientAddress.ordinal());
    to.u32(connectionsMax).u32(perClientMax);
  }

  /** Reads what {@link #write} has written, maybe at a peer. */
  public static PortGroup read(MessageReader from) throws WireException {
    String name = from.text(256);
    List<Integer> ports = from.list(PORTS_MAX, MessageReader::u32);
    List<String> sockets = from.list(PORTS_MAX, r -> r.text(PATH_BYTES_MAX));
    int mode = from.u8();
    if (mode >= ClientAddress.values().length) {
      throw new WireException("malformed message: client address mode " + mode);
    }
    int connectionsMax = from.u32();
    int perClientMax = from.u32();
    try {
      return new PortGroup(
          name,
          ports,
          sockets.stream().map(Path::of).toList(),
          ClientAddress.values()[mode],
          connectionsMax,
          perClientMax);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }
}
