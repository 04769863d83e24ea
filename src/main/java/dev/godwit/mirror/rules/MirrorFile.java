package dev.godwit.mirror.rules;

import dev.godwit.daemon.ConfigFile;
import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.OptionTable;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.SyncOption;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads {@code mirror.yaml}. A mirror's keys are the long options without their hyphens, so that
 * nothing has two names. Nothing in it is ignored, and all its problems are told together, with
 * line and column.
 */
public final class MirrorFile {
  private static final int MIRRORS_MAX = 1000;
  private static final String EXPECTED = "`mirrors:`";

  private final ConfigFile file;
  private final Surroundings surroundings;
  private final List<MirrorRule> rules = new ArrayList<>();

  /** Those with something else that is wrong, too. */
  private final List<MirrorRule> all = new ArrayList<>();

  private @Nullable Path control;
  private @Nullable Path pidFile;
  private @Nullable Path logFile;
  private @Nullable InetSocketAddress metrics;
  private Duration stopLimit = MirrorRules.STOP_LIMIT;

  private MirrorFile(Path path, Surroundings surroundings) {
    this.file = new ConfigFile(path);
    this.surroundings = surroundings;
  }

  /**
   * @throws RulesException with every problem of the file, or that it cannot be read
   */
  public static MirrorRules read(Path path, Surroundings surroundings) throws RulesException {
    MirrorFile reader = new MirrorFile(path, surroundings);
    Node root = reader.file.root(EXPECTED);
    if (root != null) {
      reader.root(root);
    }
    reader.file.throwIfAny();
    return new MirrorRules(
        reader.rules,
        reader.control,
        reader.metrics,
        reader.pidFile,
        reader.logFile,
        reader.stopLimit,
        true,
        true,
        null);
  }

  private void root(Node root) {
    if (!(root instanceof MappingNode map)) {
      file.problem(root, "expected " + EXPECTED + " and a name for each mirror");
      return;
    }
    boolean found = false;
    for (NodeTuple entry : file.entries(map)) {
      Node value = entry.getValueNode();
      switch (ConfigFile.key(entry)) {
        case "mirrors" -> {
          found = true;
          mirrors(value);
        }
        case "control" -> control = file.single(value, Words::absolute);
        case "pid-file" -> pidFile = file.single(value, Words::absolute);
        case "log-file" -> logFile = file.single(value, Words::absolute);
        case "metrics" -> metrics = file.single(value, Words::address);
        case "stop-limit" -> {
          Duration limit = file.single(value, Words::duration);
          stopLimit = limit == null ? stopLimit : limit;
        }
        default ->
            file.problem(
                entry.getKeyNode(),
                "found the key "
                    + ConfigFile.key(entry)
                    + ", expected mirrors, control, metrics, pid-file, log-file or stop-limit");
      }
    }
    if (!found) {
      file.problem(root, EXPECTED + " is missing");
    }
  }

  private void mirrors(Node node) {
    if (!(node instanceof MappingNode map) || map.getValue().isEmpty()) {
      file.problem(node, "expected a name for each mirror, and below it `from` and `to`");
      return;
    }
    if (map.getValue().size() > MIRRORS_MAX) {
      file.problem(node, "more than 1,000 mirrors");
      return;
    }
    for (NodeTuple entry : file.entries(map)) {
      String name = ConfigFile.key(entry);
      if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")) {
        file.problem(entry.getKeyNode(), "a mirror's name has letters, digits, `.`, `_` and `-`");
      } else if (entry.getValueNode() instanceof MappingNode mirror) {
        mirror(name, entry.getKeyNode(), mirror);
      } else {
        file.problem(entry.getValueNode(), "expected `from` and `to`");
      }
    }
  }

  private void mirror(String name, Node place, MappingNode map) {
    int before = file.problemCount();
    List<byte[]> words = new ArrayList<>();
    byte[] from = {};
    byte[] to = {};
    for (NodeTuple entry : file.entries(map)) {
      String key = ConfigFile.key(entry);
      Node value = entry.getValueNode();
      switch (key) {
        case "from" -> from = operand(value);
        case "to" -> to = operand(value);
        default -> option(key, entry, words);
      }
    }
    if (from.length == 0 || to.length == 0) {
      if (file.problemCount() == before) {
        file.problem(place, name + ": `from` or `to` is missing");
      }
      return;
    }
    words.add(Names.of("--"));
    words.add(from);
    words.add(to);
    try {
      MirrorRule rule = MirrorArguments.read(words).rule(name, surroundings);
      if (all.stream().anyMatch(rule::hasTargetOf)) {
        file.problem(place, name + ": another mirror goes to " + rule.to() + " too");
      }
      all.add(rule);
      if (file.problemCount() == before) {
        rules.add(rule);
      }
    } catch (RulesException e) {
      e.problems().forEach(problem -> file.problem(place, name + ": " + problem));
    }
  }

  private byte[] operand(Node value) {
    String text = file.single(value, t -> t);
    if (text != null && text.isEmpty()) {
      file.problem(value, "expected a path, or [USER@]HOST:PATH");
    }
    return text == null ? new byte[0] : Names.of(text);
  }

  /** {@code key: value}, {@code key: [value, value]}, {@code key: true}. */
  private void option(String key, NodeTuple entry, List<byte[]> words) {
    MirrorOption word = MirrorOption.byWord(key);
    MirrorOption own = word != null && word.isOfPair() ? word : null;
    SyncOption sync = OptionTable.byName(key);
    if (own == null && (sync == null || !EngineLimits.isHonoured(sync))) {
      file.problem(
          entry.getKeyNode(),
          sync == null
              ? "found the key " + key + ", expected from, to or an option of `godwit mirror`"
              : EngineLimits.refusal(sync, key));
      return;
    }
    if (sync == SyncOption.QUIET) {
      file.problem(
          entry.getKeyNode(),
          "quiet is of one SRC and DST on the command line: `godwit mirror -q`");
      return;
    }
    if (own == MirrorOption.NEW_ROOT) {
      file.problem(
          entry.getKeyNode(),
          "new-root is said once, not at each start: `godwit mirror resume NAME --new-root`");
      return;
    }
    boolean takesArgument =
        own != null ? own.takesArgument() : sync != null && sync.takesArgument();
    if (takesArgument) {
      for (ConfigFile.Value value : file.values(entry.getValueNode())) {
        words.add(Names.of("--" + key + "=" + value.text()));
      }
    } else if (entry.getValueNode() instanceof ScalarNode scalar
        && (scalar.getValue().equals("true") || scalar.getValue().equals("false"))) {
      boolean on = scalar.getValue().equals("true");
      if (on) {
        words.add(Names.of("--" + key));
      } else if (own == null
          && (sync != null && sync.isNegatable() || MirrorOption.byWord("no-" + key) != null)) {
        // What a mirror does unless it is told not to, too: `delete: false` must not delete.
        words.add(Names.of("--no-" + key));
      }
    } else {
      file.problem(entry.getValueNode(), "expected true or false");
    }
  }
}
