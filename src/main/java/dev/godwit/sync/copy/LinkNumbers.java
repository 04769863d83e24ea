package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives each inode of the source that has several names a number: all that the target learns of it
 * ({@code -H}). An inode number is used again after its file is gone; the time of birth tells them
 * apart (H10). One thread.
 */
final class LinkNumbers {
  private record Inode(long device, long number, long birthNanos) {}

  private final Map<Inode, Long> numbers = new HashMap<>();

  /** 0 for an entry that has one name only. */
  long number(SourceEntry entry) {
    FileStatus status = entry.status();
    if (entry.isDirectory() || status.links() < 2) {
      return 0;
    }
    Inode inode = new Inode(status.device(), status.inode(), status.birthNanos());
    Long number = numbers.putIfAbsent(inode, numbers.size() + 1L);
    return number == null ? numbers.size() : number;
  }
}
