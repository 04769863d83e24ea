package dev.godwit.watch;

import static dev.godwit.linux.Fanotify.ATTRIB;
import static dev.godwit.linux.Fanotify.CLOSE_WRITE;
import static dev.godwit.linux.Fanotify.CREATE;
import static dev.godwit.linux.Fanotify.DELETE;
import static dev.godwit.linux.Fanotify.MODIFY;
import static dev.godwit.linux.Fanotify.MOVED_FROM;
import static dev.godwit.linux.Fanotify.MOVED_TO;
import static dev.godwit.linux.Fanotify.ONDIR;
import static dev.godwit.linux.Fanotify.Q_OVERFLOW;
import static dev.godwit.linux.Fanotify.RENAME;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Fanotify;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import dev.godwit.watch.HandlePaths.Place;
import java.io.IOException;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One mark on the whole filesystem: no watch for each directory, so nothing is missed in new ones
 * (H15) and no limit is reached (H17). Sees the changes of all other directories too and drops them
 * after one look into {@link HandlePaths}.
 */
final class FanotifyWatch extends KernelWatch {
  private static final long MASK = MODIFY | ATTRIB | CLOSE_WRITE | CREATE | DELETE | ONDIR;

  /**
   * After these the content may be another; events of one name are merged, so any of them counts.
   */
  private static final long CONTENT = MODIFY | CLOSE_WRITE | CREATE | MOVED_TO | RENAME;

  /** About 150 bytes each. */
  private static final int SINGLE_MAX = 10_000;

  private final Fanotify fanotify;
  private final HandlePaths paths;
  private final WrittenFiles files;

  /** Files with one name that is not below the root, as nearly all that change there. */
  private final Map<InodeHandle, Boolean> single = new Latest<>(SINGLE_MAX);

  private volatile Predicate<InodeHandle> followed = directory -> false;
  private @Nullable LinuxException failure;

  private FanotifyWatch(Root root, Fanotify fanotify) throws LinuxException {
    super(root);
    this.fanotify = fanotify;
    this.paths = new HandlePaths(root);
    this.files = new WrittenFiles(root);
    publishState();
  }

