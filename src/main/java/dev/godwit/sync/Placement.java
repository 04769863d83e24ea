package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.WireException;

/**
 * Puts things in place at the target. Everything new is made under a temporary name and renamed, so
 * that a name always stands for the old thing or the new one (H22); metadata is set on the inode
 * before it gets its name, owner first because chown(2) clears setuid bits (H2, H6).
 */
final class Placement {
  private final TargetSession session;
  private final int mask = Identity.mask();

  Placement(TargetSession session) {
    this.session = session;
  }

  /**
   * Owner, permissions, time of an inode that was just made.
   *
   * @param name of what it is to replace in the directory, if that is there
   */
  void dress(FileHandle file, Metadata metadata, DirectoryHandle directory, byte[] name)
      throws LinuxException {
    if (keepsSomeOwner()) {
      file.setOwner(uid(metadata), gid(metadata));
    }
    file.setPermissions(permissions(metadata, directory, name));
    file.setModified(metadata.seconds(), metadata.nanos());
  }

  /** For something new of this name. */
  private int permissions(Metadata metadata, DirectoryHandle directory, byte[] name)
      throws LinuxException {
    if (session.treatment().permissions()) {
      return metadata.permissions();
    }
    FileStatus standing = directory.status(name);
    return standing != null && !standing.isSymbolicLink()
        ? standing.permissions()
        : newPermissions(metadata);
  }

  /** What open(2) and mkdir(2) would give, without the bits that give rights away. */
  private int newPermissions(Metadata metadata) {
    return metadata.permissions() & 0777 & ~mask;
  }

  private boolean keepsSomeOwner() {
    return session.keepsOwners() || session.keepsGroups();
  }

  /** -1, which chown(2) leaves as it is, where owners are not kept. */
  private int uid(Metadata metadata) {
    return session.keepsOwners() ? metadata.uid() : -1;
  }

  private int gid(Metadata metadata) {
    return session.keepsGroups() ? metadata.gid() : -1;
  }

  /** Renames what was made under a temporary name; a directory in the way is removed first. */
  void place(TargetBatch batch, DirectoryHandle directory, byte[] temporary, byte[] name)
      throws LinuxException, WireException {
    Trash trash = session.trash();
    if (trash != null) {
      trash.keepReplaced(directory, batch.directory().child(name), name);
    }
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
    if (keepsSomeOwner()) {
      directory.setOwner(name, uid(metadata), gid(metadata));
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
        fifo.setPermissions(permissions(entry.metadata(), directory, entry.name()));
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
  void makeDirectory(TreePath path, DirectoryHandle directory, Entry entry, boolean replaces)
      throws LinuxException {
    byte[] name = entry.name();
    int permissions = session.treatment().permissions() ? 0700 : newPermissions(entry.metadata());
    if (!replaces) {
      directory.makeDirectory(name, permissions);
      return;
    }
    Trash trash = session.trash();
    if (trash != null) {
      trash.keepReplaced(directory, path, name);
    }
    byte[] temporary = session.temporaries().next();
    directory.makeDirectory(temporary, permissions);
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
      dress(inode, status, metadata);
    }
  }

  /** The same for an inode that is open. */
  void dress(Handle inode, FileStatus status, Metadata metadata) throws LinuxException {
    if (differsInOwner(status, metadata)) {
      inode.setOwner(uid(metadata), gid(metadata));
    }
    if (session.treatment().permissions()) {
      inode.setPermissions(metadata.permissions());
    }
  }

  boolean differsInOwner(FileStatus status, Metadata metadata) {
    return session.keepsOwners() && status.uid() != metadata.uid()
        || session.keepsGroups() && status.gid() != metadata.gid();
  }

  boolean differs(FileStatus status, Metadata metadata) {
    return session.treatment().permissions() && status.permissions() != metadata.permissions()
        || differsInOwner(status, metadata);
  }

  static void discard(DirectoryHandle directory, byte[] temporary) {
    try {
      directory.remove(temporary);
    } catch (LinuxException e) {
      // It stays until the next session recognises it.
    }
  }
}
