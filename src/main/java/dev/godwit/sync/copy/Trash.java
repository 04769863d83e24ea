package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where what is removed or replaced on the target goes (H37): a folder for each hour, in it the
 * paths as they were. Folders that are older than what was asked for are removed. Directories are
 * made again as far as they are needed, without their attributes.
 *
 * <p>Safe for threads. What is too old is removed without the lock: it may be much, and what comes
 * does not wait for that.
 */
final class Trash implements AutoCloseable {
  private static final DateTimeFormatter HOUR =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH'h'").withZone(ZoneOffset.UTC);

  private static final Duration LOOK_EVERY = Duration.ofMinutes(10);

  /** Nobody has begun to put something into an hour's folder so long after it. */
  private static final Duration TAKING_MAX = Duration.ofMinutes(5);

  static final int SAME_NAMES_MAX = 10_000;

  private final DirectoryHandle root;
  private final byte[] path;
  private final Duration kept;
  private @Nullable DirectoryHandle directory;
  private volatile boolean isClosed;

  private Trash(DirectoryHandle root, byte[] path, Duration kept) {
    this.root = root;
    this.path = path;
    this.kept = kept;
  }

  /** Null when none was asked for. */
  static @Nullable Trash of(DirectoryHandle root, byte @Nullable [] path, long seconds) {
    return path == null ? null : new Trash(root, path, Duration.ofSeconds(seconds));
  }

  /**
   * Moves something that is no directory here.
   *
   * @param was the path of the directory that it is in
   */
  synchronized void take(DirectoryHandle from, byte[] was, byte[] name) throws LinuxException {
    try (DirectoryHandle into = folder(was)) {
      for (int i = 0; ; i++) {
        try {
          from.renameWithoutReplacing(name, into, numbered(name, i));
          return;
        } catch (LinuxException e) {
          check(e, i);
        }
      }
    }
  }

  /** Gives what stands under a name a second one here, if it is no directory. */
  synchronized void keepReplaced(DirectoryHandle from, byte[] was, byte[] name)
      throws LinuxException {
    FileStatus standing = from.status(name);
    if (standing == null || standing.isDirectory()) {
      return;
    }
    try (DirectoryHandle into = folder(was)) {
      for (int i = 0; ; i++) {
        try {
          into.makeHardLink(numbered(name, i), from, name);
          return;
        } catch (LinuxException e) {
          check(e, i);
        }
      }
    }
  }

  private void check(LinuxException e, int tries) throws LinuxException {
    if (e.errno() == Errno.EXDEV) {
      throw new LinuxException("rename", "to the trash " + Names.display(path), Errno.EXDEV);
    }
    if (e.errno() != Errno.EEXIST || tries >= SAME_NAMES_MAX) {
      throw e;
    }
  }

  /** {@code name}, {@code name~1}, {@code name~2}; cut where a name has no room for more. */
  static byte[] numbered(byte[] name, int number) {
    if (number == 0) {
      return name;
    }
    byte[] suffix = Names.of("~" + number);
    byte[] result = Arrays.copyOf(name, Math.min(name.length, 255 - suffix.length) + suffix.length);
    System.arraycopy(suffix, 0, result, result.length - suffix.length, suffix.length);
    return result;
  }

  /** This hour's copy of the directory that a path is in. */
  private DirectoryHandle folder(byte[] above) throws LinuxException {
    DirectoryHandle at = descend(trash(), Names.of(HOUR.format(Instant.now())));
    for (byte[] name : Names.components(above)) {
      if (name.length > 0) {
        try (DirectoryHandle parent = at) {
          at = descend(parent, name);
        }
      }
    }
    return at;
  }

  static DirectoryHandle descend(DirectoryHandle in, byte[] name) throws LinuxException {
    // A file of the same name may have come here before.
    for (int i = 0; ; i++) {
      byte[] tried = numbered(name, i);
      try {
        in.makeDirectory(tried, 0700);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
      try {
        return in.beneath(tried);
      } catch (LinuxException e) {
        if (!Paths.isGone(e) || i >= SAME_NAMES_MAX) {
          throw e;
        }
      }
    }
  }

  private DirectoryHandle trash() throws LinuxException {
    DirectoryHandle open = directory;
    if (open == null) {
      if (path[0] == '/') {
        OperatorPaths.makeDirectories(null, path, 0700);
        open = OperatorPaths.openDirectory(path);
      } else {
        open = root.beneath(Paths.NONE);
        for (byte[] name : components()) {
          try (DirectoryHandle parent = open) {
            open = descend(parent, name);
          }
        }
      }
      directory = open;
    }
    return open;
  }

  private java.util.List<byte[]> components() {
    java.util.List<byte[]> names = new java.util.ArrayList<>();
    for (byte[] at = path; at.length > 0; at = Paths.parent(at)) {
      names.addFirst(Paths.name(at));
    }
    return names;
  }

  /** From now on what is too old goes also when nothing comes: at once, and now and then. */
  void tidy() {
    tidy(LOOK_EVERY);
  }

  void tidy(Duration every) {
    var unused =
        Thread.ofPlatform().daemon().name("series-trash").start(() -> tidyUntilClosed(every));
  }

  private void tidyUntilClosed(Duration every) {
    while (!isClosed) {
      try (DirectoryHandle trash = standing()) {
        if (trash != null) {
          removeOld(trash);
        }
      } catch (LinuxException e) {
        // The next time again; what comes meets the same, and tells it.
      }
      try {
        awaitClosed(every);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void awaitClosed(Duration atMost) throws InterruptedException {
    if (!isClosed) {
      wait(atMost.toMillis());
    }
  }

  /** Null when it is not there: it is not made only to be found empty. */
  private synchronized @Nullable DirectoryHandle standing() throws LinuxException {
    if (isClosed) {
      return null;
    }
    try {
      return path[0] == '/' ? OperatorPaths.openDirectory(path) : root.beneath(path);
    } catch (LinuxException e) {
      if (Paths.isGone(e)) {
        return null;
      }
      throw e;
    }
  }

  private void removeOld(DirectoryHandle trash) throws LinuxException {
    byte[] oldest = Names.of(HOUR.format(Instant.now().minus(kept).minus(TAKING_MAX)));
    for (DirectoryEntry entry : trash.entries()) {
      byte[] name = entry.name();
      // Only what has the form of our own folders.
      boolean isHour =
          name.length == oldest.length
              && Names.display(name).matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}h");
      if (isHour && Arrays.compareUnsigned(name, oldest) < 0) {
        remove(trash, name);
      }
    }
  }

  private void remove(DirectoryHandle in, byte[] name) throws LinuxException {
    FileStatus status = in.status(name);
    if (status == null || isClosed) {
      return;
    }
    if (!status.isDirectory()) {
      in.remove(name);
      return;
    }
    try (DirectoryHandle below = in.beneathOnSameMount(name)) {
      for (DirectoryEntry entry : below.entries()) {
        remove(below, entry.name());
      }
    }
    if (!isClosed) {
      in.removeDirectory(name);
    }
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    notifyAll();
    if (directory != null) {
      directory.close();
    }
  }
}
