package dev.godwit.mirror.actions;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The events whose commands have not ended, in the order in which they happened. A command is run
 * when none is left of those before it that concern the same names, or names above or below. For
 * one thread.
 */
final class WaitingEvents {
  /** How far it is looked for one that may run. */
  private static final int LOOK_AHEAD_MAX = 1000;

  /**
   * An event on its way.
   *
   * @param number of the event, rising
   * @param look the number of the look that it came of, rising
   * @param sinceNanos when the oldest change of that look was told
   */
  record Waiting(FileEvent event, long number, long look, long sinceNanos) {}

  private final Set<Waiting> waiting = new LinkedHashSet<>();
  private final Set<Waiting> running = new LinkedHashSet<>();
  private final Busy all = new Busy();
  private final Busy busy = new Busy();
  private final NavigableMap<Long, Integer> since = new TreeMap<>();
  private long number;

  void add(FileEvent event, long look, long sinceNanos) {
    Waiting one = new Waiting(event, number++, look, sinceNanos);
    waiting.add(one);
    all.add(event);
    since.merge(one.sinceNanos(), 1, Integer::sum);
  }

  /** Takes the next one that may run; null when there is none. */
  @Nullable Waiting next() {
    Busy before = new Busy();
    int left = LOOK_AHEAD_MAX;
    for (Iterator<Waiting> each = waiting.iterator(); each.hasNext() && left > 0; left--) {
      Waiting one = each.next();
      if (!busy.concerns(one.event()) && !before.concerns(one.event())) {
        each.remove();
        running.add(one);
        busy.add(one.event());
        return one;
      }
      before.add(one.event());
    }
    return null;
  }

  /** One that was taken has ended. */
  void done(Waiting one) {
    running.remove(one);
    busy.remove(one.event());
    all.remove(one.event());
    since.merge(one.sinceNanos(), -1, (known, less) -> known == 1 ? null : known + less);
  }

  /** Whether one is for this name, or for one above it: what happens to it comes after that. */
  boolean cover(String path) {
    return all.covers(path);
  }

  int waitingCount() {
    return waiting.size();
  }

  int runningCount() {
    return running.size();
  }

  /** Since when the oldest is known; {@code otherwise} when there is none. */
  long since(long otherwise) {
    return since.isEmpty() ? otherwise : Math.min(otherwise, since.firstKey());
  }

  /** Whether one is left of the looks up to this. */
  boolean hasOf(long look) {
    // Those that wait are in the order of their looks.
    return running.stream().anyMatch(one -> one.look() <= look)
        || waiting.stream().limit(1).anyMatch(one -> one.look() <= look);
  }

  /** Some of them, for people. */
  List<String> first(int max) {
    return Stream.concat(running.stream(), waiting.stream())
        .limit(max)
        .map(one -> one.event().toString())
        .toList();
  }
}
