package dev.godwit.mirror.actions;

import dev.godwit.linux.PathText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One look at names that may have changed: says what happened to them since they were known, and
 * knows them as they are then.
 *
 * <p>The events are a way from the one tree to the other: each is told with the paths that hold
 * once all before it was done, so whoever does the same elsewhere in this order ends with the same
 * tree. Names whose state cannot be found out stay as they were known (H28).
 *
 * <p>An inode that went from one name and stands under another was moved. Where several exchanged
 * their names one of them is told as new.
 */
final class Comparison {
  /** The tree as it is. */
  interface Tree {
    /** The state of a name; null when it is not there, or does not take part. */
    @Nullable Seen at(String path) throws IOException;

    /** What is in a directory and takes part; null when the directory is not there any more. */
    @Nullable Map<String, Seen> in(String directory) throws IOException;
  }

  /** A longer row of names that wait for each other is cut there. */
  private static final int ROW_MAX = 500;

  private final Known root;
  private final Tree tree;
  private final boolean tellsMoves;
  private final List<FileEvent> events = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  /** What came to a name, by paths, so that a directory comes before what is in it. */
  private final TreeMap<String, Seen> arrivals = new TreeMap<>();

  private final Map<Seen.Identity, String> wanted = new HashMap<>();
  private final Set<String> arriving = new HashSet<>();

  /** What went from its name, those at the top. */
  private final Set<Known> departures = new LinkedHashSet<>();

  /** The same with all that is below. */
  private final Map<Seen.Identity, Known> departed = new HashMap<>();

  /**
   * @param root what is known; changed by {@link #look}
   * @param tellsMoves whether moves are told as such
   */
  Comparison(Known root, Tree tree, boolean tellsMoves) {
    this.root = root;
    this.tree = tree;
    this.tellsMoves = tellsMoves;
  }

  /** Looks at names; to be called once. */
  List<FileEvent> look(Iterable<Dirty> names) {
    for (Dirty name : names) {
      look(name);
    }
    while (!arrivals.isEmpty()) {
      arrive(arrivals.firstKey(), 0);
    }
    for (Known gone : departures) {
      if (gone.isThere(root)) {
        delete(gone);
      }
    }
    return events;
  }

  /** What could not be looked at, for people. */
  List<String> problems() {
    return problems;
  }

  private void look(Dirty name) {
    if (name.path().isEmpty()) {
      classify("", root, name.isTree(), name.isWritten());
      return;
    }
    // The first of the names on the way that was no known directory stands for all below it.
    Known above = root;
    String at = "";
    for (String component : name.path().split("/", -1)) {
      at = PathText.join(at, component);
      Known known = above.child(component);
      if (known == null || !known.isDirectory() || at.length() == name.path().length()) {
        boolean isTree = name.isTree() && at.length() == name.path().length();
        classify(at, known, isTree, name.isWritten());
        return;
      }
      above = known;
    }
  }

