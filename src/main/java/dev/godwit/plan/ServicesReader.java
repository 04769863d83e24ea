package dev.godwit.plan;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code services}: what is stopped on old and started on new. */
final class ServicesReader {
  static final String EXPECTED = "a list of the services that are moved, in start order";
  static final List<String> KEYS =
      List.of(
          "name",
          "unit",
          "script",
          "start",
          "stop",
          "state",
          "fence",
          "unfence",
          "fenced",
          "after",
          "stop-limit",
          "past-stop-limit",
          "ports",
          "sockets",
          "client-address",
          GateLimits.CONNECTIONS,
          GateLimits.PER_CLIENT,
          "queue",
          "check");
  private static final Section.Shape SHAPE =
      new Section.Shape(
          "a service",
          KEYS,
          Map.of("hooks", "run hooks of one service: they stand at the top of the plan"));

  /** The words of {@code start}; anything else is a command. */
  private static final Map<String, Service.When> WHEN =
      Map.of(
          "at-cutover", Service.When.AT_CUTOVER, "already-running", Service.When.ALREADY_RUNNING);

  private static final Map<String, Service.Past> PAST =
      Map.of("end", Service.Past.END, "back", Service.Past.BACK);

  private static final Section.Shape QUEUE =
      new Section.Shape("a queue", List.of("exim", "postfix", "sendmail", "drain"));

