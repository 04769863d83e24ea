package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import java.util.Arrays;

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

  /** The same, of an argument that is on a file system of its own. */
  Place onDevice(long device) {
    SourceRoot own =
        new SourceRoot(root.handle(), root.shown(), root.argument(), device, root.tree());
    return new Place(own, path, throughLinks);
  }

  /** Whether it is the same path below what has the same name. */
  boolean isSame(Place other) {
    return root.shown().equals(other.root.shown()) && Arrays.equals(path, other.path);
  }

  /** Opens it to look at names in it; it need not be listable. */
  DirectoryHandle openForNames() throws LinuxException {
    FilteredPaths.Tree tree = root.tree();
    if (tree != null) {
      return tree.open(path);
    }
    return throughLinks ? root.handle().throughLinks(path) : root.handle().beneathForNames(path);
  }

  DirectoryHandle open() throws LinuxException {
    FilteredPaths.Tree tree = root.tree();
    if (tree != null) {
      return tree.open(path);
    }
    return throughLinks ? root.handle().throughLinks(path) : root.handle().beneath(path);
  }
}
