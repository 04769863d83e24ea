package dev.godwit.forward.rules;

import java.nio.file.Path;
import java.util.List;

/** Where connections go: a host and a port, or a unix socket. */
public sealed interface Target {
  /** As it is written on a command line; what a status calls it. */
  String display();

  /**
   * A TCP port of a host.
   *
   * @param host a name, or an address without brackets
   * @param ports none: the port that the client came to; one: that one for all; else one for each
   *     port of the listening side, in order
   */
  record Tcp(String host, List<Integer> ports) implements Target {
    public Tcp {
      ports = List.copyOf(ports);
    }

    /** The port for the listening side's {@code index}-th port, which is {@code asked}. */
    public int port(int index, int asked) {
      return switch (ports.size()) {
        case 0 -> asked;
        case 1 -> ports.getFirst();
        default -> ports.get(index);
      };
    }

    @Override
    public String display() {
      String literal = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
      return ports.isEmpty() ? literal : literal + ":" + Ranges.ofPorts(ports);
    }
  }

  /** A unix stream socket. */
  record Unix(Path path) implements Target {
    @Override
    public String display() {
      return "unix:" + path;
    }
  }
}
