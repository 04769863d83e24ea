package dev.godwit.forward;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who comes: how many connections each address has open, and when it was last seen. Addresses with
 * nothing open are forgotten beyond a bound, those seen longest ago first; how many may have
 * something open is for others to bound. Any thread.
 */
public final class Callers {
  /** Addresses with nothing open that are kept, and addresses that are told of. */
  static final int SEEN_MAX = 1000;

  /** What a status tells of one address. */
  public record Seen(InetAddress address, int open, long total, long lastMillis) {
    private Seen and(Seen other) {
      return new Seen(
          address, open + other.open, total + other.total, Math.max(lastMillis, other.lastMillis));
    }
  }

  private static final class Caller {
    private int open;
    private long total;
    private long lastMillis;

    private Seen told(InetAddress address) {
      return new Seen(address, open, total, lastMillis);
    }
  }

  /** Those with something open. */
  private final Map<InetAddress, Caller> inside = new HashMap<>();

  /** All others; the one that was seen, or left, longest ago comes first. */
  private final Map<InetAddress, Caller> outside =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Caller> eldest) {
          return size() > SEEN_MAX;
        }
      };

  /**
   * One more connection.
   *
   * @param openMax how many an address may have; 0 for any number
   * @return false when it has as many already
   */
  public synchronized boolean come(InetAddress address, int openMax) {
    Caller caller = seen(address);
    if (openMax > 0 && caller.open >= openMax) {
      return false;
    }
    caller.open++;
    inside.put(address, caller);
    return true;
  }

  /** Whether {@link #come} would return false. */
  public synchronized boolean isFull(InetAddress address, int openMax) {
    Caller caller = inside.get(address);
    return openMax > 0 && caller != null && caller.open >= openMax;
  }

  /** One that is not let in. */
  public synchronized void turnedAway(InetAddress address) {
    Caller caller = seen(address);
    if (caller.open == 0) {
      outside.put(address, caller);
    }
  }

  /** As one of {@link #inside}, or of none until it is put where it belongs. */
  private Caller seen(InetAddress address) {
    Caller caller = inside.get(address);
    if (caller == null) {
      caller = outside.remove(address);
    }
    if (caller == null) {
      caller = new Caller();
    }
    caller.total++;
    caller.lastMillis = System.currentTimeMillis();
    return caller;
  }

  /** One of its connections that was let in has ended. */
  public synchronized void gone(InetAddress address) {
    Caller caller = inside.get(address);
    if (caller != null) {
      caller.open--;
      if (caller.open == 0) {
        inside.remove(address);
        outside.put(address, caller);
      }
    }
  }

  /** How many addresses are kept; for tests. */
  synchronized int remembered() {
    return inside.size() + outside.size();
  }

  /** The one seen last comes first. */
  public synchronized List<Seen> list() {
    List<Seen> all = new ArrayList<>(inside.size() + outside.size());
    inside.forEach((address, c) -> all.add(c.told(address)));
    outside.forEach((address, c) -> all.add(c.told(address)));
    return lastFirst(all);
  }

  /** Those of several together; an address once. */
  public static List<Seen> list(Collection<Callers> several) {
    Map<InetAddress, Seen> all = new HashMap<>();
    for (Callers one : several) {
      one.list().forEach(seen -> all.merge(seen.address, seen, Seen::and));
    }
    return lastFirst(new ArrayList<>(all.values()));
  }

  private static List<Seen> lastFirst(List<Seen> all) {
    all.sort((a, b) -> Long.compare(b.lastMillis, a.lastMillis));
    return all.subList(0, Math.min(SEEN_MAX, all.size()));
  }
}
