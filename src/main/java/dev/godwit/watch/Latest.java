package dev.godwit.watch;

import java.util.LinkedHashMap;
import java.util.Map;

/** What was asked for or put in last, as many as there is room for. One thread. */
final class Latest<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1;

  private final int sizeMax;

  Latest(int sizeMax) {
    super(16, 0.75f, true);
    this.sizeMax = sizeMax;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > sizeMax;
  }
}
