package dev.godwit.plan;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** One mapping of the plan with the keys that it may have. Every other key is a problem. */
final class Section {
  /**
   * The shape of a mapping.
   *
   * @param name with its article, for messages: {@code a service}
   * @param keys what it may have, in the order in which messages list them
   * @param later keys that the format has and this version does not obey, with what is missing;
   *     they are refused because a plan that is obeyed in part is worse than none
   * @param never keys that mean something elsewhere and cannot be obeyed here, with the reason
   */
  record Shape(
      String name, List<String> keys, Map<String, String> later, Map<String, String> never) {
    Shape(String name, List<String> keys) {
      this(name, keys, Map.of());
    }

    Shape(String name, List<String> keys, Map<String, String> later) {
      this(name, keys, later, Map.of());
    }
  }

  private final Node node;
  private final Problems problems;
  private final Map<String, Node> values = new HashMap<>();

  /** What unknown keys were probably meant to be; telling that these are missing adds nothing. */
  private final Set<String> meant = new HashSet<>();

  private Section(Node node, Problems problems) {
    this.node = node;
    this.problems = problems;
  }

  /** Null, and a problem, when the node is no mapping. */
  static @Nullable Section open(Node node, Shape shape, Problems problems) {
    if (!(node instanceof MappingNode mapping) || !node.getTag().equals(Tag.MAP)) {
      problems.add(
          node,
          "found "
              + Problems.describe(node)
              + ", expected "
              + shape.name()
              + ": a mapping with keys of "
              + String.join(", ", shape.keys()));
      return null;
    }
    Section section = new Section(node, problems);
    for (NodeTuple tuple : mapping.getValue()) {
      section.take(tuple, shape);
    }
    return section;
  }

  Node node() {
    return node;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** Whether it is there, or a misspelling of it that has been told. */
  boolean hasOrMeant(String key) {
    return has(key) || meant.contains(key);
  }

  @Nullable Node get(String key) {
    return values.get(key);
  }

  /** The value of a key that must be there. */
  @Nullable Node require(String key, String expected) {
    Node value = values.get(key);
    if (value == null && !meant.contains(key)) {
      problems.add(node, "\"" + key + "\" is missing: expected " + expected);
    }
    return value;
  }

  private void take(NodeTuple tuple, Shape shape) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      problems.add(
          tuple.getKeyNode(),
          "found " + Problems.describe(tuple.getKeyNode()) + " as a key, expected a word");
      return;
    }
    String name = key.getValue();
    String later = shape.later().get(name);
    String never = shape.never().get(name);
    if (never != null) {
      problems.add(key, "\"" + name + "\": " + never);
    } else if (later != null) {
      problems.add(key, "\"" + name + "\": not yet: this version of Godwit does not " + later);
    } else if (!shape.keys().contains(name)) {
      problems.add(key, unknown(name, shape));
    } else if (values.containsKey(name)) {
      int first = Problems.line(values.get(name));
      problems.add(key, "\"" + name + "\" is given twice, first in line " + first);
    } else {
      values.put(name, tuple.getValueNode());
    }
  }

  private String unknown(String name, Shape shape) {
    String found = "unknown key " + Problems.quote(name) + " in " + shape.name();
    String nearest = Nearest.to(name, shape.keys());
    if (nearest == null) {
      return found + ", expected one of " + String.join(", ", shape.keys());
    }
    meant.add(nearest);
    return found + "; did you mean \"" + nearest + "\"?";
  }
}
