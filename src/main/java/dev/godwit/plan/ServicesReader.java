package dev.godwit.plan;

import dev.godwit.forward.ClientAddress;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads {@code services}: what is stopped on old and started on new. */
final class ServicesReader {
  static final String EXPECTED = "a list of the services that are moved, in start order";
  private static final Section.Shape SHAPE =
      new Section.Shape(
          "a service",
          List.of("name", "unit", "start", "stop", "state", "ports", "client-address", "check"),
          Map.of("queue", "carry queues", "hooks", "run hooks"));

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9@._-]{0,63}");

  /** systemd.unit(5): the characters of a unit name, and the types that can be started. */
  private static final Pattern UNIT =
      Pattern.compile("[A-Za-z0-9:_.\\\\@-]+\\.(service|socket|target|mount|path|timer|scope)");

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
  private final Map<Integer, Integer> ports = new HashMap<>();

  ServicesReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
    this.checks = new CheckReader(problems);
  }

  List<PlannedService> read(Node node) {
    return values.list(node, "services", EXPECTED, this::service);
  }

  /** Whether a service of the plan listens there. */
  boolean hasPort(int port) {
    return ports.containsKey(port);
  }

  private @Nullable PlannedService service(Node node) {
    Section section = Section.open(node, SHAPE, problems);
    if (section == null) {
      return null;
    }
    String name = name(section);
    Control control = control(section);
    Node portsNode = section.get("ports");
    List<Integer> ports =
        portsNode == null
            ? List.of()
            : values.list(portsNode, "ports", "a list of ports such as [80, 443]", this::port);
    ClientAddress clientAddress = clientAddress(section);
    Node checkNode = section.get("check");
    List<Check> checks =
        checkNode == null
            ? ports.stream().<Check>map(Check.Tcp::new).toList()
            : this.checks.read(checkNode);
    return name == null || control == null
        ? null
        : new PlannedService(new Service(name, control, ports, checks), clientAddress);
  }

  private @Nullable String name(Section section) {
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

  private @Nullable Control control(Section section) {
    Node start = section.get("start");
    if (start instanceof ScalarNode scalar
        && List.of("at-cutover", "already-running").contains(scalar.getValue())) {
      problems.add(
          start,
          "\"start: "
              + scalar.getValue()
              + "\": not yet: this version of Godwit starts every service at the cut-over");
      start = null;
    }
    Node unit = section.get("unit");
    if (unit != null) {
      for (String key : List.of("start", "stop", "state")) {
        Node other = key.equals("start") ? start : section.get(key);
        if (other != null) {
          problems.add(other, key + ": found beside \"unit\", expected one of them");
        }
      }
      return unit(unit);
    }
    if (section.hasOrMeant("unit")) {
      return null;
    }
    if (!section.has("start") && !section.has("stop") && !section.has("state")) {
      problems.add(
          section.node(),
          "\"unit\" is missing: expected a systemd unit, or start, stop and state commands");
      return null;
    }
    List<String> startCommand = start == null ? List.of() : command(section, "start");
    List<String> stopCommand = command(section, "stop");
    List<String> stateCommand = command(section, "state");
    return new Control.Commands(startCommand, stopCommand, stateCommand);
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

  /** An argument list whose program is a name for the PATH or an absolute path. */
  private List<String> command(Section section, String key) {
    String expected = "a list of arguments such as [service, nginx, " + key(key) + "]; no shell";
    Node node = section.require(key, expected);
    if (node == null) {
      return List.of();
    }
    List<String> command = values.arguments(node, key, expected);
    String program = command.isEmpty() ? "/" : command.getFirst();
    if (program.isEmpty() || (program.contains("/") && !program.startsWith("/"))) {
      problems.add(
          node,
          "%s: found the program %s, expected a name or an absolute path"
              .formatted(key, Problems.quote(program)));
    }
    return command;
  }

  private static String key(String key) {
    return key.equals("state") ? "status" : key;
  }

  private @Nullable Integer port(Node node) {
    Integer port = values.port(node, "ports");
    if (port != null) {
      once(ports, port, node, "port " + port);
    }
    return port;
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
