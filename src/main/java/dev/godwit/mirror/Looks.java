package dev.godwit.mirror;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is to be looked at in one go: what lies below a tree is left out.
 *
 * @param trees paths to compare with all below; one empty path alone is everything
 * @param names names to compare, by directory
 * @param changes how many dirty paths this stands for
 * @param since when the oldest of the changes was seen, in System.nanoTime()
 */
record Looks(List<String> trees, Map<String, List<String>> names, int changes, long since) {
  static final Looks NONE = new Looks(List.of(), Map.of(), 0, 0);

  boolean isEmpty() {
    return changes == 0;
  }

  /** A path and whether all below it is meant. */
  record Path(String path, boolean tree) {}

  static Looks of(Collection<Path> paths, long since) {
    if (paths.isEmpty()) {
      return NONE;
    }
    Set<String> trees = new HashSet<>();
    for (Path path : paths) {
      if (path.tree()) {
        trees.add(path.path());
      }
    }
    List<String> top = new ArrayList<>();
    for (String tree : trees) {
      if (!isBelow(tree, trees)) {
        top.add(tree);
      }
    }
    Map<String, List<String>> names = new LinkedHashMap<>();
    for (Path path : paths) {
      // The top of a tree is a name too: its directory has changed with it.
      boolean isRoot = path.path().isEmpty() && trees.contains("");
      if (!isRoot && !isBelow(path.path(), trees)) {
        names
            .computeIfAbsent(PathText.parent(path.path()), key -> new ArrayList<>())
            .add(PathText.name(path.path()));
      }
    }
    return new Looks(top, names, paths.size(), since);
  }

  /** Whether one of the looks looks at this path. */
  boolean covers(String path) {
    List<String> in = names.get(PathText.parent(path));
    return in != null && in.contains(PathText.name(path))
        || trees.contains(path)
        || isBelow(path, Set.copyOf(trees));
  }

  private static boolean isBelow(String path, Set<String> trees) {
    if (path.isEmpty() || trees.isEmpty()) {
      return false;
    }
    for (String up = PathText.parent(path); ; up = PathText.parent(up)) {
      if (trees.contains(up)) {
        return true;
      }
      if (up.isEmpty()) {
        return false;
      }
    }
  }
}
