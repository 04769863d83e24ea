package dev.godwit.mirror;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.linux.SharedMappings;
import java.io.IOException;
import java.util.Set;

/**
 * Of what a process writes through a mapping the kernel tells nothing, and the file's time changes
 * with the first store into a page alone. So before a barrier the files below the source that
 * somebody has mapped so count as written (H20). By the paths that these processes have.
 */
final class Mapped {
  private final byte[] root;
  private final SourceState state;

  Mapped(byte[] root, SourceState state) {
    this.root = root;
    this.state = state;
  }

  /** At this point all that happened before the barrier is in the files. */
  void mark() throws IOException {
    String top;
    try (DirectoryHandle handle = DirectoryHandle.openForNames(root)) {
      top = PathText.of(handle.realPath());
    } catch (LinuxException e) {
      return; // the root is gone, which halts the mirror when it is looked at
    }
    String above = top.equals("/") ? top : top + "/";
    Set<String> mapped = SharedMappings.all();
    state.lock.lock();
    try {
      for (String path : mapped) {
        if (path.startsWith(above)) {
          state.pending.changed(path.substring(above.length()), Scope.CONTENT, System.nanoTime());
        }
      }
      state.due.signalAll();
    } finally {
      state.lock.unlock();
    }
  }
}
