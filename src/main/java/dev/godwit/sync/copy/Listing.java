package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterScope;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the source has in one directory of the transfer.
 *
 * @param scope the filters of this directory
 * @param entries sorted: all that are no directories, then the directories
 * @param isContent whether the directory itself is copied, and not only names that arguments led
 *     to: only then does a name's absence mean something
 * @param isComplete whether everything could be read: otherwise nothing may be removed (H28)
 * @param handles the real directories that the entries are in, by {@link SourceEntry#place}; empty
 *     where the source is far
 * @param status of these directories
 * @param atEnd run when the files of the directory are done
 * @param isRest whether the names that are not here stand at the target as they are at the source,
 *     and the target has no others that it shall not have
 */
record Listing(
    SourceDirectory directory,
    FilterScope scope,
    List<SourceEntry> entries,
    boolean isContent,
    boolean isComplete,
    List<@Nullable DirectoryHandle> handles,
    List<FileStatus> status,
    @Nullable Runnable atEnd,
    boolean isRest)
    implements AutoCloseable {

  /** The same directory, of which nothing is known: then nothing in it is removed either. */
  Listing without() {
    return new Listing(
        directory, scope, List.of(), isContent, false, handles, status, atEnd, false);
  }

  /** The same, as what is left of a directory whose other names are equal on the target. */
  Listing rest() {
    return new Listing(
        directory, scope, entries, isContent, isComplete, handles, status, atEnd, true);
  }

  /**
   * The order of names: what is no directory first, by bytes; then the directories, in the order in
   * which they are walked.
   */
  static int compare(boolean isDirectory, byte[] name, boolean otherIsDirectory, byte[] other) {
    if (isDirectory != otherIsDirectory) {
      return isDirectory ? 1 : -1;
    }
    return isDirectory ? Paths.compareInTree(name, other) : Arrays.compareUnsigned(name, other);
  }

  static int compare(SourceEntry one, SourceEntry other) {
    return compare(one.isDirectory(), one.name(), other.isDirectory(), other.name());
  }

  /** Whether the source has this name, as whatever. */
  boolean has(byte[] name) {
    return indexOf(name) >= 0;
  }

  /** Where the name is in {@link #entries}, as whatever; -1 when the source does not have it. */
  int indexOf(byte[] name) {
    int file = find(name, false);
    return file >= 0 ? file : find(name, true);
  }

  /** The same directory, with some of its names. */
  Listing only(List<SourceEntry> some) {
    return new Listing(
        directory, scope, some, isContent, isComplete, handles, status, atEnd, isRest);
  }

  private int find(byte[] name, boolean asDirectory) {
    int low = 0;
    int high = entries.size() - 1;
    if (entries instanceof PackedEntries packed) {
      low = packed.partOf(asDirectory, name);
      high = packed.endOfPart(low) - 1;
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      SourceEntry entry = entries.get(middle);
      int order = compare(entry.isDirectory(), entry.name(), asDirectory, name);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /**
   * Whether nobody but root and this user can put something else at a name since its type was seen:
   * then it may be opened without another look (H5).
   */
  boolean isTrusted(int place, int user) {
    FileStatus in = status.get(place);
    return (in.uid() == 0 || in.uid() == user) && (in.mode() & 022) == 0;
  }

  /** Whether the way to one of the directories goes through a symbolic link that is followed. */
  boolean isThroughLink(int place) {
    if (place >= directory.parts().size()) {
      return false;
    }
    return switch (directory.parts().get(place)) {
      case SourceDirectory.Content content -> content.place().throughLinks();
      case SourceDirectory.Argument argument -> argument.in().throughLinks();
      case SourceDirectory.Looked looked -> looked.place().throughLinks();
      case FarDirectory far -> false; // the source itself knows
    };
  }

  /**
   * Opens the directory that an entry is in again.
   *
   * @throws LinuxException ENOENT when another one is there by now
   */
  DirectoryHandle open(int place) throws LinuxException {
    DirectoryHandle opened =
        switch (directory.parts().get(place)) {
          case SourceDirectory.Content content -> content.place().open();
          case SourceDirectory.Argument argument -> argument.in().openForNames();
          case SourceDirectory.Looked looked -> looked.place().openForNames();
          case FarDirectory far -> throw new IllegalStateException("it is not on this host");
        };
    boolean isSame = false;
    try {
      FileStatus now = opened.status();
      isSame = now.isSameInode(status.get(place));
      if (!isSame) {
        throw new LinuxException("openat2", "", Errno.ENOENT);
      }
      return opened;
    } finally {
      if (!isSame) {
        opened.close();
      }
    }
  }

  @Override
  public void close() {
    for (DirectoryHandle handle : handles) {
      if (handle != null) {
        handle.close();
      }
    }
    if (atEnd != null) {
      atEnd.run();
    }
  }
}
