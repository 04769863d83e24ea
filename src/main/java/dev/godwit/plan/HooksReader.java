package dev.godwit.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads {@code hooks}: commands before and after steps. */
final class HooksReader {
  private static final Section.Shape SHAPE =
      new Section.Shape("a hook", List.of("before", "after", "on", "run", "limit"));
  private static final Map<String, Hook.Where> WHERE =
      Map.of("old", Hook.Where.OLD, "new", Hook.Where.NEW, "here", Hook.Where.HERE);
  private static final Duration LIMIT_MIN = Duration.ofMillis(100);
  private static final Duration LIMIT_MAX = Duration.ofMinutes(60);

  private final Problems problems;
  private final Values values;

  HooksReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  List<Hook> read(Node node) {
    String expected = "a list of hooks such as { before: stop, on: old, run: [/root/announce] }";
    return values.list(node, "hooks", expected, this::hook);
  }

  private @Nullable Hook hook(Node node) {
    Section section = Section.open(node, SHAPE, problems);
    if (section == null) {
      return null;
    }
    String step = step(section);
    Hook.Where on = null;
    Node onNode = section.require("on", "where it is run: old, new or here");
    if (onNode != null) {
      on = onNode instanceof ScalarNode scalar ? WHERE.get(scalar.getValue()) : null;
      if (on == null) {
        on = values.wrong(onNode, "on", "one of old, new, here");
      }
    }
    String expected = "a list of arguments such as [/root/announce, moving]; no shell";
    Node runNode = section.require("run", expected);
    List<String> command = runNode == null ? List.of() : values.command(runNode, "run", expected);
    Node limitNode = section.get("limit");
    Duration limit =
        limitNode == null
            ? Hook.DEFAULT_LIMIT
            : values.duration(limitNode, "limit", LIMIT_MIN, LIMIT_MAX);
    return step == null || on == null || command.isEmpty() || limit == null
        ? null
        : new Hook(section.has("before"), step, on, command, limit);
  }

  private @Nullable String step(Section section) {
    Node before = section.get("before");
    Node after = section.get("after");
    if (before != null && after != null) {
      problems.add(after, "after: found beside \"before\", expected one of them");
      return null;
    }
    Node node = before != null ? before : after;
    if (node == null) {
      if (!section.hasOrMeant("before") && !section.hasOrMeant("after")) {
        problems.add(
            section.node(), "\"before\" is missing: expected it, or \"after\", with a step's name");
      }
      return null;
    }
    String step = node instanceof ScalarNode scalar ? scalar.getValue() : "";
    List<String> known = new ArrayList<>(Hook.STEPS);
    if (before == null) {
      known.add(Hook.TAKE_BACK);
    }
    if (known.contains(step)) {
      return step;
    }
    if (step.equals(Hook.TAKE_BACK)) {
      problems.add(
          node, "before: found \"take-back\": nothing is run before it, expected \"after\"");
      return null;
    }
    String expected = "one of " + String.join(", ", known);
    String nearest = Nearest.to(step, known);
    return values.wrong(
        node,
        before != null ? "before" : "after",
        nearest == null ? expected : expected + "; did you mean \"" + nearest + "\"?");
  }
}
