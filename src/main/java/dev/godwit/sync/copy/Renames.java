package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files that stand on the target under names which the source does not have: each may be one that
 * was renamed at the source. Equal size and time make it a candidate, equal content the same file.
 */
final class Renames {
  private record Key(long size, long mtimeSeconds, int mtimeNanos) {
    static Key of(FileStatus status) {
      return new Key(status.size(), status.mtimeSeconds(), status.mtimeNanos());
    }
  }

  /** A file that is removed from the target unless it is found to be another one renamed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Candidate(byte[] directory, byte[] name, FileStatus status) {
    byte[] path() {
      return Paths.join(directory, name);
    }
  }

  private final Map<Key, Deque<Candidate>> candidates = new HashMap<>();

  /** Notes the files among the names that the source does not have in a directory, and below. */
  void note(Remover.Found found, DirectoryHandle handle) throws LinuxException, FilterException {
    for (byte[] name : found.names()) {
      note(found.directory(), name, handle, found.scope());
    }
  }

  private void note(byte[] directory, byte[] name, DirectoryHandle in, FilterScope scope)
      throws LinuxException, FilterException {
    FileStatus status = in.status(name);
    if (status == null) {
      return;
    }
    if (status.isRegular() && status.links() == 1 && status.size() > 0) {
      candidates
          .computeIfAbsent(Key.of(status), key -> new ArrayDeque<>())
          .add(new Candidate(directory, name, status));
    }
    if (!status.isDirectory()) {
      return;
    }
    try (DirectoryHandle below = in.beneath(name)) {
      FilterScope inside = scope.enter(name, below).removed();
      for (DirectoryEntry entry : below.entries()) {
        boolean isDirectory = entry.type() == DirectoryEntry.DIRECTORY;
        if (!inside.excludes(entry.name(), isDirectory)) {
          note(Paths.join(directory, name), entry.name(), below, inside);
        }
      }
    }
  }

  /** A file of the target that may be this one, for this caller only; null without one. */
  synchronized @Nullable Candidate take(SourceEntry entry) {
    Deque<Candidate> some = candidates.get(Key.of(entry.status()));
    return some == null ? null : some.poll();
  }

  /** It was another file. */
  synchronized void giveBack(Candidate candidate) {
    candidates
        .computeIfAbsent(Key.of(candidate.status()), key -> new ArrayDeque<>())
        .addLast(candidate);
  }

  boolean isEmpty() {
    return candidates.isEmpty();
  }
}
