package dev.godwit.lsyncd;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files of a tree that say what CVS leaves out in the directory that they are in. */
final class CvsIgnoreFiles {
  private static final String NAME = ".cvsignore";

  private record Below(String path, FilterScope scope) {}

  private CvsIgnoreFiles() {}

  /**
   * The path of one that takes part, as {@link PathText} has it; null when there is none, or
   * nothing can be read: who copies says that.
   *
   * @param root absolute path
   */
  static @Nullable String first(byte[] root, List<FilterRule> filters) {
    try (DirectoryHandle top = DirectoryHandle.open(root)) {
      Deque<Below> left = new ArrayDeque<>();
      left.push(new Below("", Filters.of(filters, false).source(root)));
      while (!left.isEmpty()) {
        Below at = left.pop();
        if (in(top, at, left)) {
          return PathText.join(root, PathText.bytes(PathText.join(at.path, NAME)));
        }
      }
    } catch (LinuxException | FilterException e) {
      // Not there; or wrong, and told.
    }
    return null;
  }

  /** Whether one is in a directory; what is to be looked at below it is added. */
  private static boolean in(DirectoryHandle top, Below at, Deque<Below> left) {
    boolean isThere = false;
    try (DirectoryHandle in = top.beneathOnSameMount(PathText.bytes(at.path))) {
      for (List<DirectoryEntry> some = in.nextEntries(); some != null; some = in.nextEntries()) {
        for (DirectoryEntry entry : some) {
          byte[] name = entry.name();
          isThere |= PathText.of(name).equals(NAME);
          if (in.isDirectory(entry) && !at.scope.excludes(name, true)) {
            String path = PathText.join(at.path, PathText.of(name));
            left.push(new Below(path, at.scope.enterByName(name)));
          }
        }
      }
    } catch (LinuxException e) {
      // Gone, a mount, or unreadable.
    }
    return isThere;
  }
}
