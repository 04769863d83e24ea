package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes everything in one directory of the target, however deep it is: who may write to a source
 * must not be able to end the run by a tree that is deeper than a thread's stack, or than a process
 * may have files open.
 */
final class Emptying {
  /** Of so many directories on the way down the handles stay open. */
  private static final int OPEN_MAX = 64;

  private static final int OWNER_WRITES = 0200;

  private static final byte[] ABOVE = Names.of("..");

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Candidate(byte[] name, FileStatus status) {}

  /** What a directory holds when all is gone that may: of two the later one tells of both. */
  enum Rest {
    NOTHING,
    /** By filters, and nothing else. */
    LEFT_OUT,
    /** Something that no filter leaves out. */
    OTHERS;

    private Rest and(Rest other) {
      return compareTo(other) < 0 ? other : this;
    }
  }

  /** A directory on the way down. */
  private static final class Level {
    private final @Nullable Level above;

    /** Of the directory that is emptied the whole path, of one below it the name. */
    private final byte[] name;

    private final int depth;

    /** As it was found by its name. */
    private final FileStatus found;

    private final FileStatus opened;
    private final FilterScope scope;
    private final List<Candidate> left;
    private DirectoryHandle handle;
    private Rest rest;

    Level(
        @Nullable Level above,
        byte[] name,
        FileStatus found,
        FileStatus opened,
        FilterScope scope,
        DirectoryHandle handle,
        List<Candidate> left,
        Rest rest) {
      this.above = above;
      this.name = name;
      this.depth = above == null ? 0 : above.depth + 1;
      this.found = found;
      this.opened = opened;
      this.scope = scope;
      this.handle = handle;
      this.left = left;
      this.rest = rest;
    }

    /** Something stays in it although it should go. */
    void keeps() {
      rest = Rest.OTHERS;
    }

    /** Put together when it is needed: of a deep tree all of them together would be large. */
    byte[] path() {
      List<byte[]> names = new ArrayList<>();
      for (Level level = this; level != null; level = level.above) {
        names.add(level.name);
      }
      return Paths.joined(names.reversed());
    }
  }

  private final TreeUpdate update;
  private final Rules rules;
  private final Remover remover;
  private final Remover.Teller teller;
  private final boolean isTrial;
  private final Report report;
  private final ToldRulings rulings;

  /**
   * @param isTrial whether nothing is removed nor told: it is only found out whether all may go
   */
  Emptying(TreeUpdate update, Remover remover, Remover.Teller teller, boolean isTrial) {
    this.update = update;
    this.isTrial = isTrial;
    this.report = isTrial ? new Report(CopyListener.NONE) : update.report;
    this.rules = update.rules;
    this.rulings = ToldRulings.ofTarget(report, rules.tellsRulings);
    this.remover = remover;
    this.teller = teller;
  }

  /**
   * @param whole the directory's path
   * @param in the directory that it is in
   * @param scope of the names beside it
   * @return what is left in it
   * @throws LinuxException when it cannot be listed
   */
  Rest run(byte[] whole, DirectoryHandle in, byte[] name, FileStatus status, FilterScope scope)
      throws LinuxException {
    Level top = enter(null, whole, in, name, status, scope);
    Level at = top;
    try {
      while (at != null) {
        Candidate next = at.left.isEmpty() ? null : at.left.removeLast();
        if (next != null) {
          at = remove(at, next);
          continue;
        }
        Level above = at.above;
        if (above != null) {
          leave(at, above);
        }
        if (at.rest != Rest.NOTHING) {
          shut(at);
        }
        at.handle.close();
        at = above;
      }
      return top == null ? Rest.OTHERS : top.rest;
    } finally {
      for (Level level = at; level != null; level = level.above) {
        level.handle.close();
      }
    }
  }

  /** Returns the level to go on with: that of the name if it is a directory. */
  private Level remove(Level at, Candidate one) {
    byte[] path = at.path();
    byte[] whole = Paths.join(path, one.name);
    Custody custody = update.custody;
    if (custody != null && custody.isKept(whole, report)) {
      at.keeps();
      return at;
    }
    try {
      FileStatus status = at.handle.status(one.name);
      if (status == null) {
        return at;
      }
      if (status.isDirectory()) {
        Level below;
        try {
          below = enter(at, whole, at.handle, one.name, status, at.scope);
        } catch (LinuxException e) {
          if (isTrial || !remover.mayBeEmpty(e)) {
            throw e;
          }
          if (!remover.removeUnlisted(whole, at.handle, one.name, status, e, teller)) {
            at.keeps();
          }
          return at;
        }
        if (below == null) {
          tellNotEmpty(whole, false);
          at.keeps();
          return at;
        }
        if (at.depth >= OPEN_MAX) {
          at.handle.close();
        }
        return below;
      }
      if (!isTrial && !remover.removeFile(path, at.handle, one.name, status, teller)) {
        at.keeps();
      }
      if (rules.backup && !rules.dryRun && update.placement.backups().isBeside()) {
        at.keeps(); // its backup lies in the same directory
      }
    } catch (LinuxException e) {
      failed(whole, e);
      at.keeps();
    }
    return at;
  }

