package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is replaced or removed: beside it under another name, or in a directory of its own. A
 * backup takes the place of an earlier one, as with rsync; in a trash everything stays.
 */
final class Backups {
  /** A tree that is deeper stays: the stack of a thread has an end, and so have open files. */
  private static final int DEPTH_MAX = 200;

  private static final int SETGID = 02000;

  private final TreeUpdate update;
  private final Rules rules;
  private @Nullable DirectoryHandle base;
  private boolean hasMadeBase;
  private @Nullable BackupCopies copies;

  /** What directories that stand will be like: with rsync they are so before their files are. */
  private final Map<Look.Key, Attributes> becoming = new ConcurrentHashMap<>();

  Backups(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
  }

  /**
   * A directory that stands gets these attributes at the end, and so does the one that keeps what
   * was in it.
   */
  void becomes(byte[] path, Attributes attributes) {
    if (rules.backupDirectory != null) {
      becoming.put(new Look.Key(path), attributes);
    }
  }

  /** Whether a name is itself a backup that lies beside what it was. */
  boolean isBackup(byte[] name) {
    return directory() == null
        && rules.backupSuffix.length > 0
        && name.length > rules.backupSuffix.length
        && java.util.Arrays.equals(
            name,
            name.length - rules.backupSuffix.length,
            name.length,
            rules.backupSuffix,
            0,
            rules.backupSuffix.length);
  }

  /**
   * Whether what stands at a name is kept when something else comes to it. As with rsync, what is
   * itself a backup is kept once more where like follows like, and not where it gives way to
   * something of another type.
   */
  boolean isToKeep(byte[] name, FileStatus existing, Item.Kind comes) {
    return !isBackup(name)
        || switch (comes) {
          case FILE -> existing.isRegular();
          case DIRECTORY -> false;
          case SYMLINK, DEVICE, SPECIAL -> true;
        };
  }

  /** Whether backups lie in the directory of what they were. */
  boolean isBeside() {
    return directory() == null;
  }

  private byte @Nullable [] directory() {
    return rules.trash != null ? rules.trash : rules.backupDirectory;
  }

  /**
   * Gives what stands at the name a second one; the first stays, so that there is no moment without
   * it.
   */
  void keep(byte[] path, DirectoryHandle in, byte[] name) throws LinuxException {
    Trash trash = trash();
    if (trash != null) {
      trash.keepReplaced(in, path, name);
      return;
    }
    put(
        path,
        name,
        to -> {
          try {
            to.directory.makeHardLink(to.name, in, name);
          } catch (LinuxException e) {
            switch (e.errno()) {
              case Errno.EEXIST -> throw e;
              case Errno.EXDEV -> duplicate(path, in, name, to);
              default -> rename(in, name, to);
            }
          }
        },
        in);
  }

  /** That of a series of copies, which has folders by time. */
  private @Nullable Trash trash() {
    Custody custody = update.custody;
    return custody == null ? null : custody.trash();
  }

  /** Takes what stands at the name away, to its backup. */
  void move(byte[] path, DirectoryHandle in, byte[] name) throws LinuxException {
    Trash trash = trash();
    if (trash != null) {
      trash.take(in, path, name);
      return;
    }
    put(
        path,
        name,
        to -> {
          try {
            rename(in, name, to);
          } catch (LinuxException e) {
            if (e.errno() != Errno.EXDEV) {
              throw e;
            }
            duplicate(path, in, name, to);
            in.remove(name);
          }
        },
        in);
  }

  /** Tells that a name is kept, or would be. */
  void tell(byte[] path, byte[] name) {
    Rules rules = update.rules;
    if (!rules.backup) {
      return;
    }
    byte[] whole = Paths.join(path, name);
    byte @Nullable [] below = rules.backupDirectory;
    byte[] backup = Paths.concat(whole, rules.backupSuffix);
    update.report.note(
        InfoFlag.BACKUP,
        1,
        "backed up "
            + Names.display(whole)
            + " to "
            + Names.display(below == null ? backup : Paths.join(below, backup)));
  }

  /** A copy, because the file itself is written to in place. */
  void copy(TargetDirectory directory, byte[] name) throws LinuxException {
    DirectoryHandle in = directory.opened();
    put(directory.path, name, to -> duplicate(directory.path, in, name, to), in);
  }

  /** One way to give something its place. */
  private interface Way {
    /**
     * @throws LinuxException EEXIST where something stands that may not be replaced
     */
    void go(Place to) throws LinuxException;
  }

  private void put(byte[] path, byte[] name, Way way, DirectoryHandle in) throws LinuxException {
    for (int i = 0; ; i++) {
      try (Place to = place(path, in, name, i)) {
        if (rules.trash == null) {
          to.clear();
        }
        way.go(to);
        break;
      } catch (LinuxException e) {
        // In a trash nothing is replaced, not even what this run has kept.
        if (rules.trash == null || e.errno() != Errno.EEXIST || i >= Trash.SAME_NAMES_MAX) {
          throw e;
        }
      }
    }
    tell(path, name);
  }

  private void rename(DirectoryHandle in, byte[] name, Place to) throws LinuxException {
    if (rules.trash == null) {
      in.renameInto(name, to.directory, to.name);
    } else {
      in.renameWithoutReplacing(name, to.directory, to.name);
    }
  }

  private void duplicate(byte[] path, DirectoryHandle in, byte[] name, Place to)
      throws LinuxException {
    if (rules.trash != null && to.directory.status(to.name) != null) {
      throw new LinuxException("renameat2", Names.display(to.name), Errno.EEXIST);
    }
    copies().copy(Paths.join(path, name), in, name, to.directory, to.name);
  }

