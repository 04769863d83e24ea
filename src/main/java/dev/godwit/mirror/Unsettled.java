package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import java.util.HashSet;
import java.util.Set;

/**
 * Names that changed at the source and are not known to be on the target, to ask of many whether
 * they are among them. Not safe for threads.
 */
final class Unsettled {
  /** And the directories that they are in, whose time is another one then. */
  private final Set<String> names = new HashSet<>();

  /** Those of them below which anything may have changed. */
  private final Set<String> trees = new HashSet<>();

  void add(Looks.Path one) {
    names.add(one.path());
    names.add(PathText.parent(one.path()));
    if (one.scope().tree() || one.scope().content()) {
      trees.add(one.path());
    }
  }

  /** Whether what was told may have changed a name. */
  boolean has(String path) {
    if (names.contains(path) || trees.contains("")) {
      return true;
    }
    for (String up = path; !up.isEmpty(); up = PathText.parent(up)) {
      if (trees.contains(up)) {
        return true;
      }
    }
    return false;
  }
}
