package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;

/**
 * The directory that a source argument hangs on, held open for the whole copy.
 *
 * @param shown what messages call it, with '/' at the end unless it is empty
 * @param argument which SRC it is, counted from 0
 * @param device of the argument itself: what {@code -x} stays on
 * @param isOneMount whether what is mounted below takes no part (H25)
 */
record SourceRoot(
    DirectoryHandle handle, String shown, int argument, long device, boolean isOneMount) {
  SourceRoot(DirectoryHandle handle, String shown, int argument, long device) {
    this(handle, shown, argument, device, false);
  }
}
