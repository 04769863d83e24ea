package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which names of the source were one file when they were listed last, in a series of copies. Holds
 * only inodes with several names, and not more than a million of these names. Any thread.
 */
final class LinkGroups {
  private static final int NAMES_MAX = 1_000_000;

  private record Inode(long device, long number, long birthNanos) {
    static Inode of(FileStatus status) {
      return new Inode(status.device(), status.inode(), status.birthNanos());
    }
  }

  private record Group(Inode inode, Set<Look.Key> names) {}

  private final Map<Inode, Group> byInode = new HashMap<>();

  /** In order, so that what is below a directory is found without a look at all. */
  private final NavigableMap<Look.Key, Group> byName = new TreeMap<>();

  /** What names were one file with that were seen to be another's before anybody asked. */
  private final Map<Look.Key, Set<Look.Key>> left = new HashMap<>();

  /** A name that is listed. */
  synchronized void listed(byte[] path, FileStatus status) {
    if (byName.isEmpty() && (status.isDirectory() || status.links() < 2)) {
      return;
    }
    Look.Key key = new Look.Key(path);
    Inode inode = Inode.of(status);
    Group before = byName.get(key);
    if (before != null && !before.inode.equals(inode)) {
      leave(key, before);
    }
    if (status.isDirectory() || status.links() < 2) {
      forget(key);
      return;
    }
    if (before != null && before.inode.equals(inode) || byName.size() >= NAMES_MAX) {
      return;
    }
    forget(key);
    Group group = byInode.computeIfAbsent(inode, one -> new Group(one, new HashSet<>(4)));
    group.names.add(key);
    byName.put(key, group);
  }

  /** Who looks at the name next has to know: a look that is under way was begun before. */
  private void leave(Look.Key key, Group group) {
    if (left.size() < NAMES_MAX) {
      Set<Look.Key> names = left.computeIfAbsent(key, one -> new HashSet<>(4));
      names.addAll(group.names);
      names.remove(key);
    }
  }

  private void forget(Look.Key key) {
    Group group = byName.remove(key);
    if (group != null) {
      group.names.remove(key);
      if (group.names.isEmpty()) {
        byInode.remove(group.inode);
      }
    }
  }

  /**
   * The other names of the files that this name was since this was asked last and that it is no
   * more: they may have been written by this name before (H10). Told once. When nothing is there
   * any more, it may have been a directory: then also the other names of the files that were in it.
   *
   * @param now what the name stands for; null: nothing
   */
  synchronized List<byte[]> left(byte[] path, @Nullable FileStatus now) {
    Look.Key key = new Look.Key(path);
    Set<Look.Key> before = left.remove(key);
    Group group = byName.get(key);
    Map<Look.Key, Group> below = now == null ? below(path) : Map.of();
    if (before == null && group == null && below.isEmpty()) {
      return List.of(); // as nearly all
    }
    Set<Look.Key> all = before == null ? new HashSet<>() : before;
    if (group != null && (now == null || !group.inode.equals(Inode.of(now)))) {
      forget(key);
      all.addAll(group.names);
    }
    Set<Group> gone = new HashSet<>(below.values());
    List.copyOf(below.keySet()).forEach(this::forget);
    gone.forEach(one -> all.addAll(one.names));
    return names(all);
  }

  /**
   * The other names of the files that were listed in a directory, those outside of it: the
   * directory may have been another one then, and files of it written by names that are gone (H10).
   */
  synchronized List<byte[]> outside(byte[] directory) {
    List<byte[]> names = new ArrayList<>();
    for (Group group : new HashSet<>(below(directory).values())) {
      for (Look.Key name : group.names) {
        if (!Paths.isAtOrBelow(name.name(), directory)) {
          names.add(name.name());
        }
      }
    }
    return names;
  }

  /** What was listed below a path; a view. */
  private Map<Look.Key, Group> below(byte[] path) {
    if (path.length == 0) {
      return byName;
    }
    byte[] from = Arrays.copyOf(path, path.length + 1);
    from[path.length] = '/';
    byte[] to = from.clone();
    to[path.length]++; // the next byte: whatever begins with the path and a slash is before it
    return byName.subMap(new Look.Key(from), new Look.Key(to));
  }

  /** Whether nothing is known, or is to be told, of any name below a directory. */
  synchronized boolean knowsNothingBelow(byte[] directory) {
    return left.isEmpty() && !hasBelow(directory);
  }

  /** Whether a file below a directory has, or may have, other names too. */
  synchronized boolean hasBelow(byte[] directory) {
    return byName.size() >= NAMES_MAX || !below(directory).isEmpty();
  }

  /** All names known of a file. */
  synchronized List<byte[]> names(FileStatus status) {
    Group group = byInode.get(Inode.of(status));
    return group == null ? List.of() : names(group.names);
  }

  /**
   * All names known of the files that have one of these names, or one at or below one of the trees.
   */
  synchronized List<byte[]> together(Collection<byte[]> names, Collection<byte[]> trees) {
    Set<Group> groups = new HashSet<>();
    for (byte[] name : names) {
      Group group = byName.get(new Look.Key(name));
      if (group != null) {
        groups.add(group);
      }
    }
    for (byte[] tree : trees) {
      Group group = byName.get(new Look.Key(tree));
      if (group != null) {
        groups.add(group);
      }
      groups.addAll(below(tree).values());
    }
    return groups.stream().flatMap(group -> names(group.names).stream()).toList();
  }

  private static List<byte[]> names(Set<Look.Key> names) {
    return names.stream().map(Look.Key::name).toList();
  }
}
