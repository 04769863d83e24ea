package dev.godwit.sync.copy;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Brings what many threads have done into the order of the tree: a directory's names as they were
 * reserved, then each of its directories in the same way. What cannot be told yet waits; what was
 * told is forgotten.
 */
final class Narrator {
  /** A place in the order; told when it and all before it are filled. */
  static final class Slot {
    private boolean isFilled;
    private @Nullable Item item;
  }

  /** One directory. */
  final class Node {
    private final Deque<Slot> slots = new ArrayDeque<>();
    private final Deque<Node> children = new ArrayDeque<>();
    private boolean isClosed;

    /** The next name's place. */
    Slot reserve() {
      Slot slot = new Slot();
      synchronized (Narrator.this) {
        slots.add(slot);
      }
      return slot;
    }

    /**
     * @param item null when there is nothing to tell
     */
    void fill(Slot slot, @Nullable Item item) {
      synchronized (Narrator.this) {
        slot.item = item;
        slot.isFilled = true;
        advance();
      }
    }

    void add(@Nullable Item item) {
      fill(reserve(), item);
    }

    /** A directory in this one, to be told after its names. */
    Node child() {
      Node child = new Node();
      synchronized (Narrator.this) {
        children.add(child);
      }
      return child;
    }

    /** No more places are reserved, and no more directories. */
    void close() {
      synchronized (Narrator.this) {
        isClosed = true;
        advance();
      }
    }
  }

  private final Report report;
  private final Deque<Node> path = new ArrayDeque<>();

  Narrator(Report report) {
    this.report = report;
  }

  Node root() {
    Node root = new Node();
    path.push(root);
    return root;
  }

  private void advance() {
    for (Node node = path.peek(); node != null; node = path.peek()) {
      for (Slot slot = node.slots.peek(); slot != null && slot.isFilled; ) {
        if (slot.item != null) {
          report.item(slot.item);
        }
        node.slots.remove();
        slot = node.slots.peek();
      }
      if (!node.slots.isEmpty() || !node.isClosed) {
        return;
      }
      Node child = node.children.poll();
      if (child == null) {
        path.pop();
      } else {
        path.push(child);
      }
    }
  }
}
