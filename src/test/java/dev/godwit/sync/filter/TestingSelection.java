package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What filters select of real trees, by walking them as an engine would. Names are shown as ISO
 * 8859-1, so that bytes stay bytes; a directory's ends with '/'.
 */
final class TestingSelection {
  private static final int DIRECTORY = 4;

  private TestingSelection() {}

  /**
   * All names that are transferred.
   *
   * @param scope of the directory
   * @param only the only name that was asked for; null: all
   */
  static SortedSet<String> transferred(
      FilterScope scope, DirectoryHandle directory, @Nullable String only) throws Exception {
    SortedSet<String> names = new TreeSet<>();
    transferred(scope, directory, "", only, names);
    return names;
  }

  private static void transferred(
      FilterScope scope,
      DirectoryHandle directory,
      String path,
      @Nullable String only,
      Set<String> names)
      throws Exception {
    for (DirectoryEntry entry : directory.entries()) {
      boolean isDirectory = entry.type() == DIRECTORY;
      String shown = path + new String(entry.name(), StandardCharsets.ISO_8859_1);
      if (only != null && !shown.equals(only) || scope.excludes(entry.name(), isDirectory)) {
        continue;
      }
      names.add(isDirectory ? shown + "/" : shown);
      if (isDirectory) {
        try (DirectoryHandle below = directory.beneath(entry.name())) {
          transferred(scope.enter(entry.name(), below), below, shown + "/", null, names);
        }
      }
    }
  }

  /**
   * All names that are removed from the target.
   *
   * @param only the only name that is transferred, so that nothing beside it is looked at; null:
   *     all
   * @param transferred what the source has
   */
  static SortedSet<String> removed(
      FilterScope scope, DirectoryHandle directory, @Nullable String only, Set<String> transferred)
      throws Exception {
    SortedSet<String> names = new TreeSet<>();
    removedIn(scope, directory, "", only, transferred, names);
    return names;
  }

  private static void removedIn(
      FilterScope scope,
      DirectoryHandle directory,
      String path,
      @Nullable String only,
      Set<String> transferred,
      Set<String> names)
      throws Exception {
    for (DirectoryEntry entry : directory.entries()) {
      boolean isDirectory = entry.type() == DIRECTORY;
      String shown = path + new String(entry.name(), StandardCharsets.ISO_8859_1);
      boolean isKept = transferred.contains(isDirectory ? shown + "/" : shown);
      if (only != null && !(shown.equals(only) && isKept)) {
        continue;
      }
      if (!isKept && scope.excludes(entry.name(), isDirectory)) {
        continue;
      }
      if (!isDirectory) {
        if (!isKept) {
          names.add(shown);
        }
        continue;
      }
      try (DirectoryHandle below = directory.beneath(entry.name())) {
        FilterScope inner = scope.enter(entry.name(), below);
        if (isKept) {
          removedIn(inner, below, shown + "/", null, transferred, names);
        } else if (removeAll(inner.removed(), below, shown + "/", names)) {
          names.add(shown + "/");
        }
      }
    }
  }

  /** Whether nothing in a directory is protected. */
  private static boolean removeAll(
      FilterScope scope, DirectoryHandle directory, String path, Set<String> names)
      throws Exception {
    boolean isEmpty = true;
    for (DirectoryEntry entry : directory.entries()) {
      boolean isDirectory = entry.type() == DIRECTORY;
      if (scope.excludes(entry.name(), isDirectory)) {
        isEmpty = false;
        continue;
      }
      String shown = path + new String(entry.name(), StandardCharsets.ISO_8859_1);
      if (!isDirectory) {
        names.add(shown);
        continue;
      }
      try (DirectoryHandle below = directory.beneath(entry.name())) {
        if (removeAll(scope.enter(entry.name(), below), below, shown + "/", names)) {
          names.add(shown + "/");
        } else {
          isEmpty = false;
        }
      }
    }
    return isEmpty;
  }
}
