package dev.godwit.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The kinds of values that a plan has. Each method returns null after it has added a problem; each
 * takes the key's name, which begins the message.
 */
final class Values {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,7})(ms|s|m|h)");

  private final Problems problems;

  Values(Problems problems) {
    this.problems = problems;
  }

  /** Always null, so that a caller can return it as the value that it does not have. */
  @SuppressWarnings("TypeParameterUnusedInFormals") // null is of every type
  <T> @Nullable T wrong(Node node, String key, String expected) {
    problems.add(node, key + ": found " + Problems.describe(node) + ", expected " + expected);
    return null;
  }

  /** A text that is not empty and has no control characters. */
  @Nullable String text(Node node, String key, String expected) {
    if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.STR)) {
      return wrong(node, key, expected);
    }
    String value = scalar.getValue();
    if (value.isEmpty() || value.codePoints().anyMatch(Problems::isUnprintable)) {
      return wrong(node, key, expected);
    }
    return value;
  }

  /** A whole number that is written with digits only. */
  @Nullable Integer number(Node node, String key, int from, int to, String expected) {
    if (node instanceof ScalarNode scalar
        && scalar.getTag().equals(Tag.INT)
        && scalar.getValue().matches("[0-9]{1,9}")) {
      int value = Integer.parseInt(scalar.getValue());
      if (value >= from && value <= to) {
        return value;
      }
    }
    return wrong(node, key, expected);
  }

  /** 0 where nothing is said; null when what is said is wrong. */
  @Nullable Integer numberOrNone(Section section, String key, int max, String expected) {
    Node node = section.get(key);
    return node == null ? Integer.valueOf(0) : number(node, key, 1, max, expected);
  }

  @Nullable Integer port(Node node, String key) {
    return number(node, key, 1, 65535, "a port from 1 to 65535");
  }

  /** An absolute path in its shortest form, without a slash at the end. */
  @Nullable String path(Node node, String key) {
    if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.STR)) {
      return wrong(node, key, "an absolute path");
    }
    String path = scalar.getValue();
    if (!path.startsWith("/")) {
      return wrong(node, key, "an absolute path, beginning with /");
    }
    if (path.indexOf('\0') >= 0) {
      return wrong(node, key, "a path without NUL characters");
    }
    String shortest =
        path.length() > 1 && path.endsWith("/")
            ? path.substring(1, path.length() - 1)
            : path.substring(1);
    for (String name : shortest.split("/", -1)) {
      if (name.equals(".") || name.equals("..") || (name.isEmpty() && !shortest.isEmpty())) {
        return wrong(node, key, "an absolute path without //, . and ..");
      }
    }
    return "/" + shortest;
  }

  /** A number with its unit: {@code 500ms}, {@code 5s}, {@code 2m}, {@code 1h}. */
  @Nullable Duration duration(Node node, String key, Duration from, Duration to) {
    String expected =
        "a duration such as 500ms, 5s or 2m, from " + display(from) + " to " + display(to);
    if (!(node instanceof ScalarNode scalar)) {
      return wrong(node, key, expected);
    }
    Matcher matcher = DURATION.matcher(scalar.getValue());
    if (!matcher.matches()) {
      return wrong(node, key, expected);
    }
    long count = Long.parseLong(matcher.group(1));
    Duration value =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofHours(count);
        };
    boolean fits = value.compareTo(from) >= 0 && value.compareTo(to) <= 0;
    return fits ? value : wrong(node, key, expected);
  }

  /** A list with at least one element; elements that are wrong are left out. Never null. */
  <T> List<T> list(Node node, String key, String expected, Function<Node, @Nullable T> element) {
    if (!(node instanceof SequenceNode sequence) || !node.getTag().equals(Tag.SEQ)) {
      wrong(node, key, expected);
      return List.of();
    }
    if (sequence.getValue().isEmpty()) {
      problems.add(node, key + ": found an empty list, expected " + expected);
    }
    List<T> values = new ArrayList<>();
    for (Node child : sequence.getValue()) {
      T value = element.apply(child);
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  /** A program's arguments; numbers and truth values are taken as they are written. */
  List<String> arguments(Node node, String key, String expected) {
    return list(node, key, expected, child -> argument(child, key));
  }

  /** An argument list whose program is a name for the PATH or an absolute path. */
  List<String> command(Node node, String key, String expected) {
    List<String> command = arguments(node, key, expected);
    String program = command.isEmpty() ? "/" : command.getFirst();
    if (program.isEmpty() || (program.contains("/") && !program.startsWith("/"))) {
      problems.add(
          node,
          "%s: found the program %s, expected a name or an absolute path"
              .formatted(key, Problems.quote(program)));
    }
    return command;
  }

  /** A command that brings something somewhere, which {@code {to}} in it says. */
  List<String> towards(Node node, String key, String expected) {
    List<String> command = command(node, key, expected);
    if (command.stream().noneMatch(word -> word.contains("{to}"))) {
      problems.add(node, key + ": {to} does not occur in it, so it cannot know where to");
    }
    return command;
  }

  /** The text of a key that must be there. */
  @Nullable String required(Section section, String key, String expected) {
    Node node = section.require(key, expected);
    return node == null ? null : text(node, key, expected);
  }

  private @Nullable String argument(Node node, String key) {
    boolean word =
        node instanceof ScalarNode scalar
            && List.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL).contains(scalar.getTag())
            && scalar.getValue().indexOf('\0') < 0;
    return word ? ((ScalarNode) node).getValue() : wrong(node, key, "one argument, a text");
  }

  private static String display(Duration duration) {
    if (duration.toMillis() % 1000 != 0) {
      return duration.toMillis() + "ms";
    }
    return duration.toSeconds() % 60 == 0 && !duration.isZero()
        ? duration.toMinutes() + "m"
        : duration.toSeconds() + "s";
  }
}
