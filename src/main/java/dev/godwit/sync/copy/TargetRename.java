package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the target that is to follow one of the source, which was renamed. Nothing is ever
 * replaced by it: where something stands under the new name, the two exchange their names, and the
 * look that follows removes what has to go, as any look does. Nothing is taken along that the
 * filters keep where it is: then the directory is sent under its new name, and what is kept stays.
 *
 * <p>Where one of the names lies in the other, a temporary one is between them ({@link
 * NestedRename}).
 *
 * @param from where it is, below the root
 * @param to where it is to be
 * @param modifiedSeconds the time that it has, if it is the one that is meant
 * @param modifiedNanos -1: it may have any
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TargetRename(byte[] from, byte[] to, long modifiedSeconds, int modifiedNanos) {
  /** What came of it. */
  enum Outcome {
    /**
     * Nothing was done: it is not there, is not what was meant, or may not or cannot be renamed.
     */
    NOT,
    RENAMED,
    EXCHANGED
  }

  void write(MessageWriter message) {
    message.bytes(from).bytes(to).u64(modifiedSeconds).u32(modifiedNanos);
  }

  static TargetRename read(MessageReader message) throws WireException {
    TargetRename rename =
        new TargetRename(
            message.bytes(SeriesFrames.PATH_BYTES_MAX),
            message.bytes(SeriesFrames.PATH_BYTES_MAX),
            message.u64(),
            message.u32());
    message.end();
    if (!Names.isPathBelow(rename.from)
        || !Names.isPathBelow(rename.to)
        || Arrays.equals(rename.from, rename.to)
        || TemporaryNames.isInTemporary(rename.from)
        || TemporaryNames.isInTemporary(rename.to)) {
      throw CompactReader.malformed("a directory that cannot be renamed");
    }
    return rename;
  }

  /**
   * Renames, if that may be done.
   *
   * @param filters of the target
   * @param temporaries of the session
   */
  Outcome perform(
      DirectoryHandle root, Custody custody, Filters filters, TemporaryNames temporaries) {
    if (!custody.mayRename(from) || !custody.mayRename(to)) {
      return Outcome.NOT;
    }
    try (DirectoryHandle out = root.beneath(Paths.parent(from))) {
      FileStatus status = out.status(Paths.name(from));
      if (!isMeant(status) || keepsSome(filters, root, from)) {
        return Outcome.NOT;
      }
      if (Paths.isAtOrBelow(to, from) || Paths.isAtOrBelow(from, to)) {
        return performNested(root, custody, filters, temporaries);
      }
      makeMissing(root, Paths.parent(to));
      return perform(root, custody, filters, out);
    } catch (LinuxException | FilterException e) {
      return Outcome.NOT; // the look finds it under its old name, and says what is in the way
    }
  }

  private Outcome perform(
      DirectoryHandle root, Custody custody, Filters filters, DirectoryHandle out)
      throws LinuxException, FilterException {
    try (DirectoryHandle in = root.beneath(Paths.parent(to))) {
      custody.disks().touched(out.status().device(), out);
      try {
        out.renameWithoutReplacing(Paths.name(from), in, Paths.name(to));
        custody.renamedDirectory(from, to, false);
        return Outcome.RENAMED;
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          return Outcome.NOT;
        }
      }
      if (keepsSome(filters, root, to) || custody.keepsLinks() && isLink(in, Paths.name(to))) {
        return Outcome.NOT;
      }
      out.exchangeWith(Paths.name(from), in, Paths.name(to));
      custody.renamedDirectory(from, to, true);
      return Outcome.EXCHANGED;
    }
  }

  private Outcome performNested(
      DirectoryHandle root, Custody custody, Filters filters, TemporaryNames temporaries)
      throws LinuxException, FilterException {
    boolean isRising = Paths.isAtOrBelow(from, to);
    if (isRising && keepsSome(filters, root, to)) {
      return Outcome.NOT;
    }
    NestedRename nested = new NestedRename(root, temporaries.next());
    try (DirectoryHandle in = root.beneath(Paths.parent(isRising ? to : from))) {
      custody.disks().touched(in.status().device(), in);
      if (isRising) {
        nested.rise(from, to);
      } else {
        nested.sink(from, to);
      }
    }
    custody.renamedDirectory(from, to, isRising);
    return isRising ? Outcome.EXCHANGED : Outcome.RENAMED;
  }

  private static boolean isLink(DirectoryHandle in, byte[] name) throws LinuxException {
    FileStatus status = in.status(name);
    return status != null && status.isSymbolicLink();
  }

  /** Whether the filters keep a name where it is, or one above it, or something below it (H29). */
  private static boolean keepsSome(Filters filters, DirectoryHandle root, byte[] path)
      throws LinuxException, FilterException {
    return !filters.isEmpty() && FilteredPaths.excludesAnyOf(filters.target(), root::beneath, path);
  }

  /** A directory that was made just now, to which it was moved: its own look finds it standing. */
  static void makeMissing(DirectoryHandle root, byte[] path) throws LinuxException {
    for (int i = 1; i <= path.length; i++) {
      if (i == path.length || path[i] == '/') {
        byte[] directory = Arrays.copyOf(path, i);
        try (DirectoryHandle in = root.beneath(Paths.parent(directory))) {
          if (in.status(Paths.name(directory)) == null) {
            in.makeDirectory(Paths.name(directory), 0700);
          }
        }
      }
    }
  }

  /** Somebody else may have put another directory there. */
  private boolean isMeant(@Nullable FileStatus status) {
    return status != null
        && status.isDirectory()
        && (modifiedNanos < 0
            || status.mtimeSeconds() == modifiedSeconds && status.mtimeNanos() == modifiedNanos);
  }
}
