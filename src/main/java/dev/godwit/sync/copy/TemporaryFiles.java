package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import java.util.concurrent.locks.LockSupport;

/**
 * What killed runs left in a directory for temporary files (-T). Runs with other targets may use
 * the directory at the same time: each holds a shared lock on it, and only who was alone in it for
 * a moment removes what is there.
 */
final class TemporaryFiles {
  private static final int TRIES = 20;
  private static final long PAUSE_NANOS = 5_000_000;

  private TemporaryFiles() {}

  /** The run begins to use it, until the handle is closed. */
  static void enter(DirectoryHandle directory) {
    try {
      if (directory.tryLock()) {
        removeAll(directory);
      }
      for (int i = 0; i < TRIES && !directory.tryLockShared(); i++) {
        LockSupport.parkNanos(PAUSE_NANOS); // somebody else removes, which takes a moment
      }
    } catch (LinuxException e) {
      // A file system without locks: what is there may be in use.
    }
  }

  private static void removeAll(DirectoryHandle directory) throws LinuxException {
    if (!directory.hasNameThatBegins(TemporaryNames.prefix())) {
      return;
    }
    for (DirectoryEntry entry : directory.entries()) {
      if (TemporaryNames.isTemporary(entry.name())) {
        remove(directory, entry.name());
      }
    }
  }

  private static void remove(DirectoryHandle directory, byte[] name) {
    try {
      FileStatus status = directory.status(name);
      if (status != null && status.isRegular()) {
        directory.remove(name);
      }
    } catch (LinuxException e) {
      // Another user's: he removes it.
    }
  }
}
