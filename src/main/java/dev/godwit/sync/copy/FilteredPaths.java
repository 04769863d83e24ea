package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What filters say of whole paths, and of all that is in a directory: what is hidden at the source,
 * or protected on the target. Names that come while it is looked are not seen.
 */
final class FilteredPaths {
  private FilteredPaths() {}

  /** Opens a directory of the tree by its path. */
  interface Tree {
    DirectoryHandle open(byte[] path) throws LinuxException;
  }

  /** A directory, with the scope of the one that it is in. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Below(byte[] path, FilterScope above) {}

  /**
   * The scope of the names in a directory; null when it is excluded itself, or one above it.
   *
   * @param top the scope that the tree begins with
   */
  private static @Nullable FilterScope in(FilterScope top, Tree tree, byte[] directory)
      throws LinuxException, FilterException {
    FilterScope scope;
    try (DirectoryHandle root = tree.open(Paths.NONE)) {
      scope = top.at(root);
    }
    byte[] path = Paths.NONE;
    for (byte[] name : Names.components(directory)) {
      if (scope.excludes(name, true)) {
        return null;
      }
      path = Paths.join(path, name);
      try (DirectoryHandle here = tree.open(path)) {
        scope = scope.enter(name, here);
      }
    }
    return scope;
  }

  /**
   * Whether a name is excluded, or a directory above it.
   *
   * @param top the scope that the tree begins with
   */
  static boolean excludes(FilterScope top, Tree tree, byte[] path, boolean isDirectory)
      throws LinuxException, FilterException {
    FilterScope scope = in(top, tree, Paths.parent(path));
    return scope == null || scope.excludes(Paths.name(path), isDirectory);
  }

  /** Whether a name is excluded, or one above it, or something below it. */
  static boolean excludesAnyOf(FilterScope top, Tree tree, byte[] path)
      throws LinuxException, FilterException {
    FilterScope scope = in(top, tree, Paths.parent(path));
    if (scope == null) {
      return true;
    }
    boolean isDirectory;
    try (DirectoryHandle parent = tree.open(Paths.parent(path))) {
      FileStatus status = parent.status(Paths.name(path));
      isDirectory = status != null && status.isDirectory();
    }
    return scope.excludes(Paths.name(path), isDirectory)
        || isDirectory && excludesAnyIn(scope, tree, path);
  }

  /**
   * Whether something in a directory, or further below, is excluded.
   *
   * @param above the scope of the names beside the directory
   */
  static boolean excludesAnyIn(FilterScope above, Tree tree, byte[] directory)
      throws LinuxException, FilterException {
    Deque<Below> open = new ArrayDeque<>();
    open.add(new Below(directory, above));
    while (!open.isEmpty()) {
      Below here = open.removeLast();
      try (DirectoryHandle handle = tree.open(here.path)) {
        FilterScope scope = here.above.enter(Paths.name(here.path), handle);
        for (List<DirectoryEntry> some = handle.nextEntries();
            some != null;
            some = handle.nextEntries()) {
          for (DirectoryEntry entry : some) {
            boolean isDirectory = handle.isDirectory(entry);
            if (scope.excludes(entry.name(), isDirectory)) {
              return true;
            }
            if (isDirectory) {
              open.add(new Below(Paths.join(here.path, entry.name()), scope));
            }
          }
        }
      }
    }
    return false;
  }
}
