package dev.godwit.forward.rules;

import dev.godwit.daemon.Words;
import dev.godwit.forward.ClientAddress;
import dev.godwit.linux.Identity;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects a rule, key by key, from a file or a command line. A key has the same name, values and
 * error texts in both.
 */
public final class RuleBuilder {
  /** Every key of a rule, in the order in which they are explained. */
  public static final List<String> KEYS =
      List.of(
          "listen",
          "to",
          "balance",
          "check",
          "client-address",
          "accept-proxy",
          "max",
          "max-per-client",
          "connect-limit",
          "idle-limit",
          "sni",
          "via",
          "client-user",
          "fast-open");

  private static final int COUNT_MAX = 10_000_000;
  private static final int NAMES_MAX = 10_000;

  private final String name;
  private final List<Listen> listens = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final List<Network> acceptProxy = new ArrayList<>();
  private final Map<String, Target> serverNames = new LinkedHashMap<>();
  private Balance balance = Balance.FIRST;
  private @Nullable Duration checkEvery;
  private boolean checkSet;
  private @Nullable ClientAddress clientAddress;
  private int connectionsMax;
  private int perClientMax;
  private Duration connectLimit = Duration.ofSeconds(5);
  private @Nullable Duration idleLimit;
  private @Nullable String via;
  private boolean keepsUser;
  private boolean fastOpen;

  public RuleBuilder(String name) {
    this.name = name;
  }

  /**
   * Takes one value of a key; keys with several values are given one after the other.
   *
   * @throws IllegalArgumentException for people, without the key's name
   */
  public void add(String key, String value) {
    switch (key) {
      case "listen" -> listens.addAll(Endpoints.listen(value));
      case "to" -> targets.add(Endpoints.target(value));
      case "balance" -> balance = balance(value);
      case "check" -> {
        checkSet = true;
        checkEvery = value.equals("off") ? null : Words.duration(value);
      }
      case "client-address" -> clientAddress = clientAddress(value);
      case "accept-proxy" -> acceptProxy.add(Network.parse(value));
      case "max" -> connectionsMax = count(value);
      case "max-per-client" -> perClientMax = count(value);
      case "connect-limit" -> connectLimit = Words.duration(value);
      case "idle-limit" -> idleLimit = value.equals("off") ? null : Words.duration(value);
      case "sni" -> serverName(value);
      case "via" -> via = value;
      case "client-user" -> keepsUser = isKept(value);
      case "fast-open" -> fastOpen = isOn(value);
      default -> throw new IllegalArgumentException("no such key");
    }
  }

