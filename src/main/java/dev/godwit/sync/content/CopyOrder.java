package dev.godwit.sync.content;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * In which order ranges of a file can be moved within it, so that none is read after it was
 * overwritten (H9). A range has to be read before any other is written over it: that is a graph,
 * and its topological order is what is wanted. Where ranges wait for each other in a circle, the
 * shortest one is left to be sent instead (Rasch and Burns, In-Place Rsync, USENIX 2003).
 */
final class CopyOrder {
  /** A range of the file as it is, and where it shall be. */
  record Move(long from, long to, long length) {
    long fromEnd() {
      return from + length;
    }

    long toEnd() {
      return to + length;
    }
  }

  /** Above it a simpler rule is good enough; bounds memory and time. */
  private static final int EDGES_MAX = 1 << 22;

  private final List<Move> moves;
  private final List<Move> ordered = new ArrayList<>();
  private final List<Move> left = new ArrayList<>();

  private CopyOrder(List<Move> moves) {
    this.moves = moves;
  }

  /**
   * Orders moves.
   *
   * @param moves whose targets do not overlap, in the order of their targets
   */
  static CopyOrder of(List<Move> moves) {
    CopyOrder order = new CopyOrder(moves);
    if (!order.sort()) {
      order.takeForward();
    }
    return order;
  }

  /** In this order they are safe. */
  List<Move> ordered() {
    return ordered;
  }

  /** What must be sent instead, once all others are done. */
  List<Move> left() {
    return left;
  }

  /** Only what comes from behind: in the order of the targets that is always safe. */
  private void takeForward() {
    for (Move move : moves) {
      (move.from >= move.to ? ordered : left).add(move);
    }
  }

  /** False when that would take too much. */
  private boolean sort() {
    int count = moves.size();
    int[] firstEdges = new int[count + 1];
    int[] waitsFor = new int[count];
    int edges = 0;
    for (int i = 0; i < count; i++) {
      firstEdges[i] = edges;
      for (int k = firstOver(i); k < count && moves.get(k).to < moves.get(i).fromEnd(); k++) {
        if (k != i && ++edges > EDGES_MAX) {
          return false;
        }
      }
    }
    firstEdges[count] = edges;
    int[] before = new int[edges];
    for (int i = 0, edge = 0; i < count; i++) {
      for (int k = firstOver(i); k < count && moves.get(k).to < moves.get(i).fromEnd(); k++) {
        if (k != i) {
          before[edge++] = k;
          waitsFor[k]++;
        }
      }
    }
    run(firstEdges, before, waitsFor);
    return true;
  }

  /** The first move that writes over what move {@code i} reads, or behind it. */
  private int firstOver(int i) {
    int low = 0;
    int high = moves.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (moves.get(middle).toEnd() <= moves.get(i).from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void run(int[] firstEdges, int[] before, int[] waitsFor) {
    int count = moves.size();
    int[] ready = new int[count];
    int readyEnd = 0;
    for (int i = 0; i < count; i++) {
      if (waitsFor[i] == 0) {
        ready[readyEnd++] = i;
      }
    }
    List<Integer> byLength = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byLength.add(i);
    }
    byLength.sort(Comparator.comparingLong(i -> moves.get(i).length));
    boolean[] isDone = new boolean[count];
    int shortest = 0;
    int taken = 0;
    while (taken < count) {
      int next;
      if (taken < readyEnd) {
        next = ready[taken];
        ordered.add(moves.get(next));
      } else {
        while (isDone[byLength.get(shortest)]) {
          shortest++;
        }
        next = byLength.get(shortest);
        left.add(moves.get(next));
        ready[readyEnd++] = next;
      }
      isDone[next] = true;
      taken++;
      for (int edge = firstEdges[next]; edge < firstEdges[next + 1]; edge++) {
        int other = before[edge];
        if (--waitsFor[other] == 0 && !isDone[other]) {
          ready[readyEnd++] = other;
        }
      }
    }
  }
}
