package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;

/**
 * The directory that a source argument hangs on, held open for the whole copy.
 *
 * @param shown what messages call it, with '/' at the end unless it is empty
 * @param device of the argument itself: what {@code -x} stays on
 */
record SourceRoot(DirectoryHandle handle, String shown, long device) {
  static SourceRoot open(byte[] path, String shown, long device) throws LinuxException {
    return new SourceRoot(DirectoryHandle.open(path), shown, device);
  }
}
