package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * How much of the target a copy would remove, counted before it changes anything: a source that was
 * emptied, or is not mounted, looks like one in which everything was deleted (H27). Names are
 * counted, of files and of directories; those that filters protect stay and count as such.
 */
final class RemovalShare {
  /** A directory that was not looked at yet, and the scope of the names beside it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Below(byte[] path, FilterScope beside) {}

  private final double shareMax;
  private long present;
  private long removed;

  /**
   * @param shareMax of the target's names that may be removed, 0 to 1
   */
  RemovalShare(double shareMax) {
    this.shareMax = shareMax;
  }

  /** Counts a directory of the target, and what is below those that the source does not have. */
  void note(Remover.Found found, DirectoryHandle handle) throws LinuxException, FilterException {
    present += found.present();
    for (byte[] name : found.names()) {
      removed++;
      below(handle, name, found.scope());
    }
  }

  /** Not by recursion: a tree may be deeper than the stack of a thread. */
  private void below(DirectoryHandle in, byte[] name, FilterScope scope)
      throws LinuxException, FilterException {
    FileStatus status = in.status(name);
    if (status == null || !status.isDirectory()) {
      return;
    }
    Deque<Below> open = new ArrayDeque<>();
    open.push(new Below(name, scope));
    while (!open.isEmpty()) {
      Below here = open.pop();
      try (DirectoryHandle directory = in.beneath(here.path)) {
        FilterScope inside = here.beside.enter(Paths.name(here.path), directory).removed();
        for (DirectoryEntry entry : directory.entries()) {
          present++;
          boolean isDirectory = directory.isDirectory(entry);
          if (!inside.excludes(entry.name(), isDirectory)) {
            removed++;
            if (isDirectory) {
              open.push(new Below(Paths.join(here.path, entry.name()), inside));
            }
          }
        }
      }
    }
  }

  /**
   * @throws CopyException when more would be removed than may be
   */
  void check() throws CopyException {
    if (removed == 0 || removed <= present * shareMax) {
      return;
    }
    double share = 100.0 * removed / present;
    throw new CopyException(
        CopyStatus.MAX_DELETE,
        String.format(
            Locale.ROOT,
            "the source lacks %,d of the %,d names on the target (%.1f %%), and --delete-limit lets"
                + " %.1f %% go at most. Nothing was changed. Is the source whole, and mounted? If it"
                + " is: --delete-limit=%.0f%%.",
            removed,
            present,
            share,
            100 * shareMax,
            Math.ceil(share)));
  }
}
