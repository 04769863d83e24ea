package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * What came of files that a run did not finish. It stays under the file's own name (--partial) or
 * in a directory beside it (--partial-dir, rsync(1)); what the next run finds there is what it
 * makes the file of, and is removed when the file is whole. Any thread.
 */
final class PartialFiles {
  private final TreeUpdate update;
  private final Rules rules;

  PartialFiles(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
  }

  /** Takes what an earlier run left of the file as what a delta is made of. */
  void find(FileWork work) {
    if (rules.partialDirectory == null) {
      return;
    }
    try (DirectoryHandle in = open(work.directory)) {
      FileStatus found = in == null ? null : in.status(work.name());
      if (found != null && found.isRegular()) {
        work.basis = found;
        work.isBasisPartial = true;
      }
    } catch (LinuxException e) {
      // Without it the file is sent as if nothing was left.
    }
  }

  /** Opens the directory for the files of this one; null when there is none. */
  @Nullable DirectoryHandle open(TargetDirectory directory) throws LinuxException {
    byte[] path = rules.partialDirectory;
    if (path == null) {
      return null;
    }
    try {
      if (isElsewhere(path)) {
        return update.placement.openGiven(path);
      }
      return directory.mayHavePartials ? directory.opened().beneath(path) : null;
    } catch (LinuxException e) {
      if (!Paths.isGone(e)) {
        throw e;
      }
      directory.mayHavePartials = false;
      return null;
    }
  }

  private static boolean isElsewhere(byte[] path) {
    return path[0] == '/';
  }

  /** The file is what it shall be: what was left of it goes, and the directory with the last. */
  void used(TargetDirectory directory, byte[] name) {
    byte[] path = rules.partialDirectory;
    if (path == null || rules.dryRun) {
      return;
    }
    try (DirectoryHandle in = open(directory)) {
      FileStatus left = in == null ? null : in.status(name);
      if (in == null || left == null || !left.isRegular()) {
        return;
      }
      in.remove(name);
      if (!isElsewhere(path)) { // an absolute one is the user's own
        removeEmpty(directory.opened(), path);
      }
    } catch (LinuxException e) {
      update.report.failure(
          CopyStatus.PARTIAL,
          Paths.join(directory.path, name),
          "what an earlier run kept of it cannot be removed: " + e.reason());
    }
  }

  private static void removeEmpty(DirectoryHandle in, byte[] path) throws LinuxException {
    try (DirectoryHandle parent = in.beneath(Paths.parent(path))) {
      parent.removeDirectory(Paths.name(path));
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST && !Paths.isGone(e)) {
        throw e;
      }
    }
  }

  /**
   * Keeps what came of a file that was not finished, unless an earlier run kept more of it.
   *
   * @throws LinuxException when that is not possible; then it is to be discarded
   */
  void keep(FileWork work) throws LinuxException {
    FileHandle file = work.file;
    DirectoryHandle in = work.temporaryIn;
    if (!rules.partial || work.isInPlace || file == null || in == null) {
      return;
    }
    FileStatus status = file.status();
    if (status.size() == 0) {
      return;
    }
    byte[] path = rules.partialDirectory;
    if (path == null) {
      // As old as can be, so that no later run takes it for the newer of two (--update).
      file.setModified(0, 0);
      update.placement.nameUnfinished(work, in);
    } else {
      try (DirectoryHandle partial = make(work.directory.opened(), path)) {
        FileStatus before = partial.status(work.name());
        if (before != null && before.isRegular() && before.blocks() > status.blocks()) {
          return;
        }
        in.renameInto(work.writtenAs, partial, work.name());
      }
    }
    work.writtenAs = Paths.NONE;
  }

  private DirectoryHandle make(DirectoryHandle beside, byte[] path) throws LinuxException {
    if (isElsewhere(path)) {
      return update.placement.openGiven(path);
    }
    try (DirectoryHandle parent = beside.beneath(Paths.parent(path))) {
      parent.makeDirectory(Paths.name(path), 0700);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    return beside.beneath(path);
  }
}
