package dev.godwit.plan;

import dev.godwit.address.FloatingAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads {@code address}: what of the network moves with the services. */
final class AddressReader {
  private static final Section.Shape ANY =
      new Section.Shape(
          "an address",
          List.of("floating", "interface", "command", "where", "address", "old", "new", "limit"));
  private static final Section.Shape FLOATING =
      new Section.Shape("a floating address", List.of("floating", "interface"));
  private static final Section.Shape COMMAND =
      new Section.Shape(
          "an address that a command moves",
          List.of("command", "where", "address", "old", "new", "limit"));
  private static final Section.Shape LINKS =
      new Section.Shape("the interfaces", List.of("old", "new"));

  private static final Pattern WITH_PREFIX = Pattern.compile("([0-9A-Fa-f.:]+)/([0-9]{1,3})");

  /** What the kernel takes as an interface's name. */
  private static final Pattern LINK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9@._-]{0,14}");

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration LIMIT_MAX = Duration.ofMinutes(10);

  private final Problems problems;
  private final Values values;

  AddressReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  @Nullable PlannedAddress read(Node node) {
    if (node instanceof ScalarNode scalar && scalar.getValue().equals("none")) {
      return null;
    }
    Section any = node instanceof MappingNode ? Section.open(node, ANY, new Problems()) : null;
    if (any == null) {
      return values.wrong(
          node, "address", "none, or { floating: 203.0.113.10/24, interface: eth0 }");
    }
    if (any.has("floating")) {
      return floating(node);
    }
    if (any.has("command")) {
      return command(node);
    }
    problems.add(node, "address: expected \"floating\" or \"command\"");
    return null;
  }

  private @Nullable PlannedAddress floating(Node node) {
    Section section = Section.open(node, FLOATING, problems);
    Node addressNode = section == null ? null : section.get("floating");
    if (section == null || addressNode == null) {
      return null;
    }
    Node linkNode = section.require("interface", "the name of an interface, such as eth0");
    String onOld = null;
    String onNew = null;
    if (linkNode instanceof MappingNode) {
      Section links = Section.open(linkNode, LINKS, problems);
      Node oldNode = links == null ? null : links.require("old", "its name on old");
      Node newNode = links == null ? null : links.require("new", "its name on new");
      onOld = oldNode == null ? null : link(oldNode, "old");
      onNew = newNode == null ? null : link(newNode, "new");
    } else if (linkNode != null) {
      onOld = link(linkNode, "interface");
      onNew = onOld;
    }
    String expected = "an address with the length of its prefix, such as 203.0.113.10/24";
    String text = values.text(addressNode, "floating", expected);
    Matcher matcher = text == null ? null : WITH_PREFIX.matcher(text);
    if (matcher == null) {
      return null;
    }
    InetAddress address = matcher.matches() ? literal(matcher.group(1)) : null;
    int prefix = address == null ? 0 : Integer.parseInt(matcher.group(2));
    if (address == null || prefix < 1 || prefix > address.getAddress().length * 8) {
      return values.wrong(addressNode, "floating", expected);
    }
    return onOld == null || onNew == null
        ? null
        : new PlannedAddress.Floating(
            new FloatingAddress(address, prefix, onOld),
            new FloatingAddress(address, prefix, onNew));
  }

  private static @Nullable InetAddress literal(String text) {
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      boolean isOne =
          !address.isAnyLocalAddress()
              && !address.isMulticastAddress()
              && !address.isLoopbackAddress();
      return isOne ? address : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private @Nullable String link(Node node, String key) {
    String expected = "the name of an interface, such as eth0";
    String text = values.text(node, key, expected);
    return text == null || LINK.matcher(text).matches() ? text : values.wrong(node, key, expected);
  }

  private @Nullable PlannedAddress command(Node node) {
    Section section = Section.open(node, COMMAND, problems);
    if (section == null) {
      return null;
    }
    String filled = "a list of arguments, in which {address}, {from} and {to} are filled in";
    Node commandNode = section.get("command");
    List<String> command =
        commandNode == null ? List.of() : values.towards(commandNode, "command", filled);
    Node whereNode =
        section.require("where", "a list of arguments that writes which host has the address");
    List<String> where = whereNode == null ? List.of() : values.command(whereNode, "where", filled);
    String address = values.required(section, "address", "the address as the commands call it");
    String oldName =
        values.required(section, "old", "what `where` writes when the address is on old");
    String newName =
        values.required(section, "new", "what `where` writes when the address is on new");
    Node limitNode = section.get("limit");
    Duration limit =
        limitNode == null
            ? LIMIT
            : values.duration(limitNode, "limit", Duration.ofSeconds(1), LIMIT_MAX);
    return address == null || oldName == null || newName == null || limit == null
        ? null
        : new PlannedAddress.Command(command, where, address, oldName, newName, limit);
  }
}
