package dev.godwit.forward.rules;

import dev.godwit.daemon.Words;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two sides of a forward as people type them: {@code [address]:port}, lists and ranges of
 * ports, {@code unix:/path}.
 */
public final class Endpoints {
  private static final String UNIX = "unix:";
  private static final String UDP = "udp:";
  private static final int PORT_MAX = 65535;
  private static final int PORTS_MAX = 1024;

  /** What a socket address has room for, with the byte that ends it (unix(7)). */
  private static final int UNIX_PATH_BYTES_MAX = 107;

  private Endpoints() {}

  /**
   * The listening side, one element for each port.
   *
   * @throws IllegalArgumentException for people
   */
  public static List<Listen> listen(String text) {
    if (text.startsWith(UNIX)) {
      return List.of(unixListen(text));
    }
    boolean udp = text.startsWith(UDP);
    String rest = udp ? text.substring(UDP.length()) : text;
    Split split = split(rest);
    Listen.Scope scope;
    InetAddress address = null;
    if (split.host == null || split.host.equals("localhost")) {
      scope = Listen.Scope.LOOPBACK;
    } else if (split.host.isEmpty() || split.host.equals("*")) {
      scope = Listen.Scope.ALL;
    } else {
      scope = Listen.Scope.ONE;
      address = Network.literal(split.host);
      if (address == null) {
        throw new IllegalArgumentException(
            "found " + text + ": " + split.host + " is no address of a host to listen on");
      }
      if (address.isAnyLocalAddress() && split.host.equals("::")) {
        scope = Listen.Scope.ALL;
        address = null;
      }
    }
    if (split.ports == null) {
      throw new IllegalArgumentException("found " + text + ", expected a port to listen on");
    }
    List<Listen> all = new ArrayList<>();
    for (int port : ports(text, split.ports, 0)) {
      all.add(new Listen.Port(scope, address, port, udp));
    }
    return all;
  }

  /**
   * The side that connections go to.
   *
   * @throws IllegalArgumentException for people
   */
  public static Target target(String text) {
    if (text.startsWith(UNIX)) {
      return new Target.Unix(path(text, text.substring(UNIX.length())));
    }
    if (text.startsWith(UDP)) {
      throw new IllegalArgumentException(
          "found " + text + ": udp: belongs to the listening side, the other one follows it");
    }
    Split split = split(text);
    String host = split.host == null || split.host.isEmpty() ? "localhost" : split.host;
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c <= ' ' || c == '/' || c == ',' || c >= 0x7f) {
        throw new IllegalArgumentException("found " + text + ", expected HOST:PORT or unix:/PATH");
      }
    }
    return new Target.Tcp(host, split.ports == null ? List.of() : ports(text, split.ports, 1));
  }

  /**
   * @param host null: none was written; empty: nothing before the colon
   * @param ports null: none were written
   */
  private record Split(@Nullable String host, @Nullable String ports) {}

  private static Split split(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("expected [ADDRESS]:PORT or unix:/PATH, found nothing");
    }
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      boolean ports = end > 0 && end + 1 < text.length();
      if (end < 0 || (ports && text.charAt(end + 1) != ':')) {
        throw new IllegalArgumentException("found " + text + ", expected [ADDRESS]:PORT");
      }
      String host = text.substring(1, end);
      InetAddress address = Network.literal(host);
      if (address == null) {
        throw new IllegalArgumentException("found " + text + ": [" + host + "] is no address");
      }
      if (address instanceof Inet6Address six
          && six.isLinkLocalAddress()
          && six.getScopeId() == 0) { // each interface has such ones (RFC 4007)
        throw new IllegalArgumentException(
            "found " + text + ": such an address needs its interface, such as [" + host + "%eth0]");
      }
      return new Split(host, ports ? text.substring(end + 2) : null);
    }
    int colon = text.indexOf(':');
    if (colon != text.lastIndexOf(':')) {
      throw new IllegalArgumentException(
          "found " + text + ": an IPv6 address is written in brackets, such as [::1]:80");
    }
    if (colon >= 0) {
      return new Split(text.substring(0, colon), text.substring(colon + 1));
    }
    boolean ports = text.chars().allMatch(c -> c == ',' || c == '-' || c >= '0' && c <= '9');
    return ports ? new Split(null, text) : new Split(text, null);
  }

  private static List<Integer> ports(String text, String list, int least) {
    List<Integer> all = new ArrayList<>();
    for (String item : list.split(",", -1)) {
      int dash = item.indexOf('-');
      int first = Words.number(dash < 0 ? item : item.substring(0, dash), PORT_MAX);
      int last = dash < 0 ? first : Words.number(item.substring(dash + 1), PORT_MAX);
      if (first < least || last < first) {
        throw new IllegalArgumentException(
            "found " + text + ": " + (item.isEmpty() ? "nothing" : item) + " is no port or range");
      }
      for (int port = first; port <= last; port++) {
        all.add(port);
      }
      if (all.size() > PORTS_MAX) {
        throw new IllegalArgumentException("found " + text + ": more than 1,024 ports");
      }
    }
    return all;
  }

  private static Listen.Unix unixListen(String text) {
    String rest = text.substring(UNIX.length());
    String owner = null;
    String group = null;
    int mode = Listen.Unix.MODE_DEFAULT;
    // From the right: a comma may be part of the path, unless one of these words follows it.
    for (int comma = rest.lastIndexOf(','); comma > 0; comma = rest.lastIndexOf(',')) {
      String option = rest.substring(comma + 1);
      if (option.startsWith("mode=")) {
        mode = mode(text, option.substring(5));
      } else if (option.startsWith("owner=") && option.length() > 6) {
        owner = option.substring(6);
      } else if (option.startsWith("group=") && option.length() > 6) {
        group = option.substring(6);
      } else if (option.matches("[a-z-]+=[^/]*")) { // else a socket of that name would be made
        throw new IllegalArgumentException(
            "found "
                + text
                + ": "
                + option
                + " is not known; behind the path come mode=0660, owner=USER and group=GROUP");
      } else {
        break;
      }
      rest = rest.substring(0, comma);
    }
    return new Listen.Unix(path(text, rest), owner, group, mode);
  }

  private static int mode(String text, String octal) {
    if (!octal.matches("0?[0-7]{3}")) {
      throw new IllegalArgumentException(
          "found " + text + ": mode=" + octal + " is not three octal digits, such as mode=0660");
    }
    return Integer.parseInt(octal, 8);
  }

  private static Path path(String text, String path) {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("found " + text + ", expected a path from the root on");
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > UNIX_PATH_BYTES_MAX) {
      throw new IllegalArgumentException(
          "found " + text + ": a unix socket's path has at most 107 bytes");
    }
    return Path.of(path);
  }
}
