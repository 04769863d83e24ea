package dev.godwit.watch;

import static dev.godwit.linux.Inotify.ATTRIB;
import static dev.godwit.linux.Inotify.CLOSE_WRITE;
import static dev.godwit.linux.Inotify.CREATE;
import static dev.godwit.linux.Inotify.DELETE;
import static dev.godwit.linux.Inotify.IGNORED;
import static dev.godwit.linux.Inotify.ISDIR;
import static dev.godwit.linux.Inotify.MODIFY;
import static dev.godwit.linux.Inotify.MOVED_FROM;
import static dev.godwit.linux.Inotify.MOVED_TO;
import static dev.godwit.linux.Inotify.Q_OVERFLOW;
import static dev.godwit.linux.Inotify.UNMOUNT;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Inotify;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.watch.InotifyTree.Node;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A watch on every directory. A new directory gets its watch first and is listed then (H15), and
 * its whole tree is reported, because what was made before the watch made no event. Directories for
 * which the kernel gives no watch are reported again and again (H17), and all is where it gives
 * nothing to watch with.
 */
final class InotifyWatch extends KernelWatch {
  private static final int MASK =
      MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE;

  private static final int CONTENT = MODIFY | CLOSE_WRITE | MOVED_TO | CREATE;

  /** More than this are remembered as one: the root. */
  private static final int UNWATCHED_MAX = 10_000;

  private final InotifyTree tree = new InotifyTree();
  private final Set<String> unwatched = new LinkedHashSet<>();

  /** Where another file system was mounted when what is there should have got its watch. */
  private final Set<String> covered = new LinkedHashSet<>();

  /** The file system, where changes are made that nobody reports (H25); else null. */
  private final @Nullable String type;

  /** How a queue is opened. */
  interface Opener {
    /**
     * @throws LinuxException EMFILE when this user has no more of them
     */
    Inotify open() throws LinuxException;
  }

  private final Opener opener;

  private final int watchesMax;
  private final String reason;

  /** The last file that left its name, and the number of that rename. */
  private @Nullable String movedFrom;

  private int movedCookie;

  /** Null while there is none: then all is looked at in intervals. */
  private @Nullable Inotify inotify;

  /**
   * @param type of the file system, when it does not report every change
   */
  private InotifyWatch(
      Root root, String reason, int watchesMax, @Nullable String type, Opener opener)
      throws LinuxException {
    super(root);
    this.watchesMax = watchesMax;
    this.type = type;
    this.reason = reason;
    this.opener = opener;
    this.inotify = opened();
  }

  private @Nullable Inotify opened() throws LinuxException {
    try {
      return opener.open();
    } catch (LinuxException e) {
      if (e.errno() != Errno.EMFILE) {
        throw e;
      }
      return null;
    }
  }

  /** Opens the watch and covers every directory there is. */
  static InotifyWatch open(Root root, String reason) throws LinuxException {
    return open(root, reason, Integer.MAX_VALUE);
  }

  /** Opens a watch with a limit of its own, as if the kernel's were reached there. */
  static InotifyWatch open(Root root, String reason, int watchesMax) throws LinuxException {
    return open(root, reason, watchesMax, Inotify::open);
  }

  /** With another way to open a queue. */
  static InotifyWatch open(Root root, String reason, int watchesMax, Opener opener)
      throws LinuxException {
    return covering(
        new InotifyWatch(root, reason, watchesMax, Directories.unreliable(root.fd()), opener));
  }

  /** Opens a watch as on a file system that does not report every change. */
  static InotifyWatch scanning(Root root) throws LinuxException {
    return covering(new InotifyWatch(root, "", Integer.MAX_VALUE, "this one", Inotify::open));
  }

  private static InotifyWatch covering(InotifyWatch watch) throws LinuxException {
    try {
      watch.cover(null, "");
      watch.publishState();
      return watch;
    } catch (Throwable t) {
      watch.closeQueue();
      throw t;
    }
  }

  /** One directory that is to get its watch. */
  private record Uncovered(@Nullable Node parent, String name) {
    String path() {
      return parent == null ? "" : PathText.join(parent.path(), name);
    }
  }

