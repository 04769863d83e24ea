package dev.godwit.mirror.actions;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The names that changed and were not looked at since. Each is due a while after its first change;
 * the two names of a file that was renamed are looked at together. Bounded: too many names become
 * everything (H26). For one thread.
 */
final class DirtyNames {
  /** Lets the burst of system calls that makes up one save come to its end. */
  private static final long GATHER_NANOS = Duration.ofMillis(2).toNanos();

  static final int NAMES_MAX = 50_000;

  private final long delayNanos;
  private final Map<String, Dirty> names = new LinkedHashMap<>();

  /** The other name of a rename, either way. */
  private final Map<String, String> partners = new HashMap<>();

  private long number;

  DirtyNames(Duration delay) {
    this.delayNanos = Math.max(GATHER_NANOS, delay.toNanos());
  }

  void add(String path, boolean isTree, boolean isWritten, long nowNanos) {
    if (names.size() >= NAMES_MAX && !names.containsKey(path)) {
      long since = since(nowNanos);
      names.clear();
      partners.clear();
      add("", true, true, since);
    }
    names.merge(
        path,
        new Dirty(path, isTree, isWritten, nowNanos, nowNanos + delayNanos, ++number),
        Dirty::and);
  }

  /** A file got another name; both have been added. */
  void renamed(String from, String to) {
    Dirty old = names.get(from);
    Dirty young = names.get(to);
    if (old != null && young != null) {
      names.put(from, old.notBefore(young));
      names.put(to, young.notBefore(old));
      partners.put(from, to);
      partners.put(to, from);
    }
  }

  /**
   * Takes those that are due.
   *
   * @param all whether the others are taken too
   * @param stays tells paths that are not to be looked at yet
   */
  List<Dirty> take(boolean all, long nowNanos, Predicate<String> stays) {
    List<Dirty> taken = new ArrayList<>();
    for (Dirty one : List.copyOf(names.values())) {
      String partner = partners.get(one.path());
      boolean isDue = all || one.dueNanos() - nowNanos <= 0;
      if (isDue && !stays.test(one.path()) && (partner == null || !stays.test(partner))) {
        taken.add(one);
      }
    }
    for (Dirty one : taken) {
      names.remove(one.path());
      partners.remove(one.path());
    }
    return taken;
  }

  /** When the next one is due that is to be looked at; {@code otherwise} when none is before. */
  long nextDue(long otherwise, Predicate<String> stays) {
    long next = otherwise;
    for (Dirty one : names.values()) {
      if (one.dueNanos() - next < 0 && !stays.test(one.path())) {
        next = one.dueNanos();
      }
    }
    return next;
  }

  /** When the oldest change was told; {@code otherwise} when there is none. */
  long since(long otherwise) {
    long since = otherwise;
    for (Dirty one : names.values()) {
      since = Math.min(since, one.sinceNanos());
    }
    return since;
  }

  /** The number of the last change. */
  long number() {
    return number;
  }

  /** Whether a change up to this number waits. */
  boolean hasUpTo(long upTo) {
    return names.values().stream().anyMatch(one -> one.number() <= upTo);
  }

  int size() {
    return names.size();
  }

  List<String> first(int max) {
    return names.keySet().stream().limit(max).toList();
  }
}