  private static final Duration STOP_LIMIT_MIN = Duration.ofMillis(100);
  private static final Duration STOP_LIMIT_MAX = Duration.ofMinutes(5);

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9@._-]{0,63}");

  /** systemd.unit(5): the characters of a unit name, and the types that can be started. */
  private static final Pattern UNIT =
      Pattern.compile("[A-Za-z0-9:_.\\\\@-]+\\.(service|socket|target|mount|path|timer|scope)");

  private static final Section.Shape START =
      new Section.Shape("how a service is started", List.of("command", "when"));

  private static final String COMMAND =
      "a list of arguments such as [service, nginx, %s]; no shell";

  private static final Map<String, ClientAddress> CLIENT_ADDRESSES = new LinkedHashMap<>();

  static {
    CLIENT_ADDRESSES.put("transparent", ClientAddress.TRANSPARENT);
    CLIENT_ADDRESSES.put("proxy-v2", ClientAddress.PROXY_V2);
    CLIENT_ADDRESSES.put("proxy-v1", ClientAddress.PROXY_V1);
    CLIENT_ADDRESSES.put("plain", ClientAddress.PLAIN);
  }

  private final Problems problems;
  private final Values values;
  private final CheckReader checks;

  // What may stand only once in the plan, with the line where it was first.
  private final Map<String, Integer> names = new HashMap<>();
  private final Map<String, Integer> units = new HashMap<>();
  private final Map<String, Node> withQueue = new HashMap<>();
  private final Map<Node, FileTree> queues = new LinkedHashMap<>();
  private final Map<String, Integer> scripts = new HashMap<>();
  private final Map<Integer, Integer> ports = new HashMap<>();
  private final Map<String, Integer> sockets = new HashMap<>();

  /** The name of the service that was read last. */
  private @Nullable String last;

  ServicesReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
    this.checks = new CheckReader(problems);
  }

  List<PlannedService> read(Node node) {
    List<PlannedService> services = values.list(node, "services", EXPECTED, this::service);
    checkStopsBeforeStore(services);
    return services;
  }

  /**
   * A mail that is accepted after the store has stopped stays in the queue, and one that is in
   * delivery then may be delivered twice.
   */
  private void checkStopsBeforeStore(List<PlannedService> services) {
    Map<String, Service> byName = new HashMap<>();
    services.forEach(planned -> byName.put(planned.service().name(), planned.service()));
    for (PlannedService planned : services) {
      Node node = withQueue.get(planned.service().name());
      for (Service store : byName.values()) {
        boolean isStore =
            store.checks().stream()
                .anyMatch(check -> check instanceof Check.Imap || check instanceof Check.Pop3);
        if (node != null
            && isStore
            && !store.name().equals(planned.service().name())
            && !comesAfter(planned.service(), store.name(), byName)) {
          problems.add(
              node,
              "queue: %s has to stop before the store %s that it may deliver to: name it after that one in the list, or in its \"after\""
                  .formatted(planned.service().name(), store.name()));
        }
      }
    }
  }

  /** Services stand after those that they wait for, so this ends. */
  private static boolean comesAfter(Service service, String other, Map<String, Service> byName) {
    for (String name : service.after()) {
      Service before = byName.get(name);
      if (name.equals(other) || (before != null && comesAfter(before, other, byName))) {
        return true;
      }
    }
    return false;
  }

  /** {@code postfix}, or { postfix: /var/spool/postfix, drain: 1s }, or one of the other kinds. */
  private @Nullable Queue queue(Node node) {
    if (!(node instanceof MappingNode)) {
      Optional<Queue.Kind> kind =
          node instanceof ScalarNode scalar ? Queue.Kind.of(scalar.getValue()) : Optional.empty();
      return kind.isEmpty()
          ? values.wrong(
              node,
              "queue",
              "one of exim, postfix, sendmail, or its directory too: { postfix: /var/spool/postfix }")
          : new Queue(kind.get(), kind.get().usualPath(), Queue.DEFAULT_DRAIN);
    }
    Section section = Section.open(node, QUEUE, problems);
    if (section == null) {
      return null;
    }
    List<Queue.Kind> kinds =
        Arrays.stream(Queue.Kind.values()).filter(kind -> section.has(kind.word())).toList();
    if (kinds.size() != 1) {
      problems.add(node, "queue: expected exactly one of exim, postfix, sendmail");
      return null;
    }
    Queue.Kind kind = kinds.getFirst();
    Node pathNode = Objects.requireNonNull(section.get(kind.word()));
    String path = values.path(pathNode, kind.word());
    Node drainNode = section.get("drain");
    Duration drain =
        drainNode == null
            ? Queue.DEFAULT_DRAIN
            : values.duration(drainNode, "drain", Duration.ZERO, STOP_LIMIT_MAX);
    return path == null || drain == null ? null : new Queue(kind, path, drain);
  }

  /** What {@code start} says: when the service is started, and the command where it is one. */
  private record Start(Service.When when, @Nullable Node command) {}

  /** The queues as trees that move, by where they stand. */
  Map<Node, FileTree> queues() {
    return queues;
  }

  /** Whether a service of the plan listens there. */
  boolean hasPort(int port) {
    return ports.containsKey(port);
  }

  private @Nullable PlannedService service(Node node) {
    Section section = Section.open(node, SHAPE, problems);
    return section == null ? null : service(section, null);
  }

  /**
   * Reads the keys of a service.
   *
   * @param otherwise its name when it has none; null: it must have one
   */
  @Nullable PlannedService service(Section section, @Nullable String otherwise) {
    String name = name(section, otherwise);
    Start start = start(section.get("start"));
    Control control = control(section, start.command());
    List<String> after = after(section);
    Service.Stopping stopping = stopping(section);
    if (name != null) {
      last = name;
    }
    Node portsNode = section.get("ports");
    List<Integer> ports =
        portsNode == null
            ? List.of()
            : values.list(portsNode, "ports", "a list of ports such as [80, 443]", this::port);
    ClientAddress clientAddress = clientAddress(section);
    Node socketsNode = section.get("sockets");
    List<Path> sockets =
        socketsNode == null
            ? List.of()
            : values.list(
                socketsNode,
                "sockets",
                "a list of paths such as [/run/mysqld/mysqld.sock]",
                this::socket);
    GateLimits limits = limits(section, ports, sockets);
    Node checkNode = section.get("check");
    List<Check> checks =
        checkNode == null
            ? ports.stream().<Check>map(Check.Tcp::new).toList()
            : this.checks.read(checkNode);
    Node queueNode = section.get("queue");
    Queue queue = queueNode == null ? null : queue(queueNode);
    if (queueNode != null && start.when() == Service.When.ALREADY_RUNNING) {
      problems.add(
          queueNode,
          "queue: found in a service that runs already on new, which would not see what is carried there; expected `start: at-cutover`");
    }
    if (queueNode != null && name != null) {
      withQueue.put(name, queueNode);
    }
    if (queueNode != null && queue != null) {
      queues.put(queueNode, new FileTree(queue.path(), queue.path(), queue.excludes()));
    }
    return name == null || control == null
        ? null
        : new PlannedService(
            new Service(name, control, ports, checks, after, start.when(), stopping),
            clientAddress,
            sockets,
            limits,
            queue);
  }

  /** What could not be obeyed is told: a limit of who does not come by the gate. */
  private GateLimits limits(Section section, List<Integer> ports, List<Path> sockets) {
    for (String key : GateLimits.KEYS) {
      Node node = section.get(key);
      boolean isForPortsOnly = key.equals(GateLimits.PER_CLIENT);
      if (node != null
          && ports.isEmpty()
          && !section.hasOrMeant("ports")
          && (isForPortsOnly || (sockets.isEmpty() && !section.hasOrMeant("sockets")))) {
        problems.add(
            node,
            isForPortsOnly
                ? "per-client: found in a service without ports: clients of unix sockets have no address"
                : "max: found in a service without ports and sockets, to which no client comes");
      }
    }
    return Objects.requireNonNullElse(GateLimits.read(section, values), GateLimits.NONE);
  }

  private @Nullable String name(Section section, @Nullable String otherwise) {
    if (otherwise != null && !section.hasOrMeant("name")) {
      once(names, otherwise, section.node(), "the name \"" + otherwise + "\"");
      return otherwise;
    }
    Node node = section.require("name", "a name for the service");
    if (node == null) {
      return null;
    }
    String expected = "a name of letters, digits and @._- of at most 64 characters";
    String name = values.text(node, "name", expected);
    if (name == null) {
      return null;
    }
    if (!NAME.matcher(name).matches()) {
      return values.wrong(node, "name", expected);
    }
    once(names, name, node, "the name \"" + name + "\"");
    return name;
  }

  /** {@code at-cutover}, {@code already-running}, a command, or { command, when } for both. */
  private Start start(@Nullable Node node) {
    if (node instanceof ScalarNode scalar) {
      Service.When when = WHEN.get(scalar.getValue());
      if (when == null) {
        values.wrong(
            node, "start", "at-cutover, already-running, or a command: a list of arguments");
        when = Service.When.AT_CUTOVER;
      }
      return new Start(when, null);
    }
    if (!(node instanceof MappingNode)) {
      return new Start(Service.When.AT_CUTOVER, node);
    }
    Section section = Section.open(node, START, problems);
    Node command = section == null ? null : section.require("command", "a list of arguments");
    Node whenNode = section == null ? null : section.get("when");
    Service.When when = Service.When.AT_CUTOVER;
    if (whenNode != null) {
      when = word(whenNode, "when", WHEN, Service.When.AT_CUTOVER);
    }
    return new Start(when, command);
  }

  private @Nullable Control control(Section section, @Nullable Node start) {
    Node unit = section.get("unit");
    Node script = section.get("script");
    if (unit != null || script != null) {
      String whole = unit != null ? "unit" : "script";
      for (String key : List.of("script", "start", "stop", "state", "fence", "unfence", "fenced")) {
        Node other = key.equals("start") ? start : section.get(key);
        if (other != null && !key.equals(whole)) {
          problems.add(other, key + ": found beside \"" + whole + "\", expected one of them");
        }
      }
      return unit != null ? unit(unit) : script(Objects.requireNonNull(script));
    }
    if (section.hasOrMeant("unit") || section.hasOrMeant("script")) {
      return null;
    }
    if (start == null && !section.has("stop") && !section.has("state")) {
      problems.add(
          section.node(),
          "\"unit\" is missing: expected a systemd unit, an init script (\"script\"), or start, stop and state commands");
      return null;
    }
    if (start == null && !section.hasOrMeant("start")) {
      Node unused = section.require("start", COMMAND.formatted("start"));
    } else if (start == null && section.get("start") instanceof ScalarNode scalar) {
      problems.add(
          scalar,
          "start: found no command, expected { command: [service, nginx, start], when: at-cutover }");
    }
    if (section.has("fence") != section.has("unfence")) {
      String key = section.has("fence") ? "fence" : "unfence";
      Node node = section.get(key);
      problems.add(
          node == null ? section.node() : node,
          key + ": found alone, expected both \"fence\" and \"unfence\", which undoes it");
    }
    Node fenced = section.get("fenced");
    if (fenced != null && !section.has("fence")) {
      problems.add(
          fenced, "fenced: found without \"fence\", the command whose fence it is to tell of");
    }
    return new Control.Commands(
        start == null ? List.of() : command(start, "start"),
        requiredCommand(section, "stop"),
        requiredCommand(section, "state"),
        optionalCommand(section, "fence"),
        optionalCommand(section, "unfence"),
        optionalCommand(section, "fenced"));
  }

  private @Nullable Control script(Node node) {
    String expected = "the name of a script in /etc/init.d, such as dovecot";
    String script = values.text(node, "script", expected);
    if (script == null) {
      return null;
    }
    if (!NAME.matcher(script).matches()) {
      return values.wrong(node, "script", expected);
    }
    once(scripts, script, node, "the script \"" + script + "\"");
    return new Control.Script(script);
  }

  /** Those before it; without the key the one that stands before it in the list. */
  private List<String> after(Section section) {
    Node node = section.get("after");
    if (node == null) {
      return last == null ? List.of() : List.of(last);
    }
    if (node instanceof SequenceNode sequence && sequence.getValue().isEmpty()) {
      return List.of();
    }
    String expected = "the names of services that stand before it, such as [dovecot]";
    return values.list(
        node,
        "after",
        expected,
        child -> {
          String name = values.text(child, "after", expected);
          if (name != null && !names.containsKey(name)) {
            return values.wrong(child, "after", expected);
          }
          return name;
        });
  }

  private Service.Stopping stopping(Section section) {
    Node limitNode = section.get("stop-limit");
    Duration limit =
        limitNode == null
            ? null
            : values.duration(limitNode, "stop-limit", STOP_LIMIT_MIN, STOP_LIMIT_MAX);
    Node pastNode = section.get("past-stop-limit");
    Service.Past past = Service.Stopping.DEFAULT.past();
    if (pastNode != null) {
      past = word(pastNode, "past-stop-limit", PAST, past);
    }
    return new Service.Stopping(limit == null ? Service.Stopping.DEFAULT.limit() : limit, past);
  }

  private <T> T word(Node node, String key, Map<String, T> words, T otherwise) {
    T found = node instanceof ScalarNode scalar ? words.get(scalar.getValue()) : null;
    if (found == null) {
      Object unused =
          values.wrong(
              node, key, "one of " + String.join(", ", words.keySet().stream().sorted().toList()));
      return otherwise;
    }
    return found;
  }

  private @Nullable Control unit(Node node) {
    String expected = "a systemd unit with its type, such as nginx.service";
    String unit = values.text(node, "unit", expected);
    if (unit == null) {
      return null;
    }
    if (!UNIT.matcher(unit).matches()) {
      boolean typeless = UNIT.matcher(unit + ".service").matches();
      return values.wrong(
          node,
          "unit",
          typeless ? expected + "; did you mean \"" + unit + ".service\"?" : expected);
    }
    once(units, unit, node, "the unit \"" + unit + "\"");
    return new Control.Unit(unit);
  }

  private List<String> requiredCommand(Section section, String key) {
    String action = key.equals("state") ? "status" : key;
    Node node = section.require(key, COMMAND.formatted(action));
    return node == null ? List.of() : command(node, key);
  }

  private List<String> optionalCommand(Section section, String key) {
    Node node = section.get(key);
    return node == null ? List.of() : command(node, key);
  }

  private List<String> command(Node node, String key) {
    return values.command(node, key, COMMAND.formatted(key.equals("state") ? "status" : key));
  }

  private @Nullable Integer port(Node node) {
    Integer port = values.port(node, "ports");
    if (port != null) {
      once(ports, port, node, "port " + port);
    }
    return port;
  }

  private @Nullable Path socket(Node node) {
    String path = values.path(node, "sockets");
    if (path == null) {
      return null;
    }
    if (!PortGroup.isSocketPath(path)) {
      return values.wrong(
          node, "sockets", "a path of at most " + PortGroup.PATH_BYTES_MAX + " bytes");
    }
    once(sockets, path, node, "the socket " + path);
    return Path.of(path);
  }

  private ClientAddress clientAddress(Section section) {
    Node node = section.get("client-address");
    if (node == null) {
      return ClientAddress.TRANSPARENT;
    }
    ClientAddress found =
        node instanceof ScalarNode scalar ? CLIENT_ADDRESSES.get(scalar.getValue()) : null;
    if (found == null) {
      String typed = node instanceof ScalarNode scalar ? scalar.getValue() : "";
      String nearest = Nearest.to(typed, CLIENT_ADDRESSES.keySet());
      String expected = "one of " + String.join(", ", CLIENT_ADDRESSES.keySet());
      values.wrong(
          node,
          "client-address",
          nearest == null ? expected : expected + "; did you mean \"" + nearest + "\"?");
      return ClientAddress.TRANSPARENT;
    }
    if (!section.has("ports")) {
      problems.add(
          node, "client-address: found in a service without ports, where it means nothing");
    }
    return found;
  }

  private <T> void once(Map<T, Integer> seen, T value, Node node, String what) {
    Integer first = seen.putIfAbsent(value, Problems.line(node));
    if (first != null) {
      problems.add(node, what + " is given twice, first in line " + first);
    }
  }
}
