package dev.godwit.forward.rules;

import dev.godwit.daemon.ConfigFile;
import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * Reads {@code forwards.yaml}. Nothing in it is ignored, and all its problems are told together,
 * with line and column.
 */
public final class ForwardFile {
  private static final int FORWARDS_MAX = 1000;

  private final ConfigFile file;
  private final List<ForwardRule> rules = new ArrayList<>();
  private final Map<Object, List<Taken>> taken = new HashMap<>();
  private int connectionsMax;
  private Duration drainLimit = ForwardDefaults.DRAIN_LIMIT;
  private @Nullable Path control;
  private @Nullable Node controlPlace;
  private @Nullable InetSocketAddress metrics;
  private @Nullable Node metricsPlace;

  /** Who listens where. */
  private record Taken(String group, Listen listen) {}

  private ForwardFile(Path file) {
    this.file = new ConfigFile(file);
  }

  /**
   * @throws RulesException with every problem of the file, or that it cannot be read
   */
  public static ForwardRules read(Path file) throws RulesException {
    ForwardFile reader = new ForwardFile(file);
    Node root = reader.file.root("`forwards:`");
    if (root != null) {
      reader.root(root);
    }
    ForwardRules rules =
        new ForwardRules(
            reader.rules, reader.connectionsMax, reader.drainLimit, reader.control, reader.metrics);
    reader.note(reader.controlPlace, "control: ", rules.problemOfControl());
    reader.note(reader.metricsPlace, "metrics: ", rules.problemOfMetrics());
    reader.file.throwIfAny();
    return rules;
  }

  private void note(@Nullable Node place, String key, @Nullable String problem) {
    if (place != null && problem != null) {
      file.problem(place, key + problem);
    }
  }

  private void root(Node root) {
    if (!(root instanceof MappingNode map)) {
      file.problem(root, "expected `forwards:` and a name for each forward");
      return;
    }
    boolean found = false;
    for (NodeTuple entry : file.entries(map)) {
      String key = ConfigFile.key(entry);
      Node value = entry.getValueNode();
      switch (key) {
        case "forwards" -> {
          found = true;
          forwards(value);
        }
        case "max" -> {
          Integer max = single(key, value, RuleBuilder::count);
          connectionsMax = max == null ? 0 : max;
        }
        case "drain" -> {
          Duration limit = single(key, value, Words::duration);
          drainLimit = limit == null ? drainLimit : limit;
        }
        case "control" -> {
          controlPlace = value;
          control = single(key, value, Words::absolute);
        }
        case "metrics" -> {
          metricsPlace = value;
          metrics = single(key, value, Words::address);
        }
        default ->
            file.problem(
                entry.getKeyNode(),
                "found the key " + key + ", expected forwards, max, drain, control or metrics");
      }
    }
    if (!found) {
      file.problem(root, "`forwards:` is missing");
    }
  }

  private <T> @Nullable T single(String key, Node value, Function<String, T> reading) {
    return file.single(
        value,
        text -> {
          try {
            return reading.apply(text);
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
          }
        });
  }

  private void forwards(Node node) {
    if (!(node instanceof MappingNode map) || map.getValue().isEmpty()) {
      file.problem(node, "expected a name for each forward, and below it `listen` and `to`");
      return;
    }
    if (map.getValue().size() > FORWARDS_MAX) {
      file.problem(node, "more than 1,000 forwards");
      return;
    }
    for (NodeTuple entry : file.entries(map)) {
      String name = ConfigFile.key(entry);
      if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")) {
        file.problem(entry.getKeyNode(), "a forward's name has letters, digits, `.`, `_` and `-`");
      } else if (entry.getValueNode() instanceof MappingNode rule) {
        rule(name, entry.getKeyNode(), rule);
      } else {
        file.problem(entry.getValueNode(), "expected `listen` and `to`");
      }
    }
  }

  /**
   * Whether nothing before it listens there: else the socket of one would be in the other's way.
   */
  private boolean isFree(ForwardRule rule, Node place) {
    for (Listen listen : rule.listens()) {
      List<Taken> there = taken.computeIfAbsent(placeOf(listen), _ -> new ArrayList<>());
      for (Taken before : there) {
        if (listen.clashesWith(before.listen())) {
          file.problem(
              place,
              "%s: unable to listen on %s, because %s listens on %s"
                  .formatted(
                      rule.name(), listen.display(), before.group(), before.listen().display()));
          return false;
        }
      }
      there.add(new Taken(rule.name(), listen));
    }
    return true;
  }

  /** Only those with the same one can be in each other's way. */
  private static Object placeOf(Listen listen) {
    return switch (listen) {
      case Listen.Unix unix -> unix.path();
      case Listen.Port port -> port.port();
    };
  }

  private void rule(String name, Node place, MappingNode map) {
    int before = file.problemCount();
    RuleBuilder builder = new RuleBuilder(name);
    for (NodeTuple entry : file.entries(map)) {
      String key = ConfigFile.key(entry);
      if (!RuleBuilder.KEYS.contains(key)) {
        file.problem(
            entry.getKeyNode(),
            "found the key " + key + ", expected one of " + String.join(", ", RuleBuilder.KEYS));
        continue;
      }
      for (ConfigFile.Value value : file.values(entry.getValueNode())) {
        try {
          builder.add(key, value.text());
        } catch (IllegalArgumentException e) {
          file.problem(value.place(), key + ": " + e.getMessage());
        }
      }
    }
    if (file.problemCount() == before) {
      try {
        ForwardRule built = builder.build();
        if (isFree(built, place)) {
          rules.add(built);
        }
      } catch (IllegalArgumentException e) {
        file.problem(place, name + ": " + e.getMessage());
      }
    }
  }
}
