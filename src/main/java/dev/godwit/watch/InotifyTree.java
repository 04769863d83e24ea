package dev.godwit.watch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which watch number is which directory. A mirror of the directory tree, so that moving is cheap.
 */
final class InotifyTree {
  /** A watched directory. */
  static final class Node {
    final int watch;
    @Nullable Node parent;
    String name;
    final Map<String, Node> children = new HashMap<>(0);

    Node(int watch, @Nullable Node parent, String name) {
      this.watch = watch;
      this.parent = parent;
      this.name = name;
    }

    String path() {
      Deque<String> names = new ArrayDeque<>();
      for (Node node = this; node != null && node.parent != null; node = node.parent) {
        names.addFirst(node.name);
      }
      return String.join("/", names);
    }
  }

  private final Map<Integer, Node> byWatch = new HashMap<>();
  private @Nullable Node root;

  @Nullable Node root() {
    return root;
  }

  @Nullable Node get(int watch) {
    return byWatch.get(watch);
  }

  /**
   * Says that {@code watch} is this name in this directory. A directory that was known elsewhere
   * was moved: it is taken from there, with what is below it.
   *
   * @param dropped called with each watch that is no longer wanted
   */
  Node put(int watch, @Nullable Node parent, String name, IntConsumer dropped) {
    Node node = byWatch.get(watch);
    if (node != null && node.parent == parent && node.name.equals(name)) {
      return node;
    }
    if (node != null && node.parent != null) {
      node.parent.children.remove(node.name, node);
    }
    if (parent != null) {
      Node before = parent.children.get(name);
      if (before != null) {
        remove(before, dropped);
      }
    }
    if (node == null) {
      node = new Node(watch, parent, name);
      byWatch.put(watch, node);
    } else {
      node.parent = parent;
      node.name = name;
    }
    if (parent == null) {
      root = node;
    } else {
      parent.children.put(name, node);
    }
    return node;
  }

  /** Forgets a directory and all below it. */
  void remove(Node top, IntConsumer dropped) {
    if (top.parent != null) {
      top.parent.children.remove(top.name, top);
    }
    Deque<Node> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      Node node = open.remove();
      open.addAll(node.children.values());
      byWatch.remove(node.watch);
      dropped.accept(node.watch);
    }
  }

  int size() {
    return byWatch.size();
  }

  void clear() {
    byWatch.clear();
    root = null;
  }
}
