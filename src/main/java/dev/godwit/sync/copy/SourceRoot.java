package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import org.jspecify.annotations.Nullable;

/**
 * The directory that a source argument hangs on, held open for the whole copy.
 *
 * @param shown what messages call it, with '/' at the end unless it is empty
 * @param argument which SRC it is, counted from 0
 * @param device of the argument itself: what {@code -x} stays on
 * @param tree opens its directories, where not all that is mounted below takes part (H25); null:
 *     all does
 */
record SourceRoot(
    DirectoryHandle handle,
    String shown,
    int argument,
    long device,
    FilteredPaths.@Nullable Tree tree) {
  SourceRoot(DirectoryHandle handle, String shown, int argument, long device) {
    this(handle, shown, argument, device, null);
  }
}
