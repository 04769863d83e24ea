package dev.godwit.linux;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which files of a directory stand in another one with the same status: two statx(2) for a name and
 * nothing made of it, neither name nor status. Most copies find most files unchanged, and what is
 * made for each of them, and the code that makes it, is what such a copy costs beside the kernel.
 */
public final class SameFiles {
  /**
   * What has to be the same beside type, permissions and size.
   *
   * @param timeWindowSeconds how far times of modification may be apart; -1: not a nanosecond
   * @param hasOneName whether a file that has several is not the same
   * @param hasNoXattrs whether a file that has an extended attribute or a list on either side is
   *     not the same
   */
  public record Conditions(
      boolean owner,
      boolean group,
      long timeWindowSeconds,
      boolean hasOneName,
      boolean hasNoXattrs) {}

  /**
   * What was found.
   *
   * @param files how many are the same
   * @param bytes their sizes together
   * @param rest all other names of the one directory, in its order
   * @param hasNoOthers whether the other directory has no name that the one has not. Not known, and
   *     false, when it was not asked for
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Found(long files, long bytes, List<byte[]> rest, boolean hasNoOthers) {}

  private final RawNames names = new RawNames();
  private final StatusWords statuses = new StatusWords(FileComparison.STATUSES);
  private final FileComparison comparison = new FileComparison(names, statuses);

  /** The names of the batch. */
  private final int[] batch = new int[FileComparison.BATCH];

  private int pending;
  private long present;

  SameFiles() {}

  /**
   * Compares two directories that were not listed yet.
   *
   * @param unwanted names that begin so shall not stand in {@code other}
   * @param asksForOthers whether {@link Found#hasNoOthers} is wanted
   * @return null when it is of no use: most files differ, or something unwanted is there
   */
  public static @Nullable Found find(
      DirectoryHandle one,
      DirectoryHandle other,
      Conditions conditions,
      byte[] unwanted,
      boolean asksForOthers)
      throws LinuxException {
    return Scratch.get().sameFiles().look(one, other, conditions, unwanted, asksForOthers);
  }

  private @Nullable Found look(
      DirectoryHandle one,
      DirectoryHandle other,
      Conditions conditions,
      byte[] unwanted,
      boolean asksForOthers)
      throws LinuxException {
    comparison.begin();
    present = 0;
    pending = 0;
    long count = count(other, unwanted);
    if (count < 0) {
      return null;
    }
    for (int length = names.read(one); length > 0; length = names.read(one)) {
      for (int at = 0; at < length; at = names.next(at)) {
        if (names.isDots(at)) {
          continue;
        }
        if (names.isRegular(at)) {
          batch[pending++] = names.name(at);
          if (pending == batch.length) {
            compare(one, other, conditions);
          }
        } else {
          present += asksForOthers && isThere(other, names.name(at)) ? 1 : 0;
          comparison.rest().add(names.copy(names.name(at)));
        }
      }
      compare(one, other, conditions);
      if (comparison.isInVain()) {
        return null;
      }
    }
    boolean hasNoOthers = asksForOthers && present == count;
    return new Found(comparison.files(), comparison.size(), comparison.rest(), hasNoOthers);
  }

  /** How many names a directory has; -1 when one of them begins as none shall. */
  private long count(DirectoryHandle directory, byte[] unwanted) throws LinuxException {
    long count = 0;
    for (int length = names.read(directory); length > 0; length = names.read(directory)) {
      for (int at = 0; at < length; at = names.next(at)) {
        if (names.isDots(at)) {
          continue;
        }
        if (names.begins(names.name(at), unwanted)) {
          return -1;
        }
        count++;
      }
    }
    return count;
  }

  private boolean isThere(DirectoryHandle directory, int name) {
    return names.status(directory.descriptor(), name, StatusWords.MASK, statuses.address());
  }

  /** Compares the names that were gathered. */
  private void compare(DirectoryHandle one, DirectoryHandle other, Conditions conditions)
      throws LinuxException {
    present += comparison.compare(batch, 0, pending, one, other, conditions);
    pending = 0;
  }

  /** Whether two statuses are those of the same file. */
  static boolean isSame(StatusWords of, int a, int b, Conditions conditions) {
    return of.isRegular(a)
        && of.mode(a) == of.mode(b)
        && of.size(a) == of.size(b)
        && isSameTime(of, a, b, conditions.timeWindowSeconds)
        && (!conditions.owner || of.owner(a) == of.owner(b))
        && (!conditions.group || of.group(a) == of.group(b))
        && (!conditions.hasOneName || of.links(a) == 1 && of.links(b) == 1);
  }

  private static boolean isSameTime(StatusWords of, int a, int b, long window) {
    long apart = of.seconds(a) - of.seconds(b);
    return window < 0 ? apart == 0 && of.nanos(a) == of.nanos(b) : Math.abs(apart) <= window;
  }
}
