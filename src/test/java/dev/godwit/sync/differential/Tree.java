package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Names and inodes, before they are on a disk. Paths are relative, with '/' between names; a
 * directory is listed before what is in it. One node under two paths is a hard link.
 */
final class Tree {
  private final NavigableMap<String, Node> nodes = new TreeMap<>();

  /**
   * Puts a node at a path; a directory on the way that is missing is made.
   *
   * @throws IllegalArgumentException when something else is in the way
   */
  void put(String path, Node node) {
    int slash = path.lastIndexOf('/');
    if (slash > 0) {
      String parent = path.substring(0, slash);
      if (!nodes.containsKey(parent)) {
        put(parent, Node.directory());
      }
      Node above = nodes.get(parent);
      if (above == null || !above.isDirectory()) {
        throw new IllegalArgumentException(path + " is not in a directory");
      }
    }
    if (!node.isDirectory() && !below(path).isEmpty()) {
      throw new IllegalArgumentException(path + " is a directory");
    }
    nodes.put(path, node);
  }

  @Nullable Node get(String path) {
    return nodes.get(path);
  }

  boolean has(String path) {
    return nodes.containsKey(path);
  }

  /** Removes a path and all below it. */
  void remove(String path) {
    nodes.remove(path);
    below(path).clear();
  }

  /** What is below a directory, with whole paths; a view. */
  NavigableMap<String, Node> below(String path) {
    // '0' is the character after '/'.
    return path.isEmpty() ? nodes : nodes.subMap(path + "/", true, path + "0", false);
  }

  NavigableMap<String, Node> nodes() {
    return nodes;
  }

  List<String> paths() {
    return new ArrayList<>(nodes.keySet());
  }

  /** Names that are hard links of each other stay so. */
  Tree copy() {
    Tree copy = new Tree();
    Map<Node, Node> copies = new IdentityHashMap<>();
    nodes.forEach((path, node) -> copy.nodes.put(path, copies.computeIfAbsent(node, Node::copy)));
    return copy;
  }

  /** What is at and below {@code path}, under another path, with inodes of its own. */
  Tree moved(String path, String to) {
    Tree moved = new Tree();
    Map<Node, Node> copies = new IdentityHashMap<>();
    Node top = nodes.get(path);
    if (top != null) {
      moved.nodes.put(to, top.copy());
    }
    below(path)
        .forEach(
            (name, node) ->
                moved.nodes.put(
                    to + name.substring(path.length()), copies.computeIfAbsent(node, Node::copy)));
    return moved;
  }

  void addAll(Tree other) {
    nodes.putAll(other.nodes);
  }

  /** The first path of each node that has several. */
  Map<Node, String> firstPaths() {
    Map<Node, String> first = new IdentityHashMap<>();
    nodes.forEach((path, node) -> first.putIfAbsent(node, path));
    return first;
  }
}
