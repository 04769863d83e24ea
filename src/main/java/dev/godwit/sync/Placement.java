package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.WireException;

/**
 * Puts things in place at the target. Everything new is made under a temporary name and renamed, so
 * that a name always stands for the old thing or the new one (H22); metadata is set on the inode
 * before it gets its name, owner first because chown(2) clears setuid bits (H2, H6).
 */
final class Placement {
  private final TargetSession session;

  Placement(TargetSession session) {
    this.session = session;
  }

  /** Owner, permissions, time of an inode that was just made. */
  void dress(FileHandle file, Metadata metadata) throws LinuxException {
    if (session.keepsOwners()) {
      file.setOwner(metadata.uid(), metadata.gid());
    }
    file.setPermissions(metadata.permissions());
    file.setModified(metadata.seconds(), metadata.nanos());
  }

  /** Renames what was made under a temporary name; a directory in the way is removed first. */
  void place(TargetBatch batch, DirectoryHandle directory, byte[] temporary, byte[] name)
      throws LinuxException, WireException {
    try {
      directory.rename(temporary, name);
      return;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EISDIR) {
        throw e;
      }
    }
    if (session.options().delete()) {
      if (!session.remover().remove(batch, batch.directory(), directory, name)) {
        throw new LinuxException("rename", "", Errno.ENOTEMPTY);
      }
    } else {
      directory.removeDirectory(name); // an empty one may go even when nothing is to be removed
    }
    directory.rename(temporary, name);
  }

  void makeSymbolicLink(TargetBatch batch, DirectoryHandle directory, Entry entry)
      throws LinuxException, WireException {
    byte[] temporary = session.temporaries().next();
    directory.makeSymbolicLink(temporary, entry.linkText());
    try {
      adjustLink(directory, temporary, entry.metadata());
      place(batch, directory, temporary, entry.name());
    } catch (LinuxException | WireException e) {
      discard(directory, temporary);
      throw e;
    }
  }

  void adjustLink(DirectoryHandle directory, byte[] name, Metadata metadata) throws LinuxException {
    if (session.keepsOwners()) {
      directory.setOwner(name, metadata.uid(), metadata.gid());
    }
    directory.setModified(name, metadata.seconds(), metadata.nanos());
  }

  void makeFifo(TargetBatch batch, DirectoryHandle directory, Entry entry)
      throws LinuxException, WireException {
    byte[] temporary = session.temporaries().next();
    directory.makeFifo(temporary, 0600);
    try {
      adjustLink(directory, temporary, entry.metadata());
      try (FileHandle fifo = directory.openPath(temporary)) {
        fifo.setPermissions(entry.metadata().permissions());
      }
      place(batch, directory, temporary, entry.name());
    } catch (LinuxException | WireException e) {
      discard(directory, temporary);
      throw e;
    }
  }

  /**
   * Makes a directory that nobody else can enter until its content is complete (H14); something
   * else of that name makes way in the same instant.
   */
  void makeDirectory(DirectoryHandle directory, byte[] name, boolean replaces)
      throws LinuxException {
    if (!replaces) {
      directory.makeDirectory(name, 0700);
      return;
    }
    byte[] temporary = session.temporaries().next();
    directory.makeDirectory(temporary, 0700);
    try {
      directory.exchange(temporary, name);
    } catch (LinuxException e) {
      directory.removeDirectory(temporary);
      throw e;
    }
    directory.remove(temporary);
  }

  /** Owner and permissions of something whose content is right. */
  void adjust(DirectoryHandle directory, byte[] name, FileStatus status, Metadata metadata)
      throws LinuxException {
    try (FileHandle inode = directory.openPath(name)) {
      if (!inode.status().isSameInode(status)) {
        throw new LinuxException("openat", "", Errno.ESTALE); // exchanged since it was compared
      }
      if (differsInOwner(status, metadata)) {
        inode.setOwner(metadata.uid(), metadata.gid());
      }
      inode.setPermissions(metadata.permissions());
    }
  }

  boolean differsInOwner(FileStatus status, Metadata metadata) {
    return session.keepsOwners()
        && (status.uid() != metadata.uid() || status.gid() != metadata.gid());
  }

  boolean differs(FileStatus status, Metadata metadata) {
    return status.permissions() != metadata.permissions() || differsInOwner(status, metadata);
  }

  static void discard(DirectoryHandle directory, byte[] temporary) {
    try {
      directory.remove(temporary);
    } catch (LinuxException e) {
      // It stays until the next session recognises it.
    }
  }
}
