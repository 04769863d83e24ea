package dev.godwit.sync.copy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings what many threads have done into the order of the tree: a directory's names as they were
 * reserved, then each of its directories in the same way. What cannot be told yet waits; what was
 * told is forgotten. Where nobody wants to hear of each name, there are no places to keep.
 *
 * <p>While one file takes long, what the other threads do piles up behind it: they are to begin
 * nothing while this {@link #isFull}.
 */
final class Narrator {
  private static final Slot NO_SLOT = new Slot();

  /** What waits may take some 15 MB: a place 30 bytes, something to tell ten times as much. */
  private static final int WEIGHT_MAX = 500_000;

  private static final int ITEM_WEIGHT = 10;

  /** A place in the order; told when it and all before it are filled. */
  static final class Slot {
    private boolean isFilled;
    private boolean hasBegun;
    private @Nullable Item item;

    /** Told after {@link #item}; null for nothing. */
    private @Nullable List<Item> more;
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
        weight++;
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
        weight += item == null ? 0 : ITEM_WEIGHT;
        advance();
      }
    }

    void add(@Nullable Item item) {
      fill(reserve(), item);
    }

    /** What is told after that of a place which is not filled yet. */
    void addAfter(Slot slot, Item item) {
      if (!keepsOrder) {
        report.item(item);
        return;
      }
      synchronized (Narrator.this) {
        List<Item> more = slot.more;
        if (more == null) {
          more = new ArrayList<>();
          slot.more = more;
        }
        more.add(item);
        weight += ITEM_WEIGHT;
      }
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

  /** Of all that waits. Written under the lock of this. */
  private volatile int weight;

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

  /** Whether as much waits as there is room for. Any thread, without waiting. */
  boolean isFull() {
    return weight >= WEIGHT_MAX;
  }

  /**
   * What is to take a place is under way: it is told of, once, when its place is the next.
   *
   * @param item null when there is nothing to tell
   * @return whether it may be told how far it is: what is told next is this
   */
  boolean begins(Slot slot, Supplier<@Nullable Item> item) {
    if (!keepsOrder) {
      return true;
    }
    synchronized (this) {
      Node node = path.peek();
      if (node == null || node.slots.peek() != slot) {
        return false;
      }
      if (!slot.hasBegun) {
        slot.hasBegun = true;
        Item one = item.get();
        if (one != null) {
          report.begins(one);
        }
      }
      return true;
    }
  }

  private void advance() {
    for (Node node = path.peek(); node != null; node = path.peek()) {
      for (Slot slot = node.slots.peek(); slot != null && slot.isFilled; ) {
        if (slot.item != null) {
          report.item(slot.item);
        }
        weight -= slot.item == null ? 1 : 1 + ITEM_WEIGHT;
        if (slot.more != null) {
          slot.more.forEach(report::item);
          weight -= slot.more.size() * ITEM_WEIGHT;
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
