package dev.godwit.watch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the changes of one batch, each once. */
final class Changes {
  /** A batch is handed over at this size; the rest waits in the kernel. */
  private static final int SIZE_MAX = 16_384;

  /** What Godwit writes before it renames it into place; never worth a look. */
  private static final String OWN_PREFIX = ".godwit-";

  private final Map<String, Change> changes = new LinkedHashMap<>();

  static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  static boolean isOwn(String name) {
    return name.startsWith(OWN_PREFIX);
  }

  /** A name in a directory, or with {@code .} the directory itself. */
  void name(String directory, String name) {
    if (isOwn(name)) {
      return;
    }
    if (name.equals(".") && !directory.isEmpty()) {
      int slash = directory.lastIndexOf('/');
      name(slash < 0 ? "" : directory.substring(0, slash), directory.substring(slash + 1));
      return;
    }
    changes.computeIfAbsent(
        "n" + join(directory, name),
        key -> new Change.Names(Directories.bytes(directory), Directories.bytes(name)));
  }

  void tree(String path) {
    if (!isOwn(path.substring(path.lastIndexOf('/') + 1))) {
      changes.computeIfAbsent("t" + path, key -> new Change.Tree(Directories.bytes(path)));
    }
  }

  void everything() {
    changes.clear();
    changes.put("e", new Change.Everything());
  }

  boolean isEmpty() {
    return changes.isEmpty();
  }

  boolean isFull() {
    return changes.size() >= SIZE_MAX;
  }

  List<Change> toList() {
    return new ArrayList<>(changes.values());
  }
}
