package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;

/**
 * Gives each inode of the source that has several names a number: all that the target learns of it
 * ({@code -H}). One thread.
 */
final class LinkNumbers {
  private final InodeNumbers inodes = new InodeNumbers();

  /** 0 for an entry that has one name only. */
  long number(SourceEntry entry) {
    FileStatus status = entry.status();
    return entry.isDirectory() || status.links() < 2 ? 0 : inodes.number(status) + 1L;
  }
}
