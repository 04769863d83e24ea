package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * Sees what names of the source are for a copy: a symbolic link can be followed, a device be taken
 * for a file, and a file stand for something else (--fake-super). Any thread.
 */
final class SourceNames {
  /**
   * What a name is.
   *
   * @param text of a symbolic link that is copied as one
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Seen(FileStatus status, byte[] text, boolean followed) {
    /** A link that is to be followed and leads nowhere: it takes no part. */
    static final Seen NOWHERE = new Seen(FileStatus.NONE, Paths.NONE, true);
  }

  private final Rules rules;
  private final SourceAttributes attributes;
  private final Report report;
  private final boolean isOfSeries;
  private final boolean munges;

  /**
   * @param isOfSeries whether it is for a series of copies, which looks again at what went
   * @param munges whether the texts of links are those that the target gets (--munge-links there)
   */
  SourceNames(
      Rules rules, SourceAttributes attributes, Report report, boolean isOfSeries, boolean munges) {
    this.rules = rules;
    this.attributes = attributes;
    this.report = report;
    this.isOfSeries = isOfSeries;
    this.munges = munges;
  }

  /**
   * Null when it takes no part.
   *
   * @param directory the path of what it is in
   * @param scope the filters there
   * @param isWay whether it leads to an argument, and a link to a directory is one
   */
  @Nullable Seen see(
      byte[] directory,
      FilterScope scope,
      DirectoryHandle handle,
      byte[] name,
      FileStatus real,
      boolean isWay)
      throws LinuxException {
    if (real.isSymbolicLink()) {
      return link(directory, scope, handle, name, real, isWay);
    }
    FileStatus kept = attributes.meant(handle, name, real);
    FileStatus meant = taken(handle, name, real, kept, false);
    if (!meant.isSymbolicLink()) {
      return new Seen(meant, Paths.NONE, false);
    }
    try (FileHandle path = handle.openPath(name)) {
      byte[] text = SymbolicLinks.fakeText(path);
      return linkItself(meant, rules.mungeLinks ? SymbolicLinks.unmunged(text) : text);
    }
  }

  private @Nullable Seen link(
      byte[] directory,
      FilterScope scope,
      DirectoryHandle handle,
      byte[] name,
      FileStatus real,
      boolean isWay)
      throws LinuxException {
    byte[] text = SymbolicLinks.textAtSource(rules, handle, name);
    byte[] path = Paths.join(directory, name);
    FileStatus behind;
    try {
      behind = isWay ? handle.statusThroughLink(name) : follows(handle, name, path, text);
    } catch (LinuxException e) {
      if (isLeftOut(scope, name)) {
        return null; // a loop of links
      }
      if (!isOfSeries || !Paths.isGone(e)) {
        throw e;
      }
      behind = null; // nothing has moved: it leads to itself, or through a file
    }
    if (behind != null) {
      return new Seen(taken(handle, name, behind, behind, true), Paths.NONE, true);
    }
    if (rules.copyLinks || rules.copyUnsafeLinks && SymbolicLinks.isUnsafe(text, path)) {
      return isLeftOut(scope, name) ? null : Seen.NOWHERE;
    }
    return linkItself(real, text);
  }

  private Seen linkItself(FileStatus status, byte[] text) {
    return new Seen(status, munges ? SymbolicLinks.munged(text) : text, false);
  }

  /** Whether a link is, of which nobody knows whether it would lead to a directory. */
  private static boolean isLeftOut(FilterScope scope, byte[] name) {
    return scope.excludes(name, false) || scope.excludes(name, true);
  }

  /** The status behind a link that is followed; null when it is copied as a link. */
  private @Nullable FileStatus follows(
      DirectoryHandle handle, byte[] name, byte[] path, byte[] text) throws LinuxException {
    boolean isUnsafe = rules.copyUnsafeLinks && SymbolicLinks.isUnsafe(text, path);
    if (isUnsafe && !rules.copyLinks) {
      report.note(
          InfoFlag.SYMSAFE,
          1,
          "copying unsafe symlink \""
              + Names.display(path)
              + "\" -> \""
              + Names.display(text)
              + "\"");
    }
    if (rules.copyLinks || isUnsafe) {
      return handle.statusThroughLink(name);
    }
    return rules.copyDirectoryLinks ? SymbolicLinks.directoryBehind(handle, name) : null;
  }

  /**
   * A device is taken for a file, if that is asked for. Its content is as of now: its inode's time
   * says nothing of it.
   */
  private FileStatus taken(
      DirectoryHandle handle, byte[] name, FileStatus real, FileStatus meant, boolean isFollowed)
      throws LinuxException {
    if (!rules.copyDevices || !real.isDevice()) {
      return meant;
    }
    try (FileHandle path = isFollowed ? handle.openPathThroughLink(name) : handle.openPath(name)) {
      long size = DeviceFile.seen(path, real).size();
      return real.asFile(size, System.currentTimeMillis() / 1000, 0);
    }
  }
}
