package dev.godwit.sync.filter;

import java.util.Arrays;
import java.util.List;

/** Rules in their order, for one side; with them, where each one's state is kept. Immutable. */
final class RuleList {
  final Node[] nodes;
  private final int[] stateAt;
  private final int stateWords;
  private final boolean needsPath;
  private final boolean needsRoot;
  private final long memory;

  /**
   * @param side {@link RuleFlags#SENDER} or {@link RuleFlags#RECEIVER}; rules for the other one are
   *     left out
   */
  RuleList(List<Node> all, int side) {
    Node[] kept = new Node[all.size()];
    int[] at = new int[all.size()];
    int count = 0;
    int words = 0;
    boolean needs = false;
    boolean isAbsolute = false;
    long sum = 0;
    for (Node node : all) {
      if (node instanceof Rule rule) {
        if (!RuleFlags.isFor(rule.flags(), side)) {
          continue;
        }
        at[count] = words;
        words += rule.stateWords();
        needs |= rule.needsPath();
        isAbsolute |= rule.has(RuleFlags.ABSOLUTE);
        sum += rule.memory();
      }
      kept[count++] = node;
    }
    nodes = Arrays.copyOf(kept, count);
    stateAt = at;
    stateWords = words;
    needsPath = needs;
    needsRoot = needs && isAbsolute;
    memory = sum;
  }

  boolean isEmpty() {
    return nodes.length == 0;
  }

  /** Whether some rule depends on the directory. */
  boolean needsPath() {
    return needsPath;
  }

  /** Whether some rule may depend on where the transfer's root is. */
  boolean needsRoot() {
    return needsRoot;
  }

  /** What the rules take, in bytes, more or less. */
  long memory() {
    return memory;
  }

  /** Whether some rule keeps a state. */
  boolean hasStates() {
    return stateWords > 0;
  }

  /** Where the state of a rule is. */
  int stateAt(int index) {
    return stateAt[index];
  }

  long[] start(Place place, Anchor anchor) {
    long[] states = new long[stateWords];
    for (int i = 0; i < nodes.length; i++) {
      if (nodes[i] instanceof Rule rule && rule.stateWords() > 0) {
        rule.start(states, stateAt[i], place, anchor);
      }
    }
    return states;
  }

  long[] enter(long[] states, byte[] name) {
    long[] next = states.clone();
    for (int i = 0; i < nodes.length; i++) {
      if (nodes[i] instanceof Rule rule && rule.stateWords() > 0) {
        rule.enter(next, stateAt[i], name);
      }
    }
    return next;
  }
}