  /**
   * @throws IllegalArgumentException for people, when the values do not go together
   */
  public ForwardRule build() {
    if (listens.isEmpty()) {
      throw new IllegalArgumentException("nothing to listen on: `listen` is missing");
    }
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("nowhere to go: `to` is missing");
    }
    List<Target> all = new ArrayList<>(targets);
    all.addAll(serverNames.values());
    all.forEach(this::fits);
    Set<Listen> seen = new HashSet<>();
    for (Listen l : listens) {
      boolean free = l instanceof Listen.Port p && p.port() == 0;
      if (!free && !seen.add(l)) {
        throw new IllegalArgumentException(l.display() + " is named twice");
      }
      boolean udp = l.isUdp();
      if (udp
          && (clientAddress != null && clientAddress != ClientAddress.PLAIN
              || !acceptProxy.isEmpty())) {
        throw new IllegalArgumentException(
            l.display() + ": clients' addresses and PROXY headers are for TCP");
      }
      Target unix = all.stream().filter(Target.Unix.class::isInstance).findFirst().orElse(null);
      if (udp && unix != null) {
        throw new IllegalArgumentException(
            l.display() + " and " + unix.display() + ": datagrams do not go to a unix socket");
      }
      if (udp && via != null) {
        throw new IllegalArgumentException(l.display() + ": datagrams do not go by another host");
      }
    }
    boolean unix =
        listens.stream().allMatch(l -> l instanceof Listen.Unix)
            && all.stream().allMatch(t -> t instanceof Target.Unix);
    if (keepsUser && !unix) {
      throw new IllegalArgumentException(
          "the client's user can be kept from unix socket to unix socket only");
    }
    if (keepsUser && via == null && !Identity.isRoot()) {
      throw new IllegalArgumentException("to keep the client's user needs root");
    }
    boolean tcp = listens.stream().noneMatch(Listen::isUdp);
    if (targets.size() > 1 && !checkSet && tcp) {
      checkEvery = Duration.ofSeconds(2);
    }
    return new ForwardRule(
        name,
        listens,
        targets,
        balance,
        checkEvery,
        clientAddress,
        acceptProxy,
        connectionsMax,
        perClientMax,
        connectLimit,
        idleLimit,
        serverNames,
        via,
        keepsUser,
        fastOpen);
  }

  private static boolean isOn(String value) {
    if (!value.equals("on") && !value.equals("off")) {
      throw new IllegalArgumentException("found " + value + ", expected on or off");
    }
    return value.equals("on");
  }

  private static boolean isKept(String value) {
    if (!value.equals("keep") && !value.equals("own")) {
      throw new IllegalArgumentException("found " + value + ", expected keep or own");
    }
    return value.equals("keep");
  }

  private void fits(Target target) {
    if (!(target instanceof Target.Tcp tcp)) {
      return;
    }
    if (tcp.ports().size() > 1 && tcp.ports().size() != listens.size()) {
      throw new IllegalArgumentException(
          target.display()
              + " has "
              + tcp.ports().size()
              + " ports for "
              + listens.size()
              + " to listen on; write as many, one for all, or none for the same ones");
    }
    for (int i = 0; i < listens.size(); i++) {
      if (listens.get(i) instanceof Listen.Port port) {
        if (via == null && tcp.port(i, port.port()) == port.port() && isHere(tcp.host(), port)) {
          throw new IllegalArgumentException(
              port.display() + " and " + target.display() + " are the same: it would call itself");
        }
      } else if (tcp.ports().isEmpty()) {
        throw new IllegalArgumentException(
            target.display() + " needs a port: a unix socket has none to take over");
      }
    }
  }

  private static boolean isHere(String host, Listen.Port port) {
    if (host.equals("localhost")) {
      InetAddress address = port.address();
      return port.scope() != Listen.Scope.ONE || (address != null && address.isLoopbackAddress());
    }
    InetAddress literal = Network.literal(host);
    if (literal == null) {
      return false;
    }
    return switch (port.scope()) {
      case ONE -> literal.equals(port.address());
      case LOOPBACK, ALL -> literal.isLoopbackAddress();
    };
  }

  private static Balance balance(String value) {
    for (Balance b : Balance.values()) {
      if (b.word().equals(value)) {
        return b;
      }
    }
    throw new IllegalArgumentException("found " + value + ", expected first or round-robin");
  }

  private static ClientAddress clientAddress(String value) {
    for (ClientAddress mode : ClientAddress.values()) {
      if (mode.planName().equals(value)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "found " + value + ", expected transparent, plain, proxy-v1 or proxy-v2");
  }

  private void serverName(String value) {
    int equals = value.indexOf('=');
    String asked = equals < 0 ? "" : value.substring(0, equals).toLowerCase(Locale.ROOT);
    String plain = asked.startsWith("*.") ? asked.substring(2) : asked;
    if (plain.isEmpty() || !plain.matches("[a-z0-9_-]+(\\.[a-z0-9_-]+)*") || asked.length() > 255) {
      throw new IllegalArgumentException(
          "found " + value + ", expected NAME=DEST such as www.example.org=10.0.0.1:443");
    }
    if (serverNames.put(asked, Endpoints.target(value.substring(equals + 1))) != null) {
      throw new IllegalArgumentException(asked + " is named twice");
    }
    if (serverNames.size() > NAMES_MAX) {
      throw new IllegalArgumentException("more than 10,000 names");
    }
  }

  /** A number of connections, from 1 on. */
  public static int count(String value) {
    int count = Words.number(value.replace("_", ""), COUNT_MAX);
    if (count < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "found %s, expected a number of connections, from 1 to %,d",
              value,
              COUNT_MAX));
    }
    return count;
  }
}