  private void cover(@Nullable Node parent, String name) throws LinuxException {
    Inotify queue = inotify;
    if (queue == null) {
      return;
    }
    Deque<Uncovered> open = new ArrayDeque<>();
    open.add(new Uncovered(parent, name));
    while (!open.isEmpty()) {
      Uncovered next = open.removeLast();
      int fd = openOne(next.path());
      if (fd < 0) {
        continue;
      }
      try {
        Node node = coverOne(next, fd, queue);
        if (node != null) {
          // Of this very directory, whatever its path leads to by now.
          for (String child : Directories.directoriesIn(fd)) {
            if (!Changes.isOwn(child)) {
              open.add(new Uncovered(node, child));
            }
          }
        }
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT) { // removed meanwhile; that is an event of its own
          leaveUnwatched(next.path());
        }
      } finally {
        Directories.close(fd);
      }
    }
  }

  /** Opens a directory that is to get its watch; negative when there is none (any more). */
  private int openOne(String path) throws LinuxException {
    int fd = Directories.openBelow(root().fd(), path);
    if (fd < 0) {
      switch (-fd) {
        // Gone (which is an event of its own), or not a directory.
        case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP -> {}
        case Errno.EXDEV -> covered.add(path);
        default -> leaveUnwatched(path);
      }
    }
    return fd;
  }

  /** Returns null when it could get no watch, or has one and where it is will be told. */
  private @Nullable Node coverOne(Uncovered directory, int fd, Inotify queue) {
    int watch = tree.size() < watchesMax ? queue.add(fd, MASK) : -Errno.ENOSPC;
    if (watch < 0) {
      if (watch != -Errno.ENOENT) {
        leaveUnwatched(directory.path());
      }
      return null;
    }
    return tree.put(watch, directory.parent(), directory.name(), queue::remove);
  }

  private void leaveUnwatched(String path) {
    if (unwatched.size() >= UNWATCHED_MAX) {
      unwatched.clear();
      path = "";
    }
    unwatched.add(path);
  }

  @Override
  long read(Changes into) throws LinuxException {
    Inotify queue = inotify;
    if (queue == null) {
      return 0;
    }
    LinuxException[] failure = new LinuxException[1];
    int bytes =
        queue.read(
            (watch, mask, cookie, name) -> {
              try {
                event(queue, watch, mask, cookie, PathText.of(name), into);
              } catch (LinuxException e) {
                failure[0] = e;
              }
            });
    if (failure[0] != null) {
      throw failure[0];
    }
    return bytes;
  }

  private void event(Inotify queue, int watch, int mask, int cookie, String name, Changes into)
      throws LinuxException {
    if ((mask & Q_OVERFLOW) != 0) {
      overflow();
      return;
    }
    Node node = tree.get(watch);
    if (node == null) {
      return;
    }
    if ((mask & (IGNORED | UNMOUNT)) != 0) {
      tree.remove(node, queue::remove);
      return;
    }
    String path = node.path();
    if (name.isEmpty()) {
      // The directory itself; its parent reports the same with its name, the root has none.
      if (node.parent == null) {
        into.name("", ".", false, false);
      }
      return;
    }
    into.name(path, name, (mask & CONTENT) != 0, (mask & CLOSE_WRITE) != 0);
    if ((mask & ISDIR) == 0) {
      renamed(mask, cookie, PathText.join(path, name), into);
      return;
    }
    if (Changes.isOwn(name)) {
      return;
    }
    if ((mask & (MOVED_FROM | DELETE)) != 0) {
      Node gone = node.children.get(name);
      if (gone != null) {
        // Moved inside the root, it is covered again by MOVED_TO.
        tree.remove(gone, queue::remove);
      }
      if ((mask & MOVED_FROM) != 0) {
        coverExchanged(node, name, into);
      }
    } else if ((mask & (MOVED_TO | CREATE)) != 0) {
      cover(node, name);
      into.tree(PathText.join(path, name), true);
    }
  }

  /** The kernel tells the two names of a rename one after the other. */
  private void renamed(int mask, int cookie, String path, Changes into) {
    if ((mask & MOVED_FROM) != 0) {
      movedFrom = path;
      movedCookie = cookie;
    } else if ((mask & MOVED_TO) != 0 && cookie == movedCookie && movedFrom != null) {
      into.renamed(movedFrom, path);
      movedFrom = null;
    }
  }

  /**
   * Two directories that exchange their names (RENAME_EXCHANGE) are reported as two moves, so that
   * the last that is said of one of them is that it went, although it has come before that.
   */
  private void coverExchanged(Node parent, String name, Changes into) throws LinuxException {
    cover(parent, name);
    if (parent.children.containsKey(name)) {
      into.tree(PathText.join(parent.path(), name), true);
    }
  }

  /** After lost events the watches may be incomplete too: all are made anew. */
  @Override
  void lookAgain() throws LinuxException {
    closeQueue(); // first: there may be no more than this one
    inotify = opened();
    tree.clear();
    unwatched.clear();
    covered.clear();
    cover(null, "");
  }

  /** Tries to watch them, because the limit may have been raised, and reports them in any case. */
  @Override
  void unwatched(Changes into) throws LinuxException {
    if (isUnreliable()) {
      into.tree("", false);
    }
    if (inotify == null) {
      lookAgain(); // before what was told is looked at, so that nothing is missed
      return;
    }
    uncovered(into);
    for (String path : Set.copyOf(unwatched)) {
      into.tree(path, false);
      if (!path.isEmpty()) {
        unwatched.remove(path);
        coverPath(path);
      }
    }
  }

  /** What was mounted over a directory is gone: it gets its watch, and is looked at. */
  private void uncovered(Changes into) throws LinuxException {
    for (String path : Set.copyOf(covered)) {
      int fd = Directories.openBelow(root().fd(), path);
      if (fd == -Errno.EXDEV) {
        continue;
      }
      covered.remove(path);
      if (fd >= 0) {
        Directories.close(fd);
        coverPath(path);
        into.tree(path, true);
      }
    }
  }

  private void coverPath(String path) throws LinuxException {
    Node parent = tree.root();
    int slash = path.lastIndexOf('/');
    if (slash >= 0) {
      for (String name : path.substring(0, slash).split("/", -1)) {
        parent = parent == null ? null : parent.children.get(name);
      }
    }
    if (parent == null) {
      // Its parent has no watch either, or was moved and reported where it is now.
      return;
    }
    cover(parent, path.substring(slash + 1));
  }

  private boolean isUnreliable() {
    return type != null || inotify == null;
  }

  @Override
  int fd() {
    return inotify == null ? NO_QUEUE : inotify.fd();
  }

  @Override
  long queued() throws LinuxException {
    return inotify == null ? 0 : inotify.queued();
  }

  @Override
  String rung() {
    return isUnreliable() ? WatchState.SCAN : "inotify";
  }

  @Override
  String reason() {
    return isUnreliable()
        ? (type != null
                ? type + " does not report every change"
                : "this user has as many inotify queues as may be; raise"
                    + " fs.inotify.max_user_instances")
            + "; everything is looked at every "
            + RESCAN.toSeconds()
            + " seconds"
        : reason;
  }

  @Override
  int unwatchedCount() {
    return unwatched.size();
  }

  @Override
  void closeQueue() {
    if (inotify != null) {
      inotify.close();
    }
  }
}
