package dev.godwit.watch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which watch number is which directory. A mirror of the directory tree, so that moving is cheap.
 *
 * <p>Invariant: it is a tree, whatever it is told. What is found by a path may be in another
 * directory than the one that had the path: events tell of the past, and a directory that they have
 * not told of yet may stand there, or the one that is looked for may lie in itself by them.
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
   * @return null when it cannot be: the directory to put it in was forgotten, or lies in it by what
   *     is known. What is to be told yet says where it is
   */
  @Nullable Node put(int watch, @Nullable Node parent, String name, IntConsumer dropped) {
    Node node = byWatch.get(watch);
    if (parent != null && byWatch.get(parent.watch) != parent) {
      if (node == null) {
        dropped.accept(watch);
      }
      return null;
    }
    if (node != null && isAtOrBelow(parent, node)) {
      return null;
    }
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

  private static boolean isAtOrBelow(@Nullable Node node, Node top) {
    for (Node up = node; up != null; up = up.parent) {
      if (up == top) {
        return true;
      }
    }
    return false;
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
