package dev.godwit.plan;

import dev.godwit.database.Engine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Reads {@code databases}: a data directory, how it moves, and the keys of its server's service.
 */
final class DatabasesReader {
  private static final String EXPECTED =
      "a list of databases such as { mariadb: /var/lib/mysql, mode: cold, unit: mariadb.service }";

  private static final Section.Shape SHAPE = shape();

  private final Problems problems;
  private final Values values;
  private final ServicesReader services;
  private final List<Database> databases = new ArrayList<>();
  private final List<PlannedService> servers = new ArrayList<>();
  private final Map<Node, FileTree> trees = new LinkedHashMap<>();

  DatabasesReader(Problems problems, ServicesReader services) {
    this.problems = problems;
    this.values = new Values(problems);
    this.services = services;
  }

  private static Section.Shape shape() {
    List<String> keys = new ArrayList<>(Database.ENGINES);
    keys.add("mode");
    keys.addAll(ServicesReader.KEYS);
    keys.remove("queue");
    return new Section.Shape("a database", keys, Map.of());
  }

  void read(Node node) {
    List<Object> unused = values.list(node, "databases", EXPECTED, this::database);
  }

  List<Database> databases() {
    return databases;
  }

  /** Their servers, in start order. */
  List<PlannedService> servers() {
    return servers;
  }

  /** Their data directories, by where they stand. */
  Map<Node, FileTree> trees() {
    return trees;
  }

  private @Nullable Object database(Node node) {
    Section section = Section.open(node, SHAPE, problems);
    if (section == null) {
      return null;
    }
    List<String> engines = Database.ENGINES.stream().filter(section::has).toList();
    if (engines.size() != 1) {
      problems.add(node, "expected exactly one of " + String.join(", ", Database.ENGINES));
    }
    mode(section);
    String word = engines.isEmpty() ? "database" : engines.getFirst();
    PlannedService server = services.service(section, word);
    if (engines.size() != 1) {
      return null;
    }
    Node dataNode = Objects.requireNonNull(section.get(word));
    String data = values.path(dataNode, word);
    if (data == null || server == null) {
      return null;
    }
    Engine engine = Engine.ofWord(word).orElseThrow();
    databases.add(new Database(engine, server.service().name(), data));
    servers.add(server);
    trees.put(dataNode, new FileTree(data, data, engine.excludes()));
    return server;
  }

  private void mode(Section section) {
    Node node = section.require("mode", "cold: copied to the end while the server is stopped");
    String mode = node instanceof ScalarNode scalar ? scalar.getValue() : "";
    if (node != null && mode.equals("replica")) {
      problems.add(node, "mode: not yet: this version of Godwit moves databases cold only");
    } else if (node != null && !mode.equals("cold")) {
      Object unused = values.wrong(node, "mode", "cold");
    }
  }
}
