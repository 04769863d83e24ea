package dev.godwit.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * Compares files of one directory with those that have their names in another one: two statx(2) for
 * a name, and nothing made of it. For one thread.
 */
final class FileComparison {
  /** Files whose statuses are compared in one go. */
  static final int BATCH = 128;

  /** Statuses that there is room for: two of each file. */
  static final int STATUSES = 2 * BATCH;

  private static final int PAIR_WORDS = 2 * StatusWords.WORDS;

  /** When so many files were not the same, and more than half, most of them are not. */
  private static final int REST_MAX = 64;

  private final RawNames names;
  private final StatusWords statuses;
  private long files;
  private long size;
  private long different;
  private List<byte[]> rest = new ArrayList<>();

  /**
   * @param names of the one directory
   * @param statuses room for {@link #STATUSES} at least, for each call anew
   */
  FileComparison(RawNames names, StatusWords statuses) {
    this.names = names;
    this.statuses = statuses;
  }

  /** Begins with two other directories. */
  void begin() {
    files = 0;
    size = 0;
    different = 0;
    rest = new ArrayList<>();
  }

  /** How many files are the same. */
  long files() {
    return files;
  }

  /** Their sizes together, in bytes. */
  long size() {
    return size;
  }

  /** Names of files that are not the same, and others that were added to them. */
  List<byte[]> rest() {
    return rest;
  }

  /** Whether it is of no use to go on: most files differ. */
  boolean isInVain() {
    return different > REST_MAX && different > files;
  }

  /** A file of this size is the same. */
  void same(long bytes) {
    files++;
    size += bytes;
  }

  /** A file is not the same. */
  void differs(int name) {
    different++;
    rest.add(names.copy(name));
  }

  /**
   * Compares files by their names.
   *
   * @param batch where the names are; what is in it from {@code from} on is used up
   * @param to at most {@link #BATCH} more
   * @return how many of them the other directory has
   */
  int compare(
      int[] batch,
      int from,
      int to,
      DirectoryHandle one,
      DirectoryHandle other,
      SameFiles.Conditions conditions)
      throws LinuxException {
    int ofOne = one.descriptor();
    int ofOther = other.descriptor();
    long into = statuses.address();
    int present = 0;
    int asked = from;
    for (int i = from; i < to; i++) {
      int name = batch[i];
      boolean isInOther = names.status(ofOther, name, StatusWords.MASK, into + StatusWords.BYTES);
      present += isInOther ? 1 : 0;
      if (isInOther
          && names.status(ofOne, name, StatusWords.MASK, into)
          && haveNoXattrs(one, other, name, conditions)) {
        batch[asked++] = name;
        into += 2 * StatusWords.BYTES;
      } else {
        differs(name);
      }
    }
    statuses.take(2 * (asked - from));
    for (int i = from; i < asked; i++) {
      int at = (i - from) * PAIR_WORDS;
      if (SameFiles.isSame(statuses, at, at + StatusWords.WORDS, conditions)) {
        same(statuses.size(at));
      } else {
        differs(batch[i]);
      }
    }
    return present;
  }

  /** Whether a name that both have is without extended attributes, if that is asked for. */
  boolean haveNoXattrs(
      DirectoryHandle one, DirectoryHandle other, int name, SameFiles.Conditions conditions)
      throws LinuxException {
    return !conditions.hasNoXattrs()
        || names.hasNoXattrs(one, name) && names.hasNoXattrs(other, name);
  }
}
