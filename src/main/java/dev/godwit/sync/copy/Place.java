package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import java.util.Arrays;

/**
 * A directory of the source: where it really is.
 *
 * @param root what a source argument led to
 * @param path below the root; empty for the root itself
 * @param straight how much of the path there is before the first symbolic link that the user asked
 *     to follow, in bytes: all of it where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Place(SourceRoot root, byte[] path, int straight) {
  /** What a source argument led to itself. */
  static Place of(SourceRoot root) {
    return new Place(root, Paths.NONE, 0);
  }

  Place below(byte[] name, boolean throughLink) {
    byte[] joined = Paths.join(path, name);
    return new Place(root, joined, throughLink || throughLinks() ? straight : joined.length);
  }

  /** Whether the user asked to follow symbolic links that are in the path. */
  boolean throughLinks() {
    return straight < path.length;
  }

  /** The same, of an argument that is on a file system of its own. */
  Place onDevice(long device) {
    SourceRoot own =
        new SourceRoot(root.handle(), root.shown(), root.argument(), device, root.tree());
    return new Place(own, path, straight);
  }

  /** Whether it is the same path below what has the same name. */
  boolean isSame(Place other) {
    return root.shown().equals(other.root.shown()) && Arrays.equals(path, other.path);
  }

  /** Opens it to look at names in it; it need not be listable. */
  DirectoryHandle openForNames() throws LinuxException {
    if (root.tree() != null) {
      return open();
    }
    return throughLinks() ? root.handle().throughLinks(path) : root.handle().beneathForNames(path);
  }

  DirectoryHandle open() throws LinuxException {
    FilteredPaths.Tree tree = root.tree();
    if (tree == null) {
      return throughLinks() ? root.handle().throughLinks(path) : root.handle().beneath(path);
    }
    if (!throughLinks()) {
      return tree.open(path);
    }
    // Which mounts take part is said of the way to the link; behind it is what the user wants.
    try (DirectoryHandle in = tree.open(Arrays.copyOf(path, straight))) {
      int from = straight == 0 ? 0 : straight + 1;
      return in.throughLinks(Arrays.copyOfRange(path, from, path.length));
    }
  }
}
