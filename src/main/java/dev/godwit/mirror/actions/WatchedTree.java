package dev.godwit.mirror.actions;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names below a directory, as they are now: no symbolic link is followed and nothing that is
 * mounted below is entered.
 */
final class WatchedTree implements Comparison.Tree, AutoCloseable {
  private static final long NANOS = 1_000_000_000;

  private final DirectoryHandle root;
  private final FilterScope filters;

  /**
   * @param root absolute path
   * @param filters which names take part; none that lie in the tree itself
   */
  WatchedTree(byte[] root, List<FilterRule> filters) throws LinuxException {
    try {
      this.filters = Filters.of(filters, false).source(root);
    } catch (FilterException e) {
      throw new IllegalArgumentException(e); // they were read before
    }
    this.root = DirectoryHandle.open(root);
  }

  /** The state of the directory itself. */
  Seen root() throws LinuxException {
    return Seen.of(root.status(), nowNanos());
  }

  @Override
  public @Nullable Seen at(String path) throws LinuxException {
    if (path.isEmpty()) {
      return root();
    }
    long now = nowNanos();
    FilterScope scope = scope(PathText.parent(path));
    byte[] name = PathText.bytes(PathText.name(path));
    try (DirectoryHandle directory =
        root.beneathOnSameMount(PathText.bytes(PathText.parent(path)))) {
      FileStatus status = directory.status(name);
      return status == null || scope == null || isOut(scope, name, status)
          ? null
          : Seen.of(status, now);
    } catch (LinuxException e) {
      if (isGone(e)) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public @Nullable Map<String, Seen> in(String path) throws LinuxException {
    long now = nowNanos();
    FilterScope scope = scope(path);
    if (scope == null) {
      return null;
    }
    Map<String, Seen> found = new HashMap<>();
    try (DirectoryHandle directory = root.beneathOnSameMount(PathText.bytes(path))) {
      for (List<DirectoryEntry> some = directory.nextEntries();
          some != null;
          some = directory.nextEntries()) {
        for (DirectoryEntry entry : some) {
          FileStatus status = directory.status(entry.name());
          if (status != null && !isOut(scope, entry.name(), status)) {
            String name = PathText.of(entry.name());
            found.put(name, Seen.of(status, now));
          }
        }
      }
      return found;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EXDEV) {
        return found; // another file system
      }
      if (isGone(e)) {
        return null;
      }
      throw e;
    }
  }

  /** The rules for the names in a directory; null when it does not take part itself. */
  private @Nullable FilterScope scope(String directory) {
    FilterScope scope = filters;
    if (directory.isEmpty()) {
      return scope;
    }
    for (String component : directory.split("/", -1)) {
      byte[] name = PathText.bytes(component);
      if (isOut(scope, name, true)) {
        return null;
      }
      scope = scope.enterByName(name);
    }
    return scope;
  }

  private static boolean isOut(FilterScope scope, byte[] name, FileStatus status) {
    return isOut(scope, name, status.isDirectory());
  }

  private static boolean isOut(FilterScope scope, byte[] name, boolean isDirectory) {
    return TemporaryNames.isTemporary(name) || scope.excludes(name, isDirectory);
  }

  /** A name on the way is not there, no directory (any more), a link, or a mount. */
  private static boolean isGone(LinuxException e) {
    return switch (e.errno()) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV -> true;
      default -> false;
    };
  }

  private static long nowNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS + now.getNano();
  }

  @Override
  public void close() {
    root.close();
  }
}
