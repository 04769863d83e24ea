package dev.godwit.mirror;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.linux.SharedMappings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Of what a process writes through a mapping the kernel tells nothing, and the file's time changes
 * with the first store into a page alone. So before a barrier the files below the source that
 * somebody has mapped so count as written, and in intervals those that may have been stored to
 * since (H20). By the paths that these processes have.
 */
final class Mapped {
  private final byte[] root;
  private final MappedFiles files;
  private final LinkFinder.Tree tree;
  private final SourceState state;

  // Of the thread that reports.
  private final Stores stores = new Stores();
  private MappedFiles.Seen seen;

  // Guarded by the state's lock.
  private boolean areAny;
  private long lookedAt = System.nanoTime();

  Mapped(byte[] root, MappedFiles files, LinkFinder.Tree tree, SourceState state) {
    this.root = root;
    this.files = files;
    this.seen = files.seen();
    this.tree = tree;
    this.state = state;
  }

  /** At this point all that happened before the barrier is in the files. */
  void mark() throws IOException {
    long now = System.nanoTime();
    List<String> mapped = below(SharedMappings.all());
    changed(mapped, !mapped.isEmpty(), now);
  }

  /** The same of those that may have been stored to, if there was a look. For one thread. */
  void markNowAndThen() throws IOException {
    MappedFiles.Seen now = files.seen();
    if (now == seen) {
      return;
    }
    seen = now;
    Map<String, OptionalLong> mapped = new LinkedHashMap<>();
    for (String path : below(now.paths())) {
      mapped.put(path, storedBy(path));
    }
    changed(stores.suspects(mapped, now.began()), !mapped.isEmpty(), now.began());
  }

  /** Those of these paths that are below the source, as paths below it. */
  private List<String> below(Set<String> paths) throws IOException {
    String top;
    try (DirectoryHandle handle = DirectoryHandle.openForNames(root)) {
      top = PathText.of(handle.realPath());
    } catch (LinuxException e) {
      return List.of(); // the root is gone, which halts the mirror when it is looked at
    }
    String above = top.equals("/") ? top : top + "/";
    List<String> below = new ArrayList<>();
    for (String path : paths) {
      if (path.startsWith(above)) {
        below.add(path.substring(above.length()));
      }
    }
    return below;
  }

  /** When its inode was changed last, if stores change that. */
  private OptionalLong storedBy(String path) {
    try (DirectoryHandle in = tree.open(PathText.bytes(PathText.parent(path)))) {
      FileStatus status = in.status(PathText.bytes(PathText.name(path)));
      return status != null && FileSystemStatus.of(in).marksStores()
          ? OptionalLong.of(status.ctimeTotalNanos())
          : OptionalLong.empty();
    } catch (LinuxException e) {
      return OptionalLong.empty(); // gone by now, or its look tells why it cannot be read
    }
  }

  private void changed(Collection<String> paths, boolean any, long began) {
    state.lock.lock();
    try {
      for (String path : paths) {
        state.pending.changed(path, Scope.CONTENT, System.nanoTime());
      }
      areAny = any;
      lookedAt = began - lookedAt > 0 ? began : lookedAt;
      state.due.signalAll();
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * For how long there may have been stores that nobody knows of, in nanoseconds; 0 while nothing
   * is mapped. With the state's lock held.
   */
  long untoldNanos(long now) {
    return areAny ? Math.max(0, now - lookedAt) : 0;
  }
}