  /**
   * @throws LinuxException when this kernel, this filesystem or our rights do not allow it; the
   *     root stays open
   */
  static FanotifyWatch open(Root root, boolean unlimitedQueue) throws IOException {
    InodeHandle handle = InodeHandle.of(root.fd());
    if (handle == null || Directories.unreliable(root.fd()) != null) {
      throw new LinuxException("fanotify_mark", "", Errno.EOPNOTSUPP);
    }
    // Without CAP_DAC_READ_SEARCH events would come, and none could be understood.
    Directories.close(
        (int) LinuxException.check(Directories.openHandle(handle, root), "open_by_handle_at", ""));
    Fanotify fanotify = Fanotify.open(unlimitedQueue);
    try {
      byte[] path = PathText.bytes("/proc/self/fd/" + root.fd());
      try {
        fanotify.markFilesystem(path, MASK | RENAME);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EINVAL) {
          throw e;
        }
        fanotify.markFilesystem(path, MASK | MOVED_FROM | MOVED_TO);
      }
      return new FanotifyWatch(root, fanotify);
    } catch (Throwable t) {
      fanotify.close();
      throw t;
    }
  }

  /** Why fanotify could not be used, for people. */
  static String reason(LinuxException e) {
    return switch (e.errno()) {
      case Errno.EPERM -> "fanotify needs root's rights (CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH)";
      case Errno.EINVAL, Errno.ENOSYS -> "the kernel is too old for fanotify with names (5.9)";
      case Errno.EXDEV -> "the directory is in a btrfs subvolume, which fanotify cannot mark";
      case Errno.EOPNOTSUPP, Errno.ENODEV -> "the filesystem has no file handles for fanotify";
      default -> "fanotify: " + e.getMessage();
    };
  }

  @Override
  long read(Changes into) throws LinuxException {
    long events = fanotify.read(event -> event(event, into));
    files.tell(
        new WrittenFiles.Found() {
          @Override
          public boolean at(Fanotify.Entry name) throws LinuxException {
            return entry(name, false, true, false, into);
          }

          @Override
          public void elsewhere(InodeHandle file) throws LinuxException {
            FanotifyWatch.this.elsewhere(file, true, into);
          }
        });
    LinuxException failed = failure;
    if (failed != null) {
      failure = null;
      throw failed;
    }
    return events;
  }

  private void event(Fanotify.Event event, Changes into) {
    try {
      if (event.is(Q_OVERFLOW)) {
        overflow();
        return;
      }
      boolean moved = event.is(RENAME | MOVED_FROM | MOVED_TO);
      boolean directory = event.is(ONDIR);
      boolean content = event.is(CONTENT);
      boolean saved = event.is(CLOSE_WRITE);
      boolean inside =
          entry(event.entry(), directory && event.is(CREATE | MOVED_TO), content, saved, into);
      // A directory that comes from outside brings names that nobody has looked at, and one that
      // was removed and made again under the same name may have old ones on the other side.
      inside |= entry(event.newEntry(), directory, content, saved, into);
      if (!directory && (inside || isGone(event.entry()))) {
        note(event);
      } else if (!directory) {
        outside(event, into);
      }
      if (inside && moved && directory) {
        paths.forget();
      } else if (inside && moved) {
        renamed(event, into);
      }
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOMEM) {
        overflow(); // the kernel could not look now: what it told is lost, and no more than that
      } else {
        failure = e;
      }
    }
  }

  private boolean isGone(Fanotify.@Nullable Entry entry) throws LinuxException {
    return entry != null && paths.place(entry.directory()) instanceof Place.Gone;
  }

  /** What counts for files with several names. */
  private void note(Fanotify.Event event) {
    Fanotify.Entry entry = event.entry();
    Fanotify.Entry young = event.newEntry();
    InodeHandle file = event.file();
    if (entry != null && file != null) {
      files.changed(entry, file);
    }
    if (entry != null && young != null) {
      files.renamed(entry, young);
    } else if (entry != null && event.is(DELETE | MOVED_FROM | MOVED_TO)) {
      files.gone(entry);
    }
  }

  /** A file was changed by a name that is not below the root; another name of it may be. */
  private void outside(Fanotify.Event event, Changes into) throws LinuxException {
    InodeHandle file = event.file();
    if (file == null) {
      return;
    }
    // Without a name it is told that the file lost or got one, before or after it was changed.
    boolean isNew = event.entry() == null ? single.remove(file) != null : single.get(file) == null;
    if (isNew) {
      elsewhere(file, false, into);
    }
  }

  /**
   * @param wasBelow whether the file has, or had, a name below the root
   */
  private void elsewhere(InodeHandle file, boolean wasBelow, Changes into) throws LinuxException {
    int fd = Directories.openHandle(file, root());
    if (Directories.isGone(fd)) {
      return;
    }
    if (fd == -Errno.ENOMEM) {
      overflow();
      return;
    }
    LinuxException.check(fd, "open_by_handle_at", "");
    try (FileHandle open = FileHandle.ofPath(fd, root().path())) {
      FileStatus status = open.status();
      if (wasBelow || status.links() > 1) {
        into.elsewhere(status, wasBelow);
      } else {
        single.put(file, true);
      }
    }
  }

  private void renamed(Fanotify.Event event, Changes into) throws LinuxException {
    String from = pathOf(event.entry());
    String to = pathOf(event.newEntry());
    if (from != null && to != null) {
      into.renamed(from, to);
    }
  }

  private @Nullable String pathOf(Fanotify.@Nullable Entry entry) throws LinuxException {
    return entry != null && paths.place(entry.directory()) instanceof Place.Inside(String path)
        ? PathText.join(path, PathText.of(entry.name()))
        : null;
  }

  @Override
  public boolean follow(Predicate<InodeHandle> directories) {
    followed = directories;
    return true;
  }

  private boolean entry(
      Fanotify.@Nullable Entry entry, boolean tree, boolean content, boolean saved, Changes into)
      throws LinuxException {
    if (entry == null) {
      return false;
    }
    if (followed.test(entry.directory())) {
      into.in(entry.directory(), PathText.of(entry.name()), content, tree);
    }
    return switch (paths.place(entry.directory())) {
      case Place.Inside(String path) -> {
        String name = PathText.of(entry.name());
        into.name(path, name, content, saved);
        if (tree) {
          into.arrival(PathText.join(path, name));
        }
        yield true;
      }
      case Place.Below(String ancestor) -> {
        into.tree(ancestor, content);
        yield true;
      }
      case Place.Outside(), Place.Gone() -> false;
    };
  }

  @Override
  int fd() {
    return fanotify.fd();
  }

  @Override
  long queued() throws LinuxException {
    return fanotify.queued();
  }

  @Override
  void lookAgain() {
    paths.forget();
  }

  @Override
  void unwatched(Changes into) {}

  @Override
  String rung() {
    return "fanotify";
  }

  @Override
  String reason() {
    return "";
  }

  @Override
  int unwatchedCount() {
    return 0;
  }

  @Override
  void closeQueue() {
    fanotify.close();
  }
}
