package dev.godwit.mirror;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.linux.PlainNames;
import dev.godwit.sync.copy.GatheredSum;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the other names of files that have several; symbolic links may have several too.
 *
 * <p>A change is reported for the name that it was made by, and a new link for its new name only;
 * the other names of the same file have changed as well, and no event says which they are (H10,
 * H21). They are found by the inode numbers that directory listings hold, without a look at the
 * files: about a second for some million names. What was found is kept, so that it is done once for
 * each new link and not for each change.
 *
 * <p>What is left: a file that gets a second name, is written by it and loses it again before the
 * first look at it. A watch by fanotify tells where it is; with others only a comparison of both
 * trees finds that.
 *
 * <p>One thread at a time, but {@link #isSearchWanted} and {@link #nextSearch} may be called by
 * any.
 */
final class LinkFinder {
  private static final int KNOWN_MAX = 100_000;

  /** A search may take one part in this many of the time. */
  private static final int DUTY = 20;

  private static final Duration SEARCH_INTERVAL = Duration.ofSeconds(1);
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;
  private static final int DT_LNK = 10;

  private record Inode(long device, long number) {}

  private record Known(int links, Set<String> names) {}

  /**
   * What else to look at.
   *
   * @param names the other names of files
   * @param directories directories whose own owner, permissions and time may have changed; a look
   *     of its own puts this in order with the looks at what is in them
   * @param large the sizes of the files among those that were asked about, where it takes longer to
   *     read them than looks are apart at least
   * @param asked what need not be asked again for the same looks
   */
  record Others(Set<String> names, Set<String> directories, Map<String, Long> large, Asked asked) {
    private static final long LARGE = 1 << 20;

    Others() {
      this(new LinkedHashSet<>(), new LinkedHashSet<>(), new HashMap<>(), new Asked());
    }
  }

  /**
   * What was asked already for the same looks: where many names of one file have changed, each of
   * them leads to all the others. What changes after it was asked makes an event of its own, and
   * with it other looks.
   *
   * @param left names that files still have
   * @param told files whose known names were added
   * @param noted the same of files that a name still stands for
   * @param listed files whose listed names were added
   * @param areNames whether what was found is still true
   */
  private record Asked(
      Set<String> left,
      Set<Known> told,
      Set<Known> noted,
      Set<Inode> listed,
      Map<Known, Boolean> areNames) {
    Asked() {
      this(
          new HashSet<>(),
          Collections.newSetFromMap(new IdentityHashMap<>()),
          Collections.newSetFromMap(new IdentityHashMap<>()),
          new HashSet<>(),
          new IdentityHashMap<>());
    }
  }

  /**
   * What is in a directory.
   *
   * @param directories by their paths
   * @param names how many it has
   * @param bytes the sizes of its files together
   */
  record In(List<String> directories, int names, long bytes) {}

  /** What listings have shown of files with several names. */
  interface Listed {
    /** Nothing was listed. */
    Listed NOTHING =
        new Listed() {
          @Override
          public List<byte[]> left(byte[] path, @Nullable FileStatus now) {
            return List.of();
          }

          @Override
          public List<byte[]> outside(byte[] directory) {
            return List.of();
          }

          @Override
          public List<byte[]> of(FileStatus file) {
            return List.of();
          }

          @Override
          public boolean knowsNothingBelow(byte[] directory) {
            return true;
          }
        };

    /**
     * The other names of the file that this name was, if it is that no more, or of those that were
     * in the directory that it was, if it is gone.
     */
    List<byte[]> left(byte[] path, @Nullable FileStatus now);

    /** The names outside of a directory of the files that were in it. */
    List<byte[]> outside(byte[] directory);

    /** The names of a file. */
    List<byte[]> of(FileStatus file);

    /** Whether {@link #left} has nothing to tell of any name below a directory. */
    boolean knowsNothingBelow(byte[] directory);
  }

  /** Opens the directories that are looked at. */
  @FunctionalInterface
  interface Tree {
    /**
     * @param path below the root
     */
    DirectoryHandle open(byte[] path) throws LinuxException;
  }

  /** Adds up the files of a directory before anybody lists it. */
  @FunctionalInterface
  interface Sums {
    /** Null where there is no sum; then the directory was not listed yet. */
    @Nullable GatheredSum of(DirectoryHandle directory) throws LinuxException;
  }

  private final Tree tree;
  private Listed listed = Listed.NOTHING;
  private final Map<Inode, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Inode, Known> eldest) {
          boolean remove = size() > KNOWN_MAX;
          if (remove) {
            eldest.getValue().names.forEach(inodes::remove);
          }
          return remove;
        }
      };

  /** The file that a name was when its names were searched: it may have been another's since. */
  private final NavigableMap<String, Inode> inodes = new TreeMap<>();

  /** Files whose names are to be searched, with the number of names that they have. */
  private final Map<Inode, Integer> wanted = new ConcurrentHashMap<>();

  private volatile long nextSearch = System.nanoTime();

  /** Whether links to directories count as directories. */
  private boolean entersLinks;

  LinkFinder(Tree tree) {
    this.tree = tree;
  }

  /** Links that lead to directories are among the directories from now on. */
  void entersLinks() {
    entersLinks = true;
  }

  /** What was found before is used from now on. */
  void asks(Listed one) {
    listed = one;
  }

  /**
   * The other names to look at together with these looks, as far as they are known; the rest is
   * noted for a search. Looks at everything need none.
   */
  Others others(Looks looks) {
    Others others = new Others();
    if (looks.trees().contains("")) {
      wanted.clear();
      return others;
    }
    looks.names().forEach((directory, names) -> note(directory, names, others));
    looks.trees().forEach(tree -> noteTree(tree, others));
    return others;
  }

  private void note(String directory, List<String> names, Others others) {
    try (DirectoryHandle in = tree.open(PathText.bytes(directory))) {
      for (String name : names) {
        if (!name.isEmpty()) {
          note(in, directory, name, others);
        }
      }
    } catch (LinuxException e) {
      // Gone with all that was in it, or unreadable, which the look itself reports.
      names.forEach(name -> noteWhatItWas(PathText.join(directory, name), null, null, others));
    }
  }

  /** A file may have been written by this name before the name became another file's, or went. */
  private void noteWhatItWas(
      String path, @Nullable FileStatus status, @Nullable Inode now, Others others) {
    addLeft(paths(listed.left(PathText.bytes(path), status)), others);
    Inode before = inodes.get(path);
    if (before != null && !before.equals(now)) {
      addKnown(before, others);
      inodes.remove(path);
    }
    if (now == null) {
      below(path).values().forEach(inode -> addKnown(inode, others));
    }
  }

  private void addKnown(Inode inode, Others others) {
    Known group = known.get(inode);
    if (group != null && others.asked.told.add(group)) {
      addLeft(group.names, others);
    }
  }

  /**
   * Adds the names that files still have of which a name has gone: with its directory it may have
   * become another one, by which the file is written and which goes again before anybody looks
   * there. So a file that has more names than these is searched.
   */
  private void addLeft(Collection<String> names, Others others) {
    others.names.addAll(names);
    for (String name : names) {
      FileStatus status = others.asked.left.add(name) ? status(name) : null;
      if (status != null && !status.isDirectory() && status.links() > 1) {
        Inode inode = new Inode(status.device(), status.inode());
        if (!isComplete(inode, status, name, others)) {
          wanted.put(inode, status.links());
        }
      }
    }
  }

  /** Whether all names of a file that has this one are known. */
  private boolean isComplete(Inode inode, FileStatus status, String name, Others others) {
    Known names = known.get(inode);
    return names != null
        && names.links == status.links()
        && names.names.contains(name)
        && others.asked.areNames.computeIfAbsent(
            names, its -> its.names.stream().allMatch(one -> isNameOf(one, inode)));
  }

  /** The files that names below a path were; a view. */
  private Map<String, Inode> below(String path) {
    return path.isEmpty() ? inodes : inodes.subMap(path + "/", path + (char) ('/' + 1));
  }

  private static List<String> paths(List<byte[]> names) {
    return names.stream().map(PathText::of).toList();
  }

  /** Returns the size of the file at a name; 0 when there is none. */
  private long note(DirectoryHandle in, String directory, String name, Others others)
      throws LinuxException {
    FileStatus status = in.status(PathText.bytes(name));
    String path = PathText.join(directory, name);
    Inode inode = status == null ? null : new Inode(status.device(), status.inode());
    noteWhatItWas(path, status, inode, others);
    if (status == null || inode == null) {
      return 0;
    }
    if (status.isDirectory()) {
      others.directories.add(path);
    }
    if (status.size() >= Others.LARGE && status.isRegular()) {
      others.large.put(path, status.size());
    }
    if (status.isDirectory() || status.links() < 2) {
      return status.isDirectory() ? 0 : status.size();
    }
    if (others.asked.listed.add(inode)) {
      others.names.addAll(paths(listed.of(status)));
    }
    if (isComplete(inode, status, path, others)) {
      Known its = Objects.requireNonNull(known.get(inode));
      if (others.asked.noted.add(its)) {
        others.names.addAll(its.names);
      }
    } else {
      wanted.put(inode, status.links());
    }
    return status.size();
  }

  /**
   * A tree that appeared may hold new names of files elsewhere, and is perhaps in the place of one
   * that held others.
   */
  private void noteTree(String top, Others others) {
    addLeft(paths(listed.outside(PathText.bytes(top))), others);
    below(top).values().forEach(inode -> addKnown(inode, others));
    walk(
        top,
        (directory, path, entries) -> {
          for (DirectoryEntry entry : entries) {
            if (entry.type() != DT_DIR) {
              note(directory, path, PathText.of(entry.name()), others);
            }
          }
        });
  }

  /** It may have got another name in the place of one that was found. */
  private boolean isNameOf(String name, Inode inode) {
    FileStatus status = status(name);
    return status != null && inode.equals(new Inode(status.device(), status.inode()));
  }

  /** What is at a path; null for nothing, and where that cannot be said. */
  @Nullable FileStatus status(String path) {
    try (DirectoryHandle in = tree.open(PathText.bytes(PathText.parent(path)))) {
      return in.status(PathText.bytes(PathText.name(path)));
    } catch (LinuxException e) {
      return null; // gone, or unreadable, which the look reports
    }
  }

  /** Whether files below a directory were found to have other names too. */
  boolean hasBelow(String directory) {
    return !below(directory).isEmpty();
  }

  /**
   * What is in a directory: the directories, by their paths, and the other names of its files.
   *
   * @param sums asked where its files can be told by their sum
   * @return null when it cannot be listed
   */
  @Nullable In inDirectory(String path, Others others, Sums sums) {
    if (!entersLinks && below(path).isEmpty() && listed.knowsNothingBelow(PathText.bytes(path))) {
      return inDirectoryOfPlainNames(path, others, sums);
    }
    List<String> directories = new ArrayList<>();
    int names = 0;
    long bytes = 0;
    try (DirectoryHandle directory = tree.open(PathText.bytes(path))) {
      for (List<DirectoryEntry> some = directory.nextEntries();
          some != null;
          some = directory.nextEntries()) {
        names += some.size();
        for (DirectoryEntry entry : some) {
          bytes += closer(directory, path, entry, directories, others);
        }
      }
      return new In(directories, names, bytes);
    } catch (LinuxException e) {
      return null; // gone, or unreadable, which the look reports
    }
  }

  /** The same, where no name can have been another one of a file: nearly always. */
  private @Nullable In inDirectoryOfPlainNames(String path, Others others, Sums sums) {
    List<String> directories = new ArrayList<>();
    try (DirectoryHandle directory = tree.open(PathText.bytes(path))) {
      GatheredSum sum = sums.of(directory);
      PlainNames.Found found =
          sum == null
              ? PlainNames.of(directory, Others.LARGE)
              : new PlainNames.Found((int) sum.plainNames(), sum.bytes(), sum.others());
      long bytes = found.bytes();
      for (DirectoryEntry entry : found.others()) {
        bytes += closer(directory, path, entry, directories, others);
      }
      return new In(directories, found.names() + found.others().size(), bytes);
    } catch (LinuxException e) {
      return null; // gone, or unreadable, which the look reports
    }
  }

  private long closer(
      DirectoryHandle in,
      String path,
      DirectoryEntry entry,
      List<String> directories,
      Others others)
      throws LinuxException {
    String name = PathText.of(entry.name());
    if (entry.type() == DT_DIR || entry.type() == DT_UNKNOWN || linked(in, entry) != null) {
      directories.add(PathText.join(path, name));
    }
    return entry.type() == DT_DIR ? 0 : note(in, path, name, others);
  }

  /** The directory that a link leads to, where such links are entered; else null. */
  @Nullable FileStatus linked(DirectoryHandle in, DirectoryEntry entry) {
    if (!entersLinks || entry.type() != DT_LNK) {
      return null;
    }
    try {
      FileStatus behind = in.statusThroughLink(entry.name());
      return behind != null && behind.isDirectory() ? behind : null;
    } catch (LinuxException e) {
      return null; // it leads nowhere, which the look reports
    }
  }

  boolean isSearchWanted() {
    return !wanted.isEmpty();
  }

  /** When a search is due, in System.nanoTime(). */
  long nextSearch() {
    return nextSearch;
  }

  /** Searches the whole tree; returns every name of the files that were noted. */
  Collection<String> search() {
    long start = System.nanoTime();
    Map<Long, List<String>> found = new HashMap<>();
    Set<Long> numbers = new HashSet<>();
    wanted.keySet().forEach(inode -> numbers.add(inode.number));
    walk(
        "",
        (directory, path, entries) -> {
          for (DirectoryEntry entry : entries) {
            if (numbers.contains(entry.inode())) {
              String name = PathText.of(entry.name());
              found
                  .computeIfAbsent(entry.inode(), key -> new ArrayList<>())
                  .add(PathText.join(path, name));
            }
          }
        });
    Set<String> names = new LinkedHashSet<>();
    wanted.forEach(
        (inode, links) -> {
          List<String> its = found.getOrDefault(inode.number, List.of());
          known.put(inode, new Known(links, Set.copyOf(its)));
          its.forEach(name -> inodes.put(name, inode));
          names.addAll(its);
        });
    wanted.clear();
    long end = System.nanoTime();
    nextSearch = end + Math.max(SEARCH_INTERVAL.toNanos(), DUTY * (end - start));
    return names;
  }

  private interface Visitor {
    void visit(DirectoryHandle directory, String path, List<DirectoryEntry> entries)
        throws LinuxException;
  }

  private void walk(String top, Visitor visitor) {
    Deque<String> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      String path = open.removeLast();
      try (DirectoryHandle directory = tree.open(PathText.bytes(path))) {
        for (List<DirectoryEntry> some = directory.nextEntries();
            some != null;
            some = directory.nextEntries()) {
          visitor.visit(directory, path, some);
          for (DirectoryEntry entry : some) {
            if (entry.type() == DT_DIR || entry.type() == DT_UNKNOWN) {
              String name = PathText.of(entry.name());
              open.add(PathText.join(path, name));
            }
          }
        }
      } catch (LinuxException e) {
        // Gone, no directory, or unreadable: what is there is reported when it is looked at.
      }
    }
  }
}
