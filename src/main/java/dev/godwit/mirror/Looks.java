package dev.godwit.mirror;

import dev.godwit.linux.PathText;
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
 * @param newTrees those of them that came to their place just now (H19)
 * @param names names to compare, by directory
 * @param contents paths of those names whose content is compared in any case (H19)
 * @param changes how many dirty paths this stands for
 * @param since when the oldest of the changes was seen, in System.nanoTime()
 */
record Looks(
    List<String> trees,
    Set<String> newTrees,
    Map<String, List<String>> names,
    Set<String> contents,
    int changes,
    long since) {
  static final Looks NONE = new Looks(List.of(), Set.of(), Map.of(), Set.of(), 0, 0);

  boolean isEmpty() {
    return changes == 0;
  }

  /** Whether they are at everything. */
  boolean isWhole() {
    return trees.contains("");
  }

  record Path(String path, Scope scope) {}

  static Looks of(Collection<Path> paths, long since) {
    if (paths.isEmpty()) {
      return NONE;
    }
    Set<String> trees = new HashSet<>();
    Set<String> newTrees = new HashSet<>();
    for (Path path : paths) {
      if (path.scope().tree()) {
        trees.add(path.path());
      }
      if (path.scope().treeContent()) {
        newTrees.add(path.path());
      }
    }
    List<String> top = new ArrayList<>();
    for (String tree : trees) {
      // A look at a tree does not stand for one below it that looks closer.
      if (!isBelow(tree, newTrees.contains(tree) ? newTrees : trees)) {
        top.add(tree);
      }
    }
    Map<String, List<String>> names = new LinkedHashMap<>();
    Set<String> contents = new HashSet<>();
    for (Path path : paths) {
      // The top of a tree is a name too: its directory has changed with it.
      boolean isRoot = path.path().isEmpty() && trees.contains("");
      if (!isRoot && !isBelow(path.path(), path.scope().content() ? newTrees : trees)) {
        names
            .computeIfAbsent(PathText.parent(path.path()), key -> new ArrayList<>())
            .add(PathText.name(path.path()));
        if (path.scope().content()) {
          contents.add(path.path());
        }
      }
    }
    return new Looks(top, newTrees, names, contents, paths.size(), since);
  }

  /** The same without some names and some trees. */
  Looks without(Set<String> lessNames, Set<String> lessTrees) {
    Map<String, List<String>> left = new LinkedHashMap<>();
    names.forEach(
        (directory, in) -> {
          List<String> some = new ArrayList<>(in);
          some.removeIf(name -> lessNames.contains(PathText.join(directory, name)));
          if (!some.isEmpty()) {
            left.put(directory, some);
          }
        });
    List<String> leftTrees = trees.stream().filter(tree -> !lessTrees.contains(tree)).toList();
    return new Looks(leftTrees, newTrees, left, contents, changes, since);
  }

  /** What is looked at, path by path: what came of it is not known while this is asked. */
  List<Path> paths() {
    List<Path> paths = new ArrayList<>();
    for (String tree : trees) {
      paths.add(new Path(tree, newTrees.contains(tree) ? Scope.NEW_TREE : Scope.TREE));
    }
    names.forEach(
        (directory, in) -> {
          for (String name : in) {
            String path = PathText.join(directory, name);
            paths.add(new Path(path, contents.contains(path) ? Scope.CONTENT : Scope.NAME));
          }
        });
    return paths;
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
