package dev.godwit.plan;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Collects what is wrong with a plan, so that one reading tells all of it. */
final class Problems {
  /** Longer values are cut in messages; what is wrong with them is seen at their beginning. */
  private static final int SHOWN_VALUE_MAX_CHARS = 60;

  // A set: a node that two aliases lead to is told once.
  private final Set<PlanProblem> found = new LinkedHashSet<>();

  void add(Node node, String message) {
    found.add(at(node.getStartMark(), message));
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  List<PlanProblem> inOrder() {
    List<PlanProblem> list = new ArrayList<>(found);
    list.sort(null);
    return list;
  }

  static PlanProblem at(Optional<Mark> mark, String message) {
    return new PlanProblem(
        mark.map(Mark::getLine).orElse(-1) + 1, mark.map(Mark::getColumn).orElse(-1) + 1, message);
  }

  static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
  }

  /** What stands there, in the words of the messages: {@code the number 5}. */
  static String describe(Node node) {
    if (node instanceof MappingNode) {
      return node.getTag().equals(Tag.MAP) ? "a mapping" : "a mapping with the tag " + tag(node);
    }
    if (node instanceof SequenceNode) {
      return node.getTag().equals(Tag.SEQ) ? "a list" : "a list with the tag " + tag(node);
    }
    if (!(node instanceof ScalarNode scalar)) {
      return "an alias to what surrounds it";
    }
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return "nothing";
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      return "the number " + scalar.getValue();
    }
    if (tag.equals(Tag.BOOL)) {
      return "the truth value " + scalar.getValue();
    }
    if (tag.equals(Tag.STR)) {
      return quote(scalar.getValue());
    }
    return "a value with the tag " + tag(node);
  }

  /** A text of the plan in quotes, safe to print on a terminal. */
  static String quote(String text) {
    StringBuilder shown = new StringBuilder("\"");
    int length = 0;
    for (int c : text.codePoints().toArray()) {
      if (++length > SHOWN_VALUE_MAX_CHARS) {
        shown.append('…');
        break;
      }
      if (isUnprintable(c)) {
        shown.append(String.format("\\u%04x", c));
      } else {
        shown.appendCodePoint(c);
      }
    }
    return shown.append('"').toString();
  }

  /** Control characters, and the invisible ones that turn or hide what stands beside them. */
  static boolean isUnprintable(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.SURROGATE;
  }

  private static String tag(Node node) {
    return quote(node.getTag().getValue());
  }
}
