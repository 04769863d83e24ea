package dev.godwit.sync.copy;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Brings what many threads have done into the order of the tree: a directory's names as they were
 * reserved, then each of its directories in the same way. What cannot be told yet waits; what was
 * told is forgotten. Where nobody wants to hear of each name, there are no places to keep.
 */
final class Narrator {
  private static final Slot NO_SLOT = new Slot();

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
      if (!keepsOrder) {
        return NO_SLOT;
      }
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
      if (!keepsOrder) {
        if (item != null) {
          report.item(item);
        }
        return;
      }
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
      if (!keepsOrder) {
        return this;
      }
      Node child = new Node();
      synchronized (Narrator.this) {
        children.add(child);
      }
      return child;
    }

    /** No more places are reserved, and no more directories. */
    void close() {
      if (!keepsOrder) {
        return;
      }
      synchronized (Narrator.this) {
        isClosed = true;
        advance();
      }
    }
  }

  private final Report report;
  private final boolean keepsOrder;
  private final Deque<Node> path = new ArrayDeque<>();

  /**
   * @param keepsOrder whether what is told is told in the order of the tree
   */
  Narrator(Report report, boolean keepsOrder) {
    this.report = report;
    this.keepsOrder = keepsOrder;
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
