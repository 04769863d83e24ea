package dev.godwit.sync.attributes;

import java.util.Arrays;

/**
 * A small map from ids to ids. Reading takes no lock and makes no garbage; writing copies the
 * table, which is fine because a tree has few owners.
 */
final class IdTable {
  private static final int MISSING = -1;

  /** Keys at even places, sorted as signed numbers; what they map to behind them. */
  private volatile int[] pairs = {};

  /** What the id maps to; {@code otherwise} when nothing was put. */
  int get(int id, int otherwise) {
    int[] table = pairs;
    int at = find(table, id);
    return at == MISSING ? otherwise : table[at + 1];
  }

  boolean has(int id) {
    return find(pairs, id) != MISSING;
  }

  private static int find(int[] table, int id) {
    int low = 0;
    int high = table.length / 2 - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int key = table[2 * middle];
      if (key == id) {
        return 2 * middle;
      }
      if (key < id) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return MISSING;
  }

  synchronized void put(int id, int value) {
    int[] table = pairs;
    int at = find(table, id);
    if (at != MISSING) {
      table = table.clone();
      table[at + 1] = value;
      pairs = table;
      return;
    }
    int before = 0;
    while (before < table.length && table[before] < id) {
      before += 2;
    }
    int[] grown = Arrays.copyOf(table, table.length + 2);
    System.arraycopy(table, before, grown, before + 2, table.length - before);
    grown[before] = id;
    grown[before + 1] = value;
    pairs = grown;
  }
}
