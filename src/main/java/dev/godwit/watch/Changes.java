package dev.godwit.watch;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.PathText;
import dev.godwit.linux.TemporaryNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the changes of one batch, each once. */
final class Changes {
  /** A batch is handed over at this size; the rest waits in the kernel. */
  private static final int SIZE_MAX = 16_384;

  /** Without a look at the rest for all other names. */
  private static final String OWN_PREFIX = PathText.of(TemporaryNames.prefix());

  private record Key(InodeHandle directory, String name) {}

  private record Inode(long device, long number) {}

  private final Map<Object, Change> changes = new LinkedHashMap<>();

  /** Whether this is what Godwit writes before it renames it into place; never worth a look. */
  static boolean isOwn(String name) {
    return name.startsWith(OWN_PREFIX) && TemporaryNames.isTemporary(PathText.bytes(name));
  }

  /** Whether a path is such a name, or leads through one. */
  static boolean isInOwn(String path) {
    return path.contains(OWN_PREFIX) && TemporaryNames.isInTemporary(PathText.bytes(path));
  }

  /**
   * A name in a directory, or with {@code .} the directory itself.
   *
   * @param content whether it may hold something else now
   * @param isSaved whether a program has closed it after writing
   */
  void name(String directory, String name, boolean content, boolean isSaved) {
    if (isOwn(name)) {
      return;
    }
    if (name.equals(".") && !directory.isEmpty()) {
      name(PathText.parent(directory), PathText.name(directory), content, isSaved);
      return;
    }
    String key = "n" + PathText.join(directory, name);
    Change.Names known = (Change.Names) changes.get(key);
    changes.put(
        key,
        new Change.Names(
            PathText.bytes(directory),
            PathText.bytes(name),
            content || known != null && known.content(),
            isSaved || known != null && known.isSaved()));
  }

  /**
   * @param content whether all below may hold something else now
   */
  void tree(String path, boolean content) {
    tree(path, content, false);
  }

  /** A directory got this name, and what happened in it is told by itself. */
  void arrival(String path) {
    tree(path, true, true);
  }

  private void tree(String path, boolean content, boolean isArrival) {
    if (!isOwn(PathText.name(path))) {
      Change.Tree change = new Change.Tree(PathText.bytes(path), content, isArrival);
      Change.Tree known = (Change.Tree) changes.get("t" + path);
      changes.put("t" + path, known == null ? change : both(known, change));
    }
  }

  private static Change.Tree both(Change.Tree one, Change.Tree other) {
    return new Change.Tree(
        one.path(), one.content() || other.content(), one.isArrival() && other.isArrival());
  }

  /** Something happened in a directory that is followed. */
  void in(InodeHandle directory, String name, boolean content, boolean isArrival) {
    if (!isOwn(name)) {
      Key key = new Key(directory, name);
      Change.In known = (Change.In) changes.get(key);
      changes.put(
          key,
          new Change.In(
              directory,
              PathText.bytes(name),
              content || known != null && known.content(),
              isArrival || known != null && known.isArrival()));
    }
  }

  /** A file got another name; the order of these counts. */
  void renamed(String from, String to) {
    if (!isOwn(PathText.name(from)) && !isOwn(PathText.name(to))) {
      Change change = new Change.Renamed(PathText.bytes(from), PathText.bytes(to));
      changes.put(new Object(), change);
    }
  }

  /** See {@link Change.Elsewhere}. */
  void elsewhere(FileStatus file, boolean wasBelow) {
    Inode key = new Inode(file.device(), file.inode());
    boolean was = changes.get(key) instanceof Change.Elsewhere known && known.wasBelow();
    changes.put(key, new Change.Elsewhere(file, wasBelow || was));
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
