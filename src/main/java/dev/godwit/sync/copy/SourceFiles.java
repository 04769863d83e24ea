package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/** What is done with single files of the source. Any thread. */
final class SourceFiles {
  private static final String CHANGED = "it has changed since it was copied";

  private final Rules rules;
  private final int user = Identity.user();

  SourceFiles(Rules rules) {
    this.rules = rules;
  }

  /** As {@link Listing#isTrusted}, for the directory that an entry is in. */
  boolean isTrusted(Listing listing, SourceEntry entry) {
    return listing.isTrusted(entry.place(), user);
  }

  /**
   * Opens a file that was listed as a regular one, perhaps a device (--copy-devices).
   *
   * @param in the directory that it was listed in
   */
  FileHandle open(DirectoryHandle in, Listing listing, SourceEntry entry) throws LinuxException {
    // With -U another name of the same file would otherwise be listed with the time of this
    // reading.
    boolean keepsAccessTime = rules.openNoAccessTime || rules.accessTimes;
    if (rules.copyDevices && DeviceFile.isOne(entry.status())) {
      return openDevice(in, entry);
    }
    if (entry.followed()) {
      return in.openThroughLink(entry.name(), keepsAccessTime);
    }
    if (isTrusted(listing, entry)) {
      return in.openForReading(entry.name(), keepsAccessTime);
    }
    try (FileHandle path = in.openPath(entry.name())) {
      var unused = stillFile(path.status());
      return path.reopenForReading();
    }
  }

  /** Whether a file is not where it was listed: nothing is, or a directory. */
  static boolean isGone(LinuxException e) {
    return e.errno() == Errno.ENOENT || e.errno() == Errno.EISDIR;
  }

  private static FileHandle openDevice(DirectoryHandle in, SourceEntry entry)
      throws LinuxException {
    byte[] name = entry.name();
    try (FileHandle path = entry.followed() ? in.openPathThroughLink(name) : in.openPath(name)) {
      return reopen(path, entry.status());
    }
  }

  /**
   * Opens a file, or a device that is taken for one, for reading.
   *
   * @param path opened for its path only
   * @param seen as what it was compared
   */
  static FileHandle reopen(FileHandle path, FileStatus seen) throws LinuxException {
    return DeviceFile.isOne(seen) ? DeviceFile.open(path, seen, false) : path.reopenForReading();
  }

  /**
   * What is at the name by now, if it is a file still.
   *
   * @throws LinuxException ENOENT when something else was put there since it was listed (H5): the
   *     file is gone
   */
  static FileStatus stillFile(FileStatus now) throws LinuxException {
    if (!now.isRegular()) {
      throw new LinuxException("open", "", Errno.ENOENT);
    }
    return now;
  }

  /** Removes a name that is on the target now, if it still stands for what was listed. */
  void remove(DirectoryHandle in, Listing listing, SourceEntry entry, byte[] shown, Report report) {
    try {
      FileStatus now = in.status(entry.name());
      if (now == null) {
        return; // it went by another name that leads here
      }
      String why =
          listing.isThroughLink(entry.place())
              ? "a symbolic link led to it, perhaps out of the tree"
              : whyNot(in, entry, now);
      if (why != null) {
        report.failure(CopyStatus.PARTIAL, shown, "not removed from the source: " + why);
        return;
      }
      in.remove(entry.name());
      report.note(InfoFlag.REMOVE, 1, "sender removed " + Names.display(shown));
    } catch (LinuxException e) {
      notRemoved(shown, e, report);
    }
  }

  /** Why a name has to stay; null when it may go. */
  private @Nullable String whyNot(DirectoryHandle in, SourceEntry entry, FileStatus now)
      throws LinuxException {
    if (!entry.followed()) {
      return isAsListed(now, entry) ? null : CHANGED;
    }
    if (!rules.copyLinks) {
      return "it is a symbolic link that leads out of the tree"; // as with rsync
    }
    // As with rsync the link goes, and what it leads to stays; in the same tree that went already.
    FileStatus behind = in.statusThroughLink(entry.name());
    boolean isSame = behind == null || isAsListed(behind, entry);
    return now.isSymbolicLink() && isSame ? null : CHANGED;
  }

  private static boolean isAsListed(FileStatus now, SourceEntry entry) {
    return now.isSameInode(entry.status())
        && now.size() == entry.status().size()
        && now.hasSameTime(entry.status());
  }

  static void notRemoved(byte[] shown, LinuxException e, Report report) {
    report.failure(CopyStatus.PARTIAL, shown, "cannot be removed from the source: " + e.reason());
  }
}
