package dev.godwit.move;

import dev.godwit.host.Host;
import dev.godwit.host.PathFacts;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the paths of all trees lead to where old and new are one host: neither may change with the
 * place that its services are pointed at.
 */
final class TreesOfHost {
  private final Plan plan;
  private final Host host;
  private final Map<String, String> identities;

  private TreesOfHost(Plan plan, Host host, Map<String, String> identities) {
    this.plan = plan;
    this.host = host;
    this.identities = identities;
  }

  /** As they are now. */
  static TreesOfHost of(Plan plan, Host host) throws IOException {
    return new TreesOfHost(plan, host, identities(plan, host));
  }

  private static Map<String, String> identities(Plan plan, Host host) throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    for (FileTree tree : plan.files()) {
      for (String path : List.of(tree.path(), tree.to())) {
        found.put(path, PathFacts.of(host, path).identity());
      }
    }
    return found;
  }

  /**
   * @throws MoveException when a path leads to another directory than before
   */
  void refuseChange() throws IOException {
    Map<String, String> now = identities(plan, host);
    if (!now.equals(identities)) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "the command of `place` has changed what the paths of the trees lead to: %s was %s. They have to lead to the same directories at either place"
              .formatted(now, identities));
    }
  }
}
