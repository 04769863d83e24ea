package dev.godwit.sync;

import java.security.SecureRandom;

/**
 * The names that a listing has, as keyed 64-bit hashes: 16 bytes a name, however long the names
 * are. Two names with the same hash would only keep a name from being removed, never remove one;
 * the key keeps a peer from choosing names that collide (H42).
 */
final class SeenNames {
  private static final long KEY = new SecureRandom().nextLong() | 1;

  private long[] table = new long[64];
  private int count;

  void add(byte[] name) {
    if (count * 2 >= table.length) {
      grow();
    }
    if (put(table, hash(name))) {
      count++;
    }
  }

  boolean contains(byte[] name) {
    long hash = hash(name);
    for (int i = slot(hash, table); table[i] != 0; i = i + 1 & table.length - 1) {
      if (table[i] == hash) {
        return true;
      }
    }
    return false;
  }

  boolean isEmpty() {
    return count == 0;
  }

  private void grow() {
    long[] larger = new long[table.length * 2];
    for (long hash : table) {
      if (hash != 0) {
        put(larger, hash);
      }
    }
    table = larger;
  }

  private static boolean put(long[] table, long hash) {
    int i = slot(hash, table);
    while (table[i] != 0) {
      if (table[i] == hash) {
        return false;
      }
      i = i + 1 & table.length - 1;
    }
    table[i] = hash;
    return true;
  }

  private static int slot(long hash, long[] table) {
    return (int) (hash >>> 32) & table.length - 1;
  }

  private static long hash(byte[] name) {
    long hash = KEY;
    for (byte b : name) {
      hash = mix((hash ^ b & 0xff) * 0x9e3779b97f4a7c15L + KEY);
    }
    return hash == 0 ? 1 : hash;
  }

  private static long mix(long h) {
    h ^= h >>> 29;
    h *= 0xbf58476d1ce4e5b9L;
    return h ^ h >>> 32;
  }
}
