package dev.godwit.plan;

import dev.godwit.sync.rules.Bandwidth;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads a plan file. Nothing in the file is ignored: what this version does not know or cannot do
 * yet is a problem. Reads no other file, asks no host; that is the business of {@code check}.
 */
public final class PlanReader {
  private static final Section.Shape SHAPE =
      new Section.Shape(
          "a plan",
          List.of(
              "move",
              "old",
              "new",
              "ssh",
              "files",
              OwnersReader.USERS,
              OwnersReader.GROUPS,
              "services",
              "databases",
              "address",
              "place",
              "hooks",
              "limits",
              "relay",
              "watch"),
          Map.of("dns", "change DNS"),
          Map.of("chown", OwnersReader.NO_CHOWN));
  private static final Section.Shape LIMITS =
      new Section.Shape(
          "the limits",
          List.of("hold", "drain", "max", "per-client", "release-rate", "growth", "bwlimit"));
  private static final Section.Shape RELAY =
      new Section.Shape("the relay", List.of("address", "port"));
  private static final Section.Shape WATCH =
      new Section.Shape("the watch", List.of("host", "address"));

  /** It becomes part of paths, of a socket's path among them, which may have 107 bytes. */
  private static final Pattern MOVE = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  private static final String WATCHER =
      "an ssh destination of a third host such as root@watch.example.org";

  private static final Pattern HOST_AND_PORT = Pattern.compile("[^:/]+:[0-9]+");

  /** What stands around user and host in an address of ssh. */
  private static final Pattern URI_AROUND_HOST = Pattern.compile("^ssh://|(:[0-9]*)?/?$");

  private static final int RELEASE_RATE_MAX = 1_000_000;
  private static final int GROWTH_MAX = 1000;

  private static final Duration HOLD_MIN = Duration.ofMillis(100);
  private static final Duration HOLD_MAX = Duration.ofMinutes(5);
  private static final Duration DRAIN_MAX = Duration.ofMinutes(60);

  private final Problems problems = new Problems();
  private final Values values = new Values(problems);

  private PlanReader() {}

  /**
   * Reads a plan.
   *
   * @throws PlanException with every problem of the file
   */
  public static Plan read(Path file) throws PlanException {
    Node root = PlanYaml.load(file);
    PlanReader reader = new PlanReader();
    Plan plan = reader.plan(root, file);
    if (plan == null || !reader.problems.isEmpty()) {
      throw new PlanException(file, reader.problems.inOrder());
    }
    return plan;
  }

  private @Nullable Plan plan(Node root, Path file) {
    Section section = Section.open(root, SHAPE, problems);
    if (section == null) {
      return null;
    }
    String move = move(section);
    Endpoint oldHost = endpoint(section, "old");
    Node newNode = section.get("new");
    boolean isWithinHost =
        newNode instanceof ScalarNode scalar && scalar.getValue().equals(WithinHost.SAME);
    Endpoint newHost = isWithinHost ? oldHost : endpoint(section, "new");
    if (newNode != null && !isWithinHost && oldHost != null && oldHost.equals(newHost)) {
      values.wrong(
          newNode,
          "new",
          "another host than \"old\", or \"same\" when only the place of its files changes");
    }
    Node sshNode = section.get("ssh");
    List<String> ssh =
        sshNode == null
            ? List.of()
            : values.arguments(
                sshNode, "ssh", "a list of arguments for ssh such as [\"-p\", \"2222\"]");
    Node filesNode = section.get("files");
    FilesReader filesReader = new FilesReader(problems);
    if (filesNode != null) {
      filesReader.read(filesNode);
    }
    PlannedOwners owners = new OwnersReader(problems).read(section);
    ServicesReader servicesReader = new ServicesReader(problems);
    // First: what uses a database comes after it.
    DatabasesReader databasesReader = new DatabasesReader(problems, servicesReader);
    Node databasesNode = section.get("databases");
    if (databasesNode != null) {
      databasesReader.read(databasesNode);
    }
    List<PlannedService> services = new ArrayList<>(databasesReader.servers());
    Node servicesNode =
        databasesNode == null
            ? section.require("services", ServicesReader.EXPECTED)
            : section.get("services");
    if (servicesNode != null) {
      services.addAll(servicesReader.read(servicesNode));
    }
    if (!isWithinHost) {
      servicesReader.queues().forEach(filesReader::add);
      databasesReader.trees().forEach(filesReader::add);
    }
    List<FileTree> files = filesReader.trees(isWithinHost);
    Node addressNode = section.get("address");
    PlannedAddress address =
        addressNode == null ? null : new AddressReader(problems).read(addressNode);
    PlannedPlace place = null;
    if (isWithinHost) {
      place = new WithinHost(problems).place(section, services, address != null);
    } else if (section.get("place") instanceof Node placeNode) {
      problems.add(placeNode, "place: expected only where old and new are one host: `new: same`");
    }
    Node hooksNode = section.get("hooks");
    List<Hook> hooks = hooksNode == null ? List.of() : new HooksReader(problems).read(hooksNode);
    Limits limits = limits(section.get("limits"));
    Relay relay = relay(section.get("relay"), servicesReader);
    Watcher watcher = watcher(section.get("watch"), oldHost, newHost);
    return move == null || oldHost == null || newHost == null || (isWithinHost && place == null)
        ? null
        : new Plan(
            move,
            oldHost,
            newHost,
            ssh,
            files,
            owners,
            services,
            databasesReader.databases(),
            address,
            place,
            hooks,
            limits,
            relay,
            watcher,
            file.toAbsolutePath());
  }

