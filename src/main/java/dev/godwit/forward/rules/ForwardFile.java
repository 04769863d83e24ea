package dev.godwit.forward.rules;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads {@code forwards.yaml}. Nothing in it is ignored, and all its problems are told together,
 * with line and column.
 */
public final class ForwardFile {
  private static final int FILE_BYTES_MAX = 4 << 20;
  private static final int FORWARDS_MAX = 1000;
  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setLabel("forwards")
          .setSchema(new CoreSchema())
          .setAllowDuplicateKeys(true) // told with the place of both
          .setAllowRecursiveKeys(false)
          .setMaxAliasesForCollections(50)
          .setCodePointLimit(FILE_BYTES_MAX)
          .build();

  private final Path file;
  private final List<String> problems = new ArrayList<>();
  private final List<ForwardRule> rules = new ArrayList<>();
  private int connectionsMax;
  private Duration drainLimit = ForwardDefaults.DRAIN_LIMIT;
  private @Nullable Path control;
  private @Nullable InetSocketAddress metrics;

  private ForwardFile(Path file) {
    this.file = file;
  }

  /**
   * @throws RulesException with every problem of the file, or that it cannot be read
   */
  public static ForwardRules read(Path file) throws RulesException {
    ForwardFile reader = new ForwardFile(file);
    Node root = reader.compose();
    if (root != null) {
      reader.root(root);
    }
    if (!reader.problems.isEmpty()) {
      throw new RulesException(reader.problems);
    }
    return new ForwardRules(
        reader.rules, reader.connectionsMax, reader.drainLimit, reader.control, reader.metrics);
  }

  private @Nullable Node compose() {
    try {
      Optional<Node> root = new Compose(SETTINGS).composeString(text());
      if (root.isEmpty()) {
        problems.add(file + ": the file is empty, expected `forwards:`");
      }
      return root.orElse(null);
    } catch (MarkedYamlEngineException e) {
      problem(e.getProblemMark().or(e::getContextMark), "not YAML 1.2: " + e.getProblem());
    } catch (YamlEngineException e) {
      problems.add(file + ": not YAML 1.2: " + e.getMessage());
    } catch (NoSuchFileException e) {
      problems.add(file + ": no such file");
    } catch (CharacterCodingException e) {
      problems.add(file + ": not UTF-8 text");
    } catch (IOException e) {
      problems.add("unable to read " + file + ": " + e.getMessage());
    }
    return null;
  }

  private String text() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(FILE_BYTES_MAX + 1);
      if (bytes.length > FILE_BYTES_MAX) {
        throw new IOException("it is larger than 4 MiB");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes)).toString();
    }
  }

  private void root(Node root) {
    if (!(root instanceof MappingNode map)) {
      problem(root, "expected `forwards:` and a name for each forward");
      return;
    }
    boolean found = false;
    for (NodeTuple entry : unique(map)) {
      String key = key(entry);
      Node value = entry.getValueNode();
      switch (key) {
        case "forwards" -> {
          found = true;
          forwards(value);
        }
        case "max" -> {
          Integer max = single(value, RuleBuilder::count);
          connectionsMax = max == null ? 0 : max;
        }
        case "drain" -> {
          Duration limit = single(value, RuleBuilder::duration);
          drainLimit = limit == null ? drainLimit : limit;
        }
        case "control" -> control = single(value, ForwardFile::absolute);
        case "metrics" -> metrics = single(value, RuleBuilder::metrics);
        default ->
            problem(
                entry.getKeyNode(),
                "found the key " + key + ", expected forwards, max, drain, control or metrics");
      }
    }
    if (!found) {
      problem(root, "`forwards:` is missing");
    }
  }

  private static Path absolute(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("found " + text + ", expected a path from the root on");
    }
    return Path.of(text);
  }

  private void forwards(Node node) {
    if (!(node instanceof MappingNode map) || map.getValue().isEmpty()) {
      problem(node, "expected a name for each forward, and below it `listen` and `to`");
      return;
    }
    if (map.getValue().size() > FORWARDS_MAX) {
      problem(node, "more than 1,000 forwards");
      return;
    }
    for (NodeTuple entry : unique(map)) {
      String name = key(entry);
      if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")) {
        problem(entry.getKeyNode(), "a forward's name has letters, digits, `.`, `_` and `-`");
      } else if (entry.getValueNode() instanceof MappingNode rule) {
        rule(name, entry.getKeyNode(), rule);
      } else {
        problem(entry.getValueNode(), "expected `listen` and `to`");
      }
    }
  }

  private void rule(String name, Node place, MappingNode map) {
    int before = problems.size();
    RuleBuilder builder = new RuleBuilder(name);
    for (NodeTuple entry : unique(map)) {
      String key = key(entry);
      if (!RuleBuilder.KEYS.contains(key)) {
        problem(
            entry.getKeyNode(),
            "found the key " + key + ", expected one of " + String.join(", ", RuleBuilder.KEYS));
        continue;
      }
      for (Value value : values(entry.getValueNode())) {
        try {
          builder.add(key, value.text);
        } catch (IllegalArgumentException e) {
          problem(value.place, key + ": " + e.getMessage());
        }
      }
    }
    if (problems.size() == before) {
      try {
        rules.add(builder.build());
      } catch (IllegalArgumentException e) {
        problem(place, name + ": " + e.getMessage());
      }
    }
  }

  private record Value(String text, Node place) {}

  /** A scalar, the scalars of a list, or {@code key=value} for each entry of a mapping. */
  private List<Value> values(Node node) {
    List<Value> values = new ArrayList<>();
    if (node instanceof SequenceNode list) {
      list.getValue().forEach(item -> scalar(item, "", values));
    } else if (node instanceof MappingNode map) {
      for (NodeTuple entry : unique(map)) {
        scalar(entry.getValueNode(), key(entry) + "=", values);
      }
    } else {
      scalar(node, "", values);
    }
    if (values.isEmpty()) {
      problem(node, "expected a value");
    }
    return values;
  }

  private void scalar(Node node, String prefix, List<Value> values) {
    if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
      values.add(new Value(prefix + scalar.getValue(), node));
    } else {
      problem(node, "expected a word or a number");
    }
  }

  /** Null when it was a problem, which is noted. */
  private <T> @Nullable T single(Node node, Function<String, T> reading) {
    if (!(node instanceof ScalarNode scalar)) {
      problem(node, "expected one value");
      return null;
    }
    try {
      return reading.apply(scalar.getValue());
    } catch (IllegalArgumentException e) {
      problem(node, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private List<NodeTuple> unique(MappingNode map) {
    Map<String, Node> seen = new HashMap<>();
    for (NodeTuple entry : map.getValue()) {
      Node before = seen.putIfAbsent(key(entry), entry.getKeyNode());
      if (before != null) {
        problem(entry.getKeyNode(), "the key " + key(entry) + " is there twice");
      }
    }
    return map.getValue();
  }

  private static String key(NodeTuple entry) {
    return entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  private void problem(Node node, String message) {
    problem(node.getStartMark(), message);
  }

  private void problem(Optional<Mark> mark, String message) {
    String place = mark.map(m -> ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1)).orElse("");
    problems.add(file + place + ": " + message);
  }
}
