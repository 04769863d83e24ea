package dev.godwit.mirror.actions;

import dev.godwit.linux.PathText;
import java.util.HashMap;
import java.util.Map;

/** Paths of events, and which others they concern: the same, those above and those below. */
final class Busy {
  private final Map<String, Integer> at = new HashMap<>();

  /** Directories on the way to one of them. */
  private final Map<String, Integer> above = new HashMap<>();

  void add(FileEvent event) {
    count(event.path(), 1);
    if (!event.to().isEmpty()) {
      count(event.to(), 1);
    }
  }

  void remove(FileEvent event) {
    count(event.path(), -1);
    if (!event.to().isEmpty()) {
      count(event.to(), -1);
    }
  }

  boolean concerns(FileEvent event) {
    return concerns(event.path()) || !event.to().isEmpty() && concerns(event.to());
  }

  private boolean concerns(String path) {
    return above.containsKey(path) || covers(path);
  }

  /** Whether one of them is this path, or above it. */
  boolean covers(String path) {
    if (at.containsKey(path)) {
      return true;
    }
    for (String way = path; !way.isEmpty(); ) {
      way = PathText.parent(way);
      if (at.containsKey(way)) {
        return true;
      }
    }
    return false;
  }

  private void count(String path, int by) {
    count(at, path, by);
    for (String way = path; !way.isEmpty(); ) {
      way = PathText.parent(way);
      count(above, way, by);
    }
  }

  private static void count(Map<String, Integer> counts, String path, int by) {
    counts.merge(path, by, (known, more) -> known + more == 0 ? null : known + more);
  }
}
