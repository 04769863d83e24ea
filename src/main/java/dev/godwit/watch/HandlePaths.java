package dev.godwit.watch;

import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a directory is, below the root or outside, by its handle. Asking the kernel costs a few
 * microseconds, and a filesystem mark reports every directory of the filesystem, so answers are
 * kept, those for directories outside too.
 *
 * <p>Invariant: an answer is right for every event up to the next rename of a directory into, out
 * of or inside the root; who sees such an event calls {@link #forget}. A deleted directory needs
 * nothing: its handle is never given to another, and looking at a name that is gone is harmless.
 */
final class HandlePaths {
  /** Where a directory is. */
  sealed interface Place {
    /** Below the root: a relative path, empty for the root. */
    record Inside(String path) implements Place {}

    /** Somewhere else. */
    record Outside() implements Place {}

    /** Already deleted, which is an event in its parent. */
    record Gone() implements Place {}

    /** Inside, but too deep for the kernel to say where: the nearest ancestor that it can name. */
    record Below(String ancestor) implements Place {}
  }

  private static final Place OUTSIDE = new Place.Outside();
  private static final Place GONE = new Place.Gone();
  private static final String DELETED = " (deleted)";

  /** About 200 bytes each. */
  private static final int SIZE_MAX = 50_000;

  private final Root root;
  private final Map<InodeHandle, Place> places = new Latest<>(SIZE_MAX);

  HandlePaths(Root root) {
    this.root = root;
  }

  void forget() {
    places.clear();
  }

  Place place(InodeHandle directory) throws LinuxException {
    Place known = places.get(directory);
    if (known == null) {
      known = resolve(directory);
      places.put(directory, known);
    }
    return known;
  }

  private Place resolve(InodeHandle directory) throws LinuxException {
    int fd = Directories.openHandle(directory, root);
    if (Directories.isGone(fd)) {
      return GONE;
    }
    LinuxException.check(fd, "open_by_handle_at", "");
    try {
      String base = Directories.path(root.fd());
      if (base == null) {
        return new Place.Below("");
      }
      String path = Directories.path(fd);
      if (path == null) {
        return ancestor(fd, base);
      }
      if (path.endsWith(DELETED) && Directories.inode(fd).links() == 0) {
        return GONE;
      }
      String relative = relative(base, path);
      return relative == null || Changes.isInOwn(relative) ? OUTSIDE : new Place.Inside(relative);
    } finally {
      Directories.close(fd);
    }
  }

  private static Place ancestor(int deep, String base) throws LinuxException {
    int fd = Directories.openParent(deep);
    while (fd >= 0) {
      String path = Directories.path(fd);
      if (path != null) {
        Directories.close(fd);
        String relative = relative(base, path);
        return relative == null || Changes.isInOwn(relative) ? OUTSIDE : new Place.Below(relative);
      }
      int parent = Directories.openParent(fd);
      Directories.close(fd);
      fd = parent;
    }
    return OUTSIDE;
  }

  private static @Nullable String relative(String base, String path) {
    if (path.equals(base)) {
      return "";
    }
    String prefix = base.equals("/") ? base : base + "/";
    return path.startsWith(prefix) ? path.substring(prefix.length()) : null;
  }
}
