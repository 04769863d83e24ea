package dev.godwit.forward.gate;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Since when a service has had its connections of a unix socket, by looking again and again: the
 * kernel remembers nothing of what was said on them, so one that was accepted lately may still wait
 * for the first word of a server that speaks first, and would be stopped on. Threads: any.
 */
final class Newcomers {
  /** When each was seen first, by its inode. Those that have ended are forgotten with a look. */
  private final Map<Long, Long> since = new HashMap<>();

  /**
   * Looks at who is there now.
   *
   * @return those who have been seen for less than {@code nanos}
   */
  synchronized Set<Long> look(Set<Long> inodes, long nanos) {
    long now = System.nanoTime();
    since.keySet().retainAll(inodes);
    inodes.forEach(inode -> since.putIfAbsent(inode, now));
    return inodes.stream()
        .filter(inode -> now - since.getOrDefault(inode, now) < nanos)
        .collect(Collectors.toCollection(HashSet::new));
  }
}
