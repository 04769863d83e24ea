package dev.godwit.mirror.actions;

import dev.godwit.linux.PathText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A name as it was known after the last look, and all below it when it is a directory. */
final class Known {
  private @Nullable Known parent;
  private String name;
  private Seen seen;
  private @Nullable Map<String, Known> children;

  private Known(@Nullable Known parent, String name, Seen seen) {
    this.parent = parent;
    this.name = name;
    this.seen = seen;
  }

  /** The directory that is watched, of which nothing is known yet. */
  static Known root(Seen seen) {
    return new Known(null, "", seen);
  }

  Seen seen() {
    return seen;
  }

  void see(Seen now) {
    seen = now;
  }

  boolean isDirectory() {
    return seen.isDirectory();
  }

  /** Its path below the root; empty for the root. */
  String path() {
    Known above = parent;
    return above == null ? "" : PathText.join(above.path(), name);
  }

  /** Whether it is in a tree, and not only remembered by somebody. */
  boolean isThere(Known root) {
    Known at = this;
    for (Known above = at.parent; above != null; above = at.parent) {
      at = above;
    }
    return at == root;
  }

  /** Whether this is {@code other}, or above it. */
  boolean isAtOrAbove(Known other) {
    for (Known at = other; at != null; at = at.parent) {
      if (at == this) {
        return true;
      }
    }
    return false;
  }

  @Nullable Known child(String wanted) {
    return children == null ? null : children.get(wanted);
  }

  List<Known> children() {
    return children == null ? List.of() : new ArrayList<>(children.values());
  }

  List<String> names() {
    return children == null ? List.of() : new ArrayList<>(children.keySet());
  }

  Known add(String newName, Seen now) {
    Known child = new Known(null, newName, now);
    child.moveTo(this, newName);
    return child;
  }

  void moveTo(Known directory, String newName) {
    remove();
    Map<String, Known> there = directory.children;
    if (there == null) {
      there = new HashMap<>();
      directory.children = there;
    }
    there.put(newName, this);
    parent = directory;
    name = newName;
  }

  /** Takes it out of its directory, with all below it. */
  void remove() {
    Known above = parent;
    if (above != null && above.children != null) {
      above.children.remove(name);
      if (above.children.isEmpty()) {
        above.children = null;
      }
    }
    parent = null;
  }

  /** The node at a path; null when none is known. */
  @Nullable Known at(String path) {
    Known at = this;
    if (path.isEmpty()) {
      return at;
    }
    for (String component : path.split("/", -1)) {
      at = at.child(component);
      if (at == null) {
        return null;
      }
    }
    return at;
  }

  /** How many names are known, this one included. */
  long count() {
    long count = 1;
    for (Known child : children()) {
      count += child.count();
    }
    return count;
  }
}