  private @Nullable String move(Section section) {
    String expected = "a name of lower-case letters, digits and hyphens, at most 40";
    Node node = section.require("move", expected);
    String move = node == null ? null : values.text(node, "move", expected);
    return node == null || move == null || MOVE.matcher(move).matches()
        ? move
        : values.wrong(node, "move", expected);
  }

  private @Nullable Endpoint endpoint(Section section, String key) {
    String expected = "an ssh destination such as root@" + key + ".example.org, or local";
    Node node = section.require(key, expected);
    return node == null ? null : endpoint(node, key, expected);
  }

  private @Nullable Endpoint endpoint(Node node, String key, String expected) {
    String text = values.text(node, key, expected);
    if (text == null) {
      return null;
    }
    if (text.equals("local")) {
      return new Endpoint.Local();
    }
    if (HOST_AND_PORT.matcher(text).matches()) {
      return values.wrong(node, key, "ssh://" + text + " when a port is meant");
    }
    boolean uri = text.startsWith("ssh://") && text.length() > "ssh://".length();
    // A hyphen in front would be read as an option by ssh.
    boolean option = text.startsWith("-") || text.contains("@-");
    boolean blank = text.codePoints().anyMatch(Character::isWhitespace);
    String named = uri ? URI_AROUND_HOST.matcher(text).replaceAll("") : text;
    boolean nameless = named.isEmpty() || named.startsWith("@") || named.endsWith("@");
    if (option || blank || nameless || (text.contains("/") && !uri)) {
      return values.wrong(node, key, expected);
    }
    return new Endpoint.Ssh(text);
  }

  private Limits limits(@Nullable Node node) {
    Section section = node == null ? null : Section.open(node, LIMITS, problems);
    if (section == null) {
      return Limits.DEFAULT;
    }
    Node holdNode = section.get("hold");
    Duration hold =
        holdNode == null
            ? Limits.DEFAULT_HOLD
            : values.duration(holdNode, "hold", HOLD_MIN, HOLD_MAX);
    Node drainNode = section.get("drain");
    Duration drain =
        drainNode == null
            ? Limits.DEFAULT_DRAIN
            : values.duration(drainNode, "drain", Duration.ZERO, DRAIN_MAX);
    GateLimits gate = GateLimits.read(section, values);
    Integer releasePerSecond =
        values.numberOrNone(
            section,
            "release-rate",
            RELEASE_RATE_MAX,
            "how many connections a second are let go after the hold, such as 500");
    Node growthNode = section.get("growth");
    Integer growth =
        growthNode == null ? Integer.valueOf(Limits.MEASURED) : percent(growthNode, "growth");
    Node bwlimitNode = section.get("bwlimit");
    Long bytesPerSecond = bwlimitNode == null ? Long.valueOf(0) : bandwidth(bwlimitNode);
    return hold == null
            || drain == null
            || gate == null
            || releasePerSecond == null
            || growth == null
            || bytesPerSecond == null
        ? Limits.DEFAULT
        : new Limits(hold, drain, gate, releasePerSecond, growth, bytesPerSecond);
  }

  private @Nullable Long bandwidth(Node node) {
    String expected =
        "how much the mirrors may send in a second, as --bwlimit has it, such as 20m for 20 MiB";
    String text = values.text(node, "bwlimit", expected);
    try {
      return text == null ? null : Long.valueOf(Bandwidth.of(text));
    } catch (IllegalArgumentException e) {
      return values.wrong(node, "bwlimit", expected);
    }
  }

  private @Nullable Integer percent(Node node, String key) {
    String expected = "a share such as 30%, from 0% to 1000%";
    String text = values.text(node, key, expected);
    if (text == null) {
      return null;
    }
    int percent =
        text.matches("[0-9]{1,4}%") ? Integer.parseInt(text.substring(0, text.length() - 1)) : -1;
    return percent >= 0 && percent <= GROWTH_MAX ? percent : values.wrong(node, key, expected);
  }

  private @Nullable Relay relay(@Nullable Node node, ServicesReader services) {
    Section section = node == null ? null : Section.open(node, RELAY, problems);
    if (section == null) {
      return null;
    }
    Node addressNode = section.get("address");
    InetAddress address =
        addressNode == null
            ? null
            : address(addressNode, "the IP address of new as old sees it, such as 203.0.113.7");
    Node portNode = section.get("port");
    Integer port = portNode == null ? null : values.port(portNode, "port");
    if (portNode != null && port != null && services.hasPort(port)) {
      values.wrong(portNode, "port", "a port that no service of the plan has");
    }
    return new Relay(address, port);
  }

  private @Nullable Watcher watcher(
      @Nullable Node node, @Nullable Endpoint oldHost, @Nullable Endpoint newHost) {
    if (node == null) {
      return null;
    }
    Node hostNode = node;
    Node addressNode = null;
    if (node instanceof MappingNode) {
      Section section = Section.open(node, WATCH, problems);
      hostNode = section == null ? null : section.require("host", WATCHER);
      addressNode = section == null ? null : section.get("address");
    }
    InetAddress address =
        addressNode == null
            ? null
            : address(addressNode, "the IP address where it finds the services");
    Endpoint host = hostNode == null ? null : endpoint(hostNode, "watch", WATCHER);
    if (hostNode == null || host == null) {
      return null;
    }
    return host instanceof Endpoint.Ssh ssh && !host.equals(oldHost) && !host.equals(newHost)
        ? new Watcher(ssh, address)
        : values.wrong(hostNode, "watch", WATCHER);
  }

  private @Nullable InetAddress address(Node node, String expected) {
    String text = values.text(node, "address", expected);
    if (text == null) {
      return null;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      return address.isAnyLocalAddress() || address.isMulticastAddress()
          ? values.wrong(node, "address", expected)
          : address;
    } catch (IllegalArgumentException e) {
      return values.wrong(node, "address", expected);
    }
  }
}
