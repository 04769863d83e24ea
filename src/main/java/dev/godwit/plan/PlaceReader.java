package dev.godwit.plan;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads {@code place}: how the services of one host are pointed at other trees. */
final class PlaceReader {
  private static final Section.Shape SHAPE =
      new Section.Shape("a place", List.of("command", "where", "old", "new", "limit"));
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration LIMIT_MIN = Duration.ofMillis(100);
  private static final Duration LIMIT_MAX = Duration.ofMinutes(1);

  private final Problems problems;
  private final Values values;

  PlaceReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  @Nullable PlannedPlace read(Node node) {
    Section section = Section.open(node, SHAPE, problems);
    if (section == null) {
      return null;
    }
    String filled = "a list of arguments, in which {from} and {to} are filled in";
    Node commandNode = section.require("command", filled);
    List<String> command =
        commandNode == null ? List.of() : values.towards(commandNode, "command", filled);
    String asked = "a list of arguments that writes which place the services use";
    Node whereNode = section.require("where", asked);
    List<String> where = whereNode == null ? List.of() : values.command(whereNode, "where", asked);
    String oldName =
        values.required(section, "old", "what `where` writes while the trees of old are used");
    String newName =
        values.required(section, "new", "what `where` writes while the trees of new are used");
    if (oldName != null && oldName.equals(newName)) {
      problems.add(
          node, "place: \"old\" and \"new\" are the same, so `where` cannot tell them apart");
    }
    Node limitNode = section.get("limit");
    Duration limit =
        limitNode == null ? LIMIT : values.duration(limitNode, "limit", LIMIT_MIN, LIMIT_MAX);
    return oldName == null || newName == null || limit == null
        ? null
        : new PlannedPlace(command, where, oldName, newName, limit);
  }
}