  private void classify(String path, @Nullable Known known, boolean isTree, boolean isWritten) {
    try {
      classify(path, known, tree.at(path), isTree, isWritten);
    } catch (IOException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  private void classify(
      String path, @Nullable Known known, @Nullable Seen now, boolean isTree, boolean isWritten) {
    if (known == root && (now == null || !now.isDirectory())) {
      return; // whether it is still the same one is asked elsewhere
    }
    boolean isSame = known == root || known != null && now != null && known.seen().isSame(now);
    if (isSame && known != null && now != null) {
      departures.remove(known);
      departed.remove(known.seen().identity());
      if (known != root) {
        changed(known, path, now, isWritten, false);
      }
      if (isTree && now.isDirectory()) {
        children(known, path, isWritten);
      }
      return;
    }
    if (known != null) {
      departures.add(known);
      index(known);
    }
    if (now != null) {
      arrivals.put(path, now);
      wanted.put(now.identity(), path);
    }
  }

  private void index(Known gone) {
    departed.put(gone.seen().identity(), gone);
    gone.children().forEach(this::index);
  }

  private void children(Known known, String path, boolean isWritten) {
    Map<String, Seen> now;
    try {
      now = tree.in(path);
    } catch (IOException e) {
      problems.add(String.valueOf(e.getMessage()));
      return;
    }
    if (now == null) {
      return; // it goes just now, and that is told
    }
    Set<String> names = new TreeSet<>(known.names());
    names.addAll(now.keySet());
    for (String name : names) {
      classify(PathText.join(path, name), known.child(name), now.get(name), true, isWritten);
    }
  }

  /** The same inode under the same name. */
  private void changed(Known known, String path, Seen now, boolean isWritten, boolean wasMoved) {
    Seen before = known.seen();
    known.see(now);
    if (before.hasOtherContent(now, isWritten)) {
      events.add(FileEvent.of(Action.MODIFY, path, false));
    } else if (before.hasOtherAttributes(now, wasMoved)) {
      events.add(FileEvent.of(Action.ATTRIB, path, now.isDirectory()));
    }
  }

  /**
   * Something that nobody knew stands under a name.
   *
   * @param depth how many names wait for this one to be free
   */
  private void arrive(String path, int depth) {
    Seen now = arrivals.remove(path);
    Known there = root.at(path);
    if (now == null || there != null && there.seen().isSame(now)) {
      return; // it came with its directory
    }
    if (there != null) {
      arriving.add(path);
      leave(there, depth);
      arriving.remove(path);
    }
    Known directory = root.at(PathText.parent(path));
    if (directory == null || !directory.isDirectory()) {
      return; // what it is in has gone by now, and is looked at for itself
    }
    String name = PathText.name(path);
    there = directory.child(name);
    Known moved = moved(now, directory, there);
    if (there != null && moved == null && there.seen().isSameType(now) && !now.isDirectory()) {
      departures.remove(there);
      departed.remove(there.seen().identity());
      there.see(now); // replaced by another one, or written anew
      events.add(FileEvent.of(Action.MODIFY, path, false));
      return;
    }
    if (there != null) {
      if (moved != null && !there.isDirectory() && !now.isDirectory()) {
        there.remove(); // a move goes over it
      } else {
        delete(there);
      }
    }
    if (moved != null) {
      events.add(new FileEvent(Action.MOVE, moved.path(), path, now.isDirectory()));
      departures.remove(moved);
      departed.remove(now.identity());
      moved.moveTo(directory, name);
      changed(moved, path, now, false, true);
      if (now.isDirectory()) {
        children(moved, path, true);
      }
    } else {
      Known fresh = directory.add(name, now);
      events.add(FileEvent.of(Action.CREATE, path, now.isDirectory()));
      if (now.isDirectory()) {
        children(fresh, path, true);
      }
    }
  }

  /** If what stands there has come to another name, that comes first. */
  private void leave(Known there, int depth) {
    String elsewhere = tellsMoves ? wanted.get(there.seen().identity()) : null;
    if (elsewhere != null && !arriving.contains(elsewhere) && depth < ROW_MAX) {
      arrive(elsewhere, depth + 1);
    }
  }

  /**
   * The known name that this inode has gone from; null when there is none that can be told: a name
   * above where it goes, or below what has to be deleted for it first.
   */
  private @Nullable Known moved(Seen now, Known directory, @Nullable Known there) {
    Known from = tellsMoves ? departed.get(now.identity()) : null;
    if (from == null || !from.isThere(root) || from.isAtOrAbove(directory)) {
      return null;
    }
    return there != null && there.isAtOrAbove(from) ? null : from;
  }

  private void delete(Known gone) {
    gone.children().forEach(this::delete);
    events.add(FileEvent.of(Action.DELETE, gone.path(), gone.isDirectory()));
    gone.remove();
  }
}
