package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSum;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterScope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the transfer, seen from the source: usually one real directory; several where
 * arguments overlap; none where it is only on the way to an argument.
 *
 * @param path below the target; empty for the target itself
 * @param parts what takes part, in the order of the arguments: the first that has a name wins
 * @param scope the filters of this directory; its own merge files are not read yet
 * @param isEntered whether the directories in it are entered too
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SourceDirectory(byte[] path, List<Part> parts, FilterScope scope, boolean isEntered) {
  /** Something that takes part in a directory of the transfer. */
  sealed interface Part permits Content, Argument, Looked, FarDirectory {}

  /**
   * All that a real directory holds.
   *
   * @param own the filters of another argument's directory than the first one's, as {@link
   *     SourceDirectory#scope()}; null: these are the directory's
   */
  record Content(Place place, @Nullable FilterScope own) implements Part {
    Content(Place place) {
      this(place, null);
    }
  }

  /**
   * One name that an argument led to.
   *
   * @param in the real directory that the name is in
   * @param seen what it was when arguments were read, where making the target may change its time
   *     afterwards: on the way to an argument (-R); null elsewhere
   * @param below what of it takes part when it is a directory; changed only while arguments are
   *     read
   * @param removed that it is missing and shall be removed from the target
   * @param implied that it is only on the way to an argument
   * @param absolute that the user wrote a '/' before it, which is shown (-R)
   */
  record Argument(
      byte[] name,
      Place in,
      @Nullable FileStatus seen,
      List<Part> below,
      boolean removed,
      boolean implied,
      boolean absolute)
      implements Part {}

  /** Of a real directory what a look is at. */
  record Looked(Place place, Look.Node node) implements Part {
    /** Whether most of it may be the same on both sides, so that a sum of its files is worth it. */
    boolean canBeSummed() {
      return node.isTree && node.suspectSince != Look.ALL && node.suspectSince != Look.NONE;
    }

    /** Those that a sum does not have because something else is to be told of them. */
    FileSum.Apart apartOfSums() {
      return new FileSum.Apart(
          TemporaryNames.prefix(),
          node.suspectSince,
          node.below.isEmpty() ? null : name -> node.below(name) != null);
    }

    /** The sum that came with the look; null for none, or when it is one no more. */
    FileSum.@Nullable Sum gatheredSum(DirectoryHandle handle, FileSums sums) throws LinuxException {
      GatheredSum gathered = node.sum;
      return gathered == null ? null : gathered.at(handle, sums, node);
    }

    /** Whether a look is at this very file because it was written, and not renamed. */
    boolean isWritten(SourceEntry entry) {
      Look.Node asked = node.below(entry.name());
      return asked != null && asked.isSuspect && asked.cameFrom == null && entry.isFile();
    }

    /** Whether the content of a file in it is in doubt although size and time are equal (H19). */
    boolean isSuspect(SourceEntry entry) {
      Look.Node asked = node.below(entry.name());
      FileStatus status = entry.status();
      return asked != null && asked.isSuspect
          || node.isTree
              && (status.ctimeTotalNanos() >= node.suspectSince
                  || status.mtimeTotalNanos() >= node.suspectSince);
    }
  }

  /** Whether the directories in it that the target lacks have looks of their own. */
  boolean leavesMissing() {
    return !parts.isEmpty()
        && parts.getFirst() instanceof Looked looked
        && looked.node().isAlone
        && looked.node().leavesMissing;
  }

  /** The names that files of a listing may have on the target, by a look; null for none. */
  @Nullable OldName cameFrom(SourceEntry entry) {
    if (!parts.isEmpty() && entry.isFile() && parts.getFirst() instanceof Looked looked) {
      Look.Node asked = looked.node().below(entry.name());
      return asked == null ? null : asked.cameFrom;
    }
    return null;
  }

  /** Which SRC argument a part is from, counted from 0; -1 where that is not known. */
  int argument(int part) {
    return switch (part < parts.size() ? parts.get(part) : null) {
      case Content content -> content.place().root().argument();
      case Argument argument -> argument.in().root().argument();
      case Looked looked -> looked.place().root().argument();
      case FarDirectory far -> -1;
      case null -> -1;
    };
  }

  /** Whether only some of its names are listed, by a look. */
  boolean isPartial() {
    return !parts.isEmpty()
        && switch (parts.getFirst()) {
          case Looked looked -> !looked.node().isTree;
          case FarDirectory far -> far.isPartial;
          case Content content -> false;
          case Argument argument -> false;
        };
  }

  boolean hasContent() {
    for (Part part : parts) {
      if (part instanceof Content || part instanceof Looked looked && looked.node().isTree) {
        return true;
      }
    }
    return false;
  }
}
