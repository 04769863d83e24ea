package dev.godwit.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
 * A configuration file in YAML 1.2, node by node. Problems are collected with line and column, so
 * that all of them can be told together. For one thread.
 */
public final class ConfigFile {
  private static final int FILE_BYTES_MAX = 4 << 20;
  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setSchema(new CoreSchema())
          .setAllowDuplicateKeys(true) // told with the place of both
          .setAllowRecursiveKeys(false)
          .setMaxAliasesForCollections(50)
          .setCodePointLimit(FILE_BYTES_MAX)
          .build();

  private final Path file;
  private final List<String> problems = new ArrayList<>();

  public ConfigFile(Path file) {
    this.file = file;
  }

  /**
   * The outermost node.
   *
   * @param expected what an empty file lacks, for people
   * @return null when it cannot be read, which is a problem noted
   */
  public @Nullable Node root(String expected) {
    try {
      Optional<Node> root = new Compose(SETTINGS).composeString(text());
      if (root.isEmpty()) {
        problems.add(file + ": the file is empty, expected " + expected);
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
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
  }

  /** The entries of a mapping; a key that is there twice is a problem noted. */
  public List<NodeTuple> entries(MappingNode map) {
    Map<String, Node> seen = new HashMap<>();
    for (NodeTuple entry : map.getValue()) {
      Node before = seen.putIfAbsent(key(entry), entry.getKeyNode());
      if (before != null) {
        problem(entry.getKeyNode(), "the key " + key(entry) + " is there twice");
      }
    }
    return map.getValue();
  }

  /** The key of an entry; empty when it is no word. */
  public static String key(NodeTuple entry) {
    return entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  /** One word or number of the file, and where it stands. */
  public record Value(String text, Node place) {}

  /** A scalar, the scalars of a list, or {@code key=value} for each entry of a mapping. */
  public List<Value> values(Node node) {
    List<Value> values = new ArrayList<>();
    if (node instanceof SequenceNode list) {
      list.getValue().forEach(item -> scalar(item, "", values));
    } else if (node instanceof MappingNode map) {
      for (NodeTuple entry : entries(map)) {
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

  /**
   * One value.
   *
   * @param reading throws IllegalArgumentException, for people, for what is none
   * @return null when it was a problem, which is noted
   */
  public <T> @Nullable T single(Node node, Function<String, T> reading) {
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

  /** Notes a problem at a place of the file. */
  public void problem(Node node, String message) {
    problem(node.getStartMark(), message);
  }

  private void problem(Optional<Mark> mark, String message) {
    String place = mark.map(m -> ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1)).orElse("");
    problems.add(file + place + ": " + message);
  }

  /** How many problems there are so far. */
  public int problemCount() {
    return problems.size();
  }

  /**
   * @throws RulesException with every problem, when there is any
   */
  public void throwIfAny() throws RulesException {
    if (!problems.isEmpty()) {
      throw new RulesException(problems);
    }
  }
}