  private void failed(byte[] whole, LinuxException e) {
    if (!isTrial) {
      remover.failed(whole, e);
    }
  }

  private void tellNotEmpty(byte[] whole, boolean isOfFilters) {
    if (!isTrial) {
      remover.tellNotEmpty(whole, isOfFilters);
    }
  }

  /** All that could go from a directory is gone: it goes itself, if it is empty. */
  private void leave(Level done, Level above) {
    byte[] whole = done.path();
    try {
      if (above.depth >= OPEN_MAX) {
        above.handle = above(done, above);
      }
    } catch (LinuxException e) {
      above.left.clear();
      above.keeps();
      failed(whole, e);
      return;
    }
    try {
      if (done.rest == Rest.NOTHING) {
        if (!isTrial
            && !remover.removeDirectory(whole, above.handle, done.name, done.found, teller)) {
          above.keeps();
        }
      } else {
        tellNotEmpty(whole, done.rest == Rest.LEFT_OUT);
        above.rest = above.rest.and(done.rest);
      }
    } catch (LinuxException e) {
      failed(whole, e);
      above.keeps();
    }
  }

  /**
   * An owner who is not root may have to let himself in to remove what is in a directory, as that
   * of a cache whose directories are read-only.
   */
  private void letIn(DirectoryHandle directory, FileStatus found) throws LinuxException {
    if (mayLetIn(found)) {
      directory.setPermissions(found.permissions() | OWNER_WRITES);
    }
  }

  /** A directory that stays gets back the permissions that it had. */
  private void shut(Level left) {
    if (!isTrial && mayLetIn(left.opened)) {
      try {
        left.handle.setPermissions(left.opened.permissions());
      } catch (LinuxException e) {
        failed(left.path(), e);
      }
    }
  }

  private boolean mayLetIn(FileStatus found) {
    return !rules.dryRun
        && !update.inodes.mayEnterAll()
        && found.uid() == Identity.user()
        && (found.mode() & OWNER_WRITES) == 0;
  }

  /** Opens the directory again that the way down led through. */
  private static DirectoryHandle above(Level done, Level above) throws LinuxException {
    DirectoryHandle opened = done.handle.throughLinks(ABOVE);
    if (!opened.status().isSameInode(above.opened)) {
      opened.close();
      throw new LinuxException("openat", "", Errno.ESTALE); // something was moved meanwhile
    }
    return opened;
  }

  /** Null when nothing of the directory may be removed; that is told. */
  private @Nullable Level enter(
      @Nullable Level above,
      byte[] whole,
      DirectoryHandle in,
      byte[] name,
      FileStatus status,
      FilterScope scope)
      throws LinuxException {
    DirectoryHandle directory = in.beneath(name);
    Level entered = null;
    try {
      FileStatus now = directory.status();
      FileStatus around = in.status();
      boolean isOtherMount = now.device() != around.device();
      // What a bind mount shows is somewhere else as well, perhaps in the source itself.
      if (update.custody != null && (isOtherMount || now.mount() != around.mount())) {
        report.failure(
            CopyStatus.PARTIAL, whole, "not removed: another file system is mounted there");
        return null;
      }
      if (now.device() != status.device() || isOtherMount && (rules.oneFileSystem || isTrial)) {
        return null;
      }
      FilterScope inside;
      try {
        // The directory itself may have a temporary name by now.
        byte[] own = above == null ? Paths.name(whole) : name;
        inside = scope.enter(own, directory).removed();
      } catch (FilterException e) {
        report.failure(CopyStatus.PARTIAL, whole, String.valueOf(e.getMessage()));
        return null;
      }
      List<Candidate> names = new ArrayList<>();
      Rest rest = Rest.NOTHING;
      for (DirectoryEntry entry : directory.entries()) {
        FileStatus one = directory.status(entry.name());
        if (one == null) {
          continue;
        }
        if (rulings.excludes(inside, whole, entry.name(), one.isDirectory())
            || rules.backup && update.placement.backups().isBackup(entry.name())) {
          rest = Rest.LEFT_OUT;
        } else {
          names.add(new Candidate(entry.name(), one));
        }
      }
      if (isTrial && !names.isEmpty() && !update.inodes.mayRemoveFrom(now)) {
        return null; // what is in it would be left
      }
      if (!isTrial && !names.isEmpty()) {
        letIn(directory, now);
      }
      // The last is taken first: as in the list, and that in reverse order.
      names.sort(
          (one, other) ->
              Listing.compare(
                  one.status.isDirectory(), one.name, other.status.isDirectory(), other.name));
      entered =
          new Level(
              above, above == null ? whole : name, status, now, inside, directory, names, rest);
      return entered;
    } finally {
      if (entered == null) {
        directory.close();
      }
    }
  }
}
