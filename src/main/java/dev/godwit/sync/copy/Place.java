package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;

/**
 * A directory of the source: where it really is.
 *
 * @param root what a source argument led to
 * @param path below the root; empty for the root itself
 * @param throughLinks whether the user asked to follow symbolic links that are in the path
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Place(SourceRoot root, byte[] path, boolean throughLinks) {
  Place below(byte[] name, boolean throughLink) {
    return new Place(root, Paths.join(path, name), throughLinks || throughLink);
  }

  DirectoryHandle open() throws LinuxException {
    return throughLinks
        ? root.handle().throughLinks(path)
        : path.length == 0 ? root.handle().beneath(path) : root.handle().beneath(path);
  }
}
