package dev.godwit.watch;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Fanotify;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which files were changed by which names of late, for files that have several: one that gets a
 * further name, is written by it and loses it again before anybody looks has changed under its
 * other names, and no name that is left was told (H10).
 *
 * <p>The kernel merges what happens to a name, so what was removed may be told before it was
 * written: names that went are kept until the next read. One thread.
 */
final class WrittenFiles {
  /** About 300 bytes each. */
  private static final int NAMES_MAX = 5_000;

  /** Of one name; more have been there one after the other. */
  private static final int FILES_MAX = 4;

  /** How often it is asked where a file is that is being renamed. */
  private static final int TRIES = 3;

  private record Key(InodeHandle directory, String name) {
    static Key of(Fanotify.Entry entry) {
      return new Key(entry.directory(), PathText.of(entry.name()));
    }
  }

  /** Is told where files are that were changed by a name which is gone. */
  interface Found {
    /** Returns whether this name of the file is below the root. */
    boolean at(Fanotify.Entry name) throws LinuxException;

    /** One that may have a name below the root, and the kernel does not say which. */
    void elsewhere(InodeHandle file) throws LinuxException;
  }

  private final Root root;
  private final Map<Key, List<InodeHandle>> files = new Latest<>(NAMES_MAX);
  private Set<Key> gone = new LinkedHashSet<>();
  private Set<Key> goneBefore = new LinkedHashSet<>();

  WrittenFiles(Root root) {
    this.root = root;
  }

  /** A file was written, or its attributes were changed, by a name. */
  void changed(Fanotify.Entry by, InodeHandle file) {
    files.merge(Key.of(by), List.of(file), WrittenFiles::both);
  }

  private static List<InodeHandle> both(List<InodeHandle> some, List<InodeHandle> more) {
    List<InodeHandle> all = new ArrayList<>(some);
    for (InodeHandle one : more) {
      all.remove(one);
      all.add(one);
    }
    return all.size() <= FILES_MAX ? all : all.subList(all.size() - FILES_MAX, all.size());
  }

  /** A name went, or became another file's. */
  void gone(Fanotify.Entry name) {
    gone.add(Key.of(name));
  }

  /** A file has another name now; what had that before has lost it. */
  void renamed(Fanotify.Entry from, Fanotify.Entry to) {
    gone(to);
    List<InodeHandle> moved = files.remove(Key.of(from));
    if (moved != null) {
      files.merge(Key.of(to), moved, WrittenFiles::both);
    }
  }

  /** Tells of the files that were changed by names that went since this was called last. */
  void tell(Found found) throws LinuxException {
    if (gone.isEmpty() && goneBefore.isEmpty()) {
      return;
    }
    Set<Key> names = goneBefore;
    names.addAll(gone);
    goneBefore = gone;
    gone = new LinkedHashSet<>();
    for (Key name : names) {
      List<InodeHandle> its = files.get(name);
      if (its != null) {
        List<InodeHandle> left = new ArrayList<>();
        for (InodeHandle file : its) {
          if (isTold(file, found)) {
            left.add(file);
          }
        }
        if (left.isEmpty()) {
          files.remove(name);
        } else {
          files.put(name, left);
        }
      }
    }
  }

  /** False when the file went with its name, as nearly all do. */
  private boolean isTold(InodeHandle file, Found found) throws LinuxException {
    for (int tries = 0; tries < TRIES; tries++) {
      int fd = Directories.openHandle(file, root);
      if (Directories.isGone(fd)) {
        return false;
      }
      if (fd == -Errno.ENOMEM) {
        break;
      }
      LinuxException.check(fd, "open_by_handle_at", "");
      try (FileHandle open = FileHandle.ofPath(fd, root.path())) {
        FileStatus status = open.status();
        if (status.links() == 0) {
          return false;
        }
        Fanotify.Entry name = nameOf(open, status);
        if (name != null) {
          if (!found.at(name) && status.links() > 1) {
            break;
          }
          return true;
        }
      }
    }
    found.elsewhere(file);
    return true;
  }

  /** One of the names of an open file; null when the kernel knows none just now. */
  private static Fanotify.@Nullable Entry nameOf(FileHandle file, FileStatus status)
      throws LinuxException {
    String path = Directories.path(file.descriptor());
    if (path == null || path.equals("/") || !path.startsWith("/")) {
      return null;
    }
    String above = PathText.parent(path);
    DirectoryHandle parent;
    try {
      parent = DirectoryHandle.openForNames(PathText.bytes(above.isEmpty() ? "/" : above));
    } catch (LinuxException e) {
      return null; // it has moved on
    }
    try (parent) {
      byte[] name = PathText.bytes(PathText.name(path));
      FileStatus there = parent.status(name);
      InodeHandle directory = parent.inodeHandle();
      return there != null && there.isSameInode(status) && directory != null
          ? new Fanotify.Entry(directory, name)
          : null;
    }
  }
}