  private synchronized BackupCopies copies() throws LinuxException {
    BackupCopies made = copies;
    if (made == null) {
      made = new BackupCopies(update);
      copies = made;
    }
    return made;
  }

  /**
   * Where a backup goes.
   *
   * @param isOwn whether that is a folder for backups, and not where the file itself lies
   */
  private record Place(DirectoryHandle directory, byte[] name, boolean isOwn)
      implements AutoCloseable {
    /**
     * As with rsync, an earlier backup gives way, also one that has become a whole directory; but
     * beside the files a directory of that name is not known to be one.
     */
    void clear() throws LinuxException {
      remove(directory, name, isOwn ? DEPTH_MAX : 0);
    }

    /**
     * @param depth of so many levels of directories the content goes too
     */
    private static void remove(DirectoryHandle in, byte[] name, int depth) throws LinuxException {
      FileStatus status = in.status(name);
      if (status == null) {
        return;
      }
      if (!status.isDirectory()) {
        in.remove(name);
        return;
      }
      if (depth > 0) {
        try (DirectoryHandle below = in.beneathOnSameMount(name)) {
          for (DirectoryEntry entry : below.entries()) {
            remove(below, entry.name(), depth - 1);
          }
        }
      }
      in.removeDirectory(name);
    }

    @Override
    public void close() {
      if (isOwn) {
        directory.close();
      }
    }
  }

  /**
   * @param number how often something was found to stand there
   */
  private Place place(byte[] path, DirectoryHandle in, byte[] name, int number)
      throws LinuxException {
    byte[] suffixed = Trash.numbered(Paths.concat(name, rules.backupSuffix), number);
    if (directory() == null) {
      return new Place(in, suffixed, false);
    }
    DirectoryHandle at = base().beneath(Paths.NONE);
    int from = 0;
    for (int i = 0; i <= path.length && path.length > 0; i++) {
      if (i == path.length || path[i] == '/') {
        byte[] component = java.util.Arrays.copyOfRange(path, from, i);
        from = i + 1;
        try (DirectoryHandle last = at) {
          at = enter(last, component, java.util.Arrays.copyOf(path, i));
        }
      }
    }
    return new Place(at, suffixed, true);
  }

  /** A directory of backups gets the attributes of the one whose files it keeps. */
  private DirectoryHandle enter(DirectoryHandle in, byte[] name, byte[] original)
      throws LinuxException {
    if (rules.trash != null) {
      return Trash.descend(in, name);
    }
    FileStatus there = in.status(name);
    if (there != null && !there.isDirectory()) {
      in.remove(name);
      there = null;
    }
    if (there == null) {
      try {
        in.makeDirectory(name, 0700);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
    DirectoryHandle made = in.beneath(name);
    if (there == null) {
      try (DirectoryHandle like = update.open(original)) {
        Attributes before = Attributes.of(like.status());
        Attributes later = becoming.getOrDefault(new Look.Key(original), before);
        FileStatus now = made.status();
        if (update.inodes.isRoot() && (rules.owner || rules.group)) {
          made.setOwner(
              rules.owner ? later.uid() : now.uid(), rules.group ? later.gid() : now.gid());
        }
        int wanted =
            rules.permissions
                ? later.permissions()
                : before.permissions() | now.permissions() & SETGID;
        // Who is not root has to come to it with what is kept, though not to the one that it is of.
        made.setPermissions(update.inodes.mayEnterAll() ? wanted : wanted | Admission.DIRECTORY);
      } catch (LinuxException e) {
        if (!Paths.isGone(e)) {
          made.close();
          throw e;
        }
        made.setPermissions(0700);
      }
    }
    return made;
  }

  /**
   * Looks whether what is kept can lie where the user wants it, if there is something yet. As with
   * rsync, also where nothing is kept in the end.
   *
   * @throws CopyException when something else than a directory is there, or on the way to it
   */
  void check() throws CopyException {
    byte[] path = directory();
    if (path == null || path.length == 0 || update.missingTarget != null && path[0] != '/') {
      return;
    }
    // Of anything else who keeps the first thing there tells.
    if (isNoDirectory(path)) {
      boolean isItself = !isNoDirectory(Paths.parent(path));
      throw new CopyException(
          isItself ? CopyStatus.USAGE : CopyStatus.FILE_IO,
          (rules.trash != null ? "--trash" : "--backup-dir")
              + "="
              + Names.display(path)
              + (isItself ? " is no directory" : ": something on the way to it is no directory")
              + ", and nothing can be kept in it. Name another one, or move what is there away");
    }
  }

  private boolean isNoDirectory(byte[] path) {
    if (path.length == 0) {
      return false; // the target, or the top of all
    }
    try {
      update.placement.openGiven(path).close();
      return false;
    } catch (LinuxException e) {
      return e.errno() == Errno.ENOTDIR;
    }
  }

  private synchronized DirectoryHandle base() throws LinuxException {
    DirectoryHandle open = base;
    if (open == null) {
      byte[] path = java.util.Objects.requireNonNull(directory());
      try {
        open = update.placement.openGiven(path);
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
        OperatorPaths.makeDirectories(
            path[0] == '/' ? null : update.root(), path, rules.trash != null ? 0700 : 0777);
        hasMadeBase = true;
        open = update.placement.openGiven(path);
      }
      if (rules.trash != null) {
        try (DirectoryHandle trash = open) {
          open = RunTrash.newFolder(trash);
        }
      }
      base = open;
    }
    return open;
  }

  /** Whether the directory for what is kept was missing, and is made: it may lie in the target. */
  synchronized boolean hasMadeBase() {
    return hasMadeBase;
  }

  synchronized void close() {
    DirectoryHandle open = base;
    if (open != null) {
      open.close();
    }
  }
}
