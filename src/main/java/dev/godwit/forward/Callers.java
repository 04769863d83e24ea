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
 * nothing open are forgotten beyond a bound, those seen longest ago first. Any thread.
 */
public final class Callers {
  private static final int SEEN_MAX = 1000;

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
  }

  private final Map<InetAddress, Caller> callers =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Caller> eldest) {
          return size() > SEEN_MAX && eldest.getValue().open == 0;
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
    return true;
  }

  /** One that is not let in. */
  public synchronized void turnedAway(InetAddress address) {
    Caller unused = seen(address);
  }

  private Caller seen(InetAddress address) {
    Caller caller = callers.get(address);
    if (caller == null) {
      caller = new Caller();
      callers.put(address, caller);
    }
    caller.total++;
    caller.lastMillis = System.currentTimeMillis();
    return caller;
  }

  /** One of its connections that was let in has ended. */
  public synchronized void gone(InetAddress address) {
    Caller caller = callers.get(address);
    if (caller != null) {
      caller.open--;
      if (caller.open == 0 && callers.size() > SEEN_MAX) {
        callers.remove(address);
      }
    }
  }

  /** The one seen last comes first. */
  public synchronized List<Seen> list() {
    List<Seen> all = new ArrayList<>(callers.size());
    callers.forEach((address, c) -> all.add(new Seen(address, c.open, c.total, c.lastMillis)));
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
