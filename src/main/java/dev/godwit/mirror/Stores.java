package dev.godwit.mirror;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Which of the files that are mapped for writing may have been stored to since the look before, so
 * that one that is only mapped is not read again and again (H20). A store into a page that is clean
 * changes the inode's time; into one that is dirty it leaves no trace, but no page stays dirty for
 * long. Pure; times are System.nanoTime(). Not safe for threads.
 */
final class Stores {
  /** No page stays dirty for so long: with the kernel's usual settings it is some 35 s. */
  static final Duration DIRTY_MAX = Duration.ofMinutes(2);

  /**
   * @param changed when the inode was changed, by the file system's clock
   * @param since when it was seen first that this was its last change
   */
  private record Known(long changed, long since) {}

  private Map<String, Known> known = new HashMap<>();
  private long lookedAt;

  /**
   * Those that may have been stored to since this was called last, and those that were not mapped
   * then.
   *
   * @param mapped all that are mapped, each with the time at which its inode was changed last;
   *     empty where that says nothing about stores
   * @param now before these times were asked for
   */
  List<String> suspects(Map<String, OptionalLong> mapped, long now) {
    List<String> suspects = new ArrayList<>();
    Map<String, Known> next = new HashMap<>();
    mapped.forEach(
        (path, changed) -> {
          Known before = known.get(path);
          boolean isSame =
              before != null && changed.isPresent() && changed.getAsLong() == before.changed;
          if (before == null || !isSame || lookedAt - before.since < DIRTY_MAX.toNanos()) {
            suspects.add(path);
          }
          next.put(path, isSame ? before : new Known(changed.orElse(0), now));
        });
    known = next;
    lookedAt = now;
    return suspects;
  }
}
