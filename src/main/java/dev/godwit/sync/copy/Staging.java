package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes new directories under temporary names, so that the files in them need none: they get their
 * own when all their files are whole. One is made beside where it will be; or, while the directory
 * that it will be in has no name itself, beside that one.
 */
final class Staging {
  /** A new directory with more than this is given its name at once, its files temporary ones. */
  private static final int ENTRIES_MAX = 4096;

  /** Likewise; in bytes. */
  private static final long SIZE_MAX = 256L << 20;

  private final TreeUpdate update;

  /** Those that have no name yet. */
  private final Set<TargetDirectory> unnamed = ConcurrentHashMap.newKeySet();

  Staging(TreeUpdate update) {
    this.update = update;
  }

  /** Whether a directory with this content is made so. */
  boolean isFor(Listing listing) {
    if (listing.entries().size() > ENTRIES_MAX || !update.placement.isPlain()) {
      return false;
    }
    if (update.rules.removeSourceFiles) {
      return false; // what has no name yet is thrown away by the next run, and is nowhere then
    }
    if (update.source().entersEarly() && update.source().threads() == 1) {
      return false; // some would have to wait, and the order counts
    }
    long bytes = 0;
    for (SourceEntry entry : listing.entries()) {
      if (update.rules.hardLinks && !entry.isDirectory() && entry.status().links() > 1) {
        return false; // other names of it are found by its path
      }
      bytes += entry.isFile() ? entry.status().size() : 0;
    }
    return bytes <= SIZE_MAX;
  }

  /** Makes a directory that is missing. The one that it is in stands, or this one is staged. */
  void make(TargetDirectory directory, Listing listing) throws LinuxException {
    if (!isFor(listing)) {
      byte[] name = Paths.name(directory.path);
      try (DirectoryHandle in = update.open(Paths.parent(directory.path))) {
        update.placement.makeDirectory(in, name, directory.path, directory.displaced);
        directory.handle = in.beneath(name);
      }
    } else {
      TargetDirectory base = Objects.requireNonNull(directory.parent).base();
      directory.madeIn = base;
      byte[] temporary = update.temporaries.next();
      try (DirectoryHandle in = update.open(base.path)) {
        in.makeDirectory(temporary, 0700);
        directory.isMade(temporary, base);
        unnamed.add(directory);
        directory.handle = in.beneath(temporary);
      }
    }
    directory.before = null;
  }

  /** Gives it its name; the directory that it is in stands. Tells when that is not possible. */
  boolean name(TargetDirectory directory) {
    if (!isNamed(directory)) {
      return false;
    }
    unnamed.remove(directory);
    return true;
  }

  private boolean isNamed(TargetDirectory directory) {
    TargetDirectory parent = Objects.requireNonNull(directory.parent);
    TargetDirectory madeIn = Objects.requireNonNull(directory.madeIn);
    if (parent.state == TargetDirectory.State.FAILED || update.source().isStopped()) {
      return false; // that was told
    }
    try (DirectoryHandle from = update.open(madeIn.path)) {
      if (parent == madeIn) {
        name(directory, from, from);
        return true;
      }
      try (DirectoryHandle to = update.open(parent.path)) {
        name(directory, from, to);
        return true;
      }
    } catch (LinuxException e) {
      update.report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "the directory cannot be given its name: " + e.reason(),
          e.errno());
      return false;
    }
  }

  private void name(TargetDirectory directory, DirectoryHandle from, DirectoryHandle to)
      throws LinuxException {
    try {
      update.placement.nameDirectory(
          from, directory.temporary, to, directory.path, directory.displaced);
    } catch (LinuxException e) {
      if (!Placement.hasCome(e, to, Paths.name(directory.path))) {
        throw e;
      }
      join(directory, from, to);
    }
  }

  /**
   * Somebody else has made the directory meanwhile: what is whole goes into that one, name by name
   * as in any directory that stands.
   */
  private void join(TargetDirectory directory, DirectoryHandle from, DirectoryHandle to)
      throws LinuxException {
    directory.closeHandle();
    directory.handle = to.beneath(Paths.name(directory.path));
    directory.before = null;
    update.opened(directory);
    try (DirectoryHandle aside = from.beneath(directory.temporary)) {
      for (DirectoryEntry entry : aside.entries()) {
        update.placement.join(directory, aside, entry.name());
      }
    }
    update.remover.removeFresh(Objects.requireNonNull(directory.madeIn).path, directory.temporary);
  }

  /** Removes one that never gets its name: nobody has seen it. */
  void discard(TargetDirectory directory) {
    if (!unnamed.remove(directory)) {
      return;
    }
    update.remover.removeFresh(Objects.requireNonNull(directory.madeIn).path, directory.temporary);
  }

  /** The copy is over: what has no name by now never gets one. */
  void close() {
    unnamed.forEach(this::discard);
  }
}
