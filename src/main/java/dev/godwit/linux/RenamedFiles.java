package dev.godwit.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which files of a directory stand in another one, under their names or under others, and gives
 * those their names. As {@link SameFiles} by two statx(2) for a file, of which nothing is made; the
 * names of both directories are in memory at a time.
 *
 * <p>A file is taken for another one under another name when it is the only one without a
 * counterpart that has the size and the time of modification to the nanosecond, in either
 * directory; the time is no full second; and permissions and owners are as they are to be.
 */
public final class RenamedFiles {
  /**
   * Of whom it is asked what.
   *
   * @param same what makes two files the same under one name
   * @param hasPermissions whether files under two names have to have the same permissions; owner
   *     and group are as in {@code same}
   * @param unwanted names that begin so shall not stand in the other directory
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Conditions(SameFiles.Conditions same, boolean hasPermissions, byte[] unwanted) {}

  /**
   * What was found, and done.
   *
   * @param renamed how many files of the other directory were renamed
   * @param isBroken whether that failed in between: then the rest says nothing
   * @param isCompared whether all of the one directory's files are the same, or in {@code rest};
   *     never when something is in {@code gone}
   * @param files how many are the same; with {@code isCompared}
   * @param bytes their sizes together
   * @param rest all other names of the one directory; without {@code isCompared}, at least those
   *     that are no files and those that are missing
   * @param missing names that the other directory does not have; they are in {@code rest} too
   * @param gone what the other directory has and the one has not
   * @param present how many names the other directory has
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Found(
      int renamed,
      boolean isBroken,
      boolean isCompared,
      long files,
      long bytes,
      List<byte[]> rest,
      List<byte[]> missing,
      List<DirectoryEntry> gone,
      int present) {}

  private static final long RENAMEAT2 = Syscall.number(316, 276);
  private static final int RENAME_NOREPLACE = 1;

  /** Room for the names of a directory; with more of them it is left to others. */
  private static final int ROOM = 128 * 1024;

  /** The smallest struct linux_dirent64 (getdents64(2)). */
  private static final int ENTRY_MIN = 24;

  private static final int NAMES_MAX = ROOM / ENTRY_MIN;

  /** A power of two, and twice as large. */
  private static final int SLOTS_MAX = Integer.highestOneBit(NAMES_MAX) * 4;

  /** Files without a counterpart in one of the directories; with more it is left to others. */
  private static final int SINGLES_MAX = 512;

  private final RawNames ours = new RawNames(ROOM);
  private final RawNames theirs = new RawNames(ROOM);
  private final StatusWords statuses =
      new StatusWords(Math.max(2 * SINGLES_MAX, FileComparison.STATUSES));
  private final FileComparison comparison = new FileComparison(ours, statuses);

  /** For the names of the other directory, then for sizes and times: an index plus one. */
  private final int[] slots = new int[SLOTS_MAX];

  /** Of the other directory: where its entries are, and whether the one has the name. */
  private final int[] entries = new int[NAMES_MAX];

  private final boolean[] isMatched = new boolean[NAMES_MAX];
  private int entryCount;

  /** Names of files that both have, in the one directory. */
  private final int[] common = new int[NAMES_MAX];

  private int commonCount;

  /** Entries of files that the other directory alone has; -1 where it was renamed. */
  private final int[] old = new int[SINGLES_MAX];

  private int oldCount;

  /** Entries of files that the one directory alone has. */
  private final int[] young = new int[SINGLES_MAX];

  private int youngCount;

  /** For each of the old: which of the young has its size and time, plus one; -1 for several. */
  private final int[] partner = new int[SINGLES_MAX];

  private final boolean[] isYoungPaired = new boolean[SINGLES_MAX];
  private int end;
  private int renamed;
  private List<byte[]> missing = new ArrayList<>();
  private List<DirectoryEntry> gone = new ArrayList<>();

  RenamedFiles() {}

  /**
   * Compares two directories that were not listed yet, and renames in the other one.
   *
   * @param before what the other directory was: nothing is done when it has changed since
   * @param compares whether files that have one name are to be compared, if nothing is left that
   *     the other directory alone has
   * @return null when nothing was done, and all is to be looked at by others: there are too many
   *     names, or something unwanted is there
   */
  public static @Nullable Found find(
      DirectoryHandle one,
      DirectoryHandle other,
      FileStatus before,
      Conditions conditions,
      boolean compares)
      throws LinuxException {
    return Scratch.get().renamedFiles().look(one, other, before, conditions, compares);
  }

  private @Nullable Found look(
      DirectoryHandle one,
      DirectoryHandle other,
      FileStatus before,
      Conditions conditions,
      boolean compares)
      throws LinuxException {
    renamed = 0;
    comparison.begin();
    missing = new ArrayList<>(0);
    gone = new ArrayList<>(0);
    int theirLength = theirs.readAll(other);
    int ourLength = ours.readAll(one);
    if (theirLength < 0
        || ourLength < 0
        || !takeTheirs(theirLength, conditions.unwanted)
        || !match(ourLength)
        || !takeGone()) {
      return null;
    }
    boolean mayBeRenamed = oldCount > 0 && youngCount > 0;
    if (mayBeRenamed) {
      ask(one, other);
      pair();
      // What was listed shall still be what is there when something is done about it.
      if (other.status().ctimeTotalNanos() != before.ctimeTotalNanos()) {
        return null;
      }
    }
    Arrays.fill(isYoungPaired, 0, youngCount, false);
    boolean isBroken = mayBeRenamed && !rename(one, other, conditions);
    for (int i = 0; i < oldCount; i++) {
      if (old[i] >= 0) {
        gone.add(theirs.entry(old[i]));
      }
    }
    for (int i = 0; i < youngCount; i++) {
      if (!isYoungPaired[i]) {
        byte[] name = ours.copy(ours.name(young[i]));
        missing.add(name);
        comparison.rest().add(name);
      }
    }
    boolean isCompared = compares && !isBroken && gone.isEmpty() && compare(one, other, conditions);
    return new Found(
        renamed,
        isBroken,
        isCompared,
        comparison.files(),
        comparison.size(),
        comparison.rest(),
        missing,
        gone,
        entryCount);
  }

  // Names.

  /** Puts the names of the other directory into a table; false when there is something unwanted. */
  private boolean takeTheirs(int length, byte[] unwanted) {
    entryCount = 0;
    for (int at = 0; at < length; at = theirs.next(at)) {
      if (theirs.isDots(at)) {
        continue;
      }
      if (theirs.type(at) == DirectoryEntry.UNKNOWN || theirs.begins(theirs.name(at), unwanted)) {
        return false;
      }
      isMatched[entryCount] = false;
      entries[entryCount++] = at;
    }
    int mask = clearSlots(entryCount);
    for (int i = 0; i < entryCount; i++) {
      int slot = hash(theirs, theirs.name(entries[i])) & mask;
      while (slots[slot] != 0) {
        slot = slot + 1 & mask;
      }
      slots[slot] = i + 1;
    }
    return true;
  }

  /** Makes room for so many; returns the mask of their slots' numbers. */
  private int clearSlots(int count) {
    int used = Integer.highestOneBit(count | 1) * 4;
    Arrays.fill(slots, 0, used, 0);
    return used - 1;
  }

  /** Of a name, which then ends at {@link #end}. */
  private int hash(RawNames names, int name) {
    byte[] bytes = names.bytes;
    int hash = 0;
    int at = name;
    for (; bytes[at] != 0; at++) {
      hash = 31 * hash + bytes[at];
    }
    end = at;
    return spread(hash);
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9e3779b9;
    return mixed ^ mixed >>> 16;
  }

  /** Looks for the one directory's names in the other; false when that cannot be done here. */
  private boolean match(int length) {
    int mask = Integer.highestOneBit(entryCount | 1) * 4 - 1;
    commonCount = 0;
    youngCount = 0;
    for (int at = 0; at < length; at = ours.next(at)) {
      if (ours.isDots(at)) {
        continue;
      }
      if (ours.type(at) == DirectoryEntry.UNKNOWN) {
        return false;
      }
      int name = ours.name(at);
      int slot = hash(ours, name) & mask;
      while (slots[slot] != 0 && !isAt(name, theirs.name(entries[slots[slot] - 1]))) {
        slot = slot + 1 & mask;
      }
      boolean isMissing = slots[slot] == 0;
      if (!isMissing) {
        isMatched[slots[slot] - 1] = true;
      }
      if (!ours.isRegular(at)) {
        byte[] copy = ours.copy(name);
        comparison.rest().add(copy);
        if (isMissing) {
          missing.add(copy);
        }
      } else if (!isMissing) {
        common[commonCount++] = name;
      } else if (youngCount < SINGLES_MAX) {
        young[youngCount++] = at;
      } else {
        return false;
      }
    }
    return true;
  }

  /** Whether our name, which ends at {@link #end}, is theirs. */
  private boolean isAt(int name, int their) {
    int theirEnd = their + end + 1 - name; // with the NUL, so that neither is longer
    return theirEnd <= theirs.bytes.length
        && Arrays.equals(ours.bytes, name, end + 1, theirs.bytes, their, theirEnd);
  }

  /** Takes what the other directory alone has; false when it is too much. */
  private boolean takeGone() {
    oldCount = 0;
    for (int i = 0; i < entryCount; i++) {
      if (isMatched[i]) {
        continue;
      }
      if (!theirs.isRegular(entries[i])) {
        gone.add(theirs.entry(entries[i]));
      } else if (oldCount < SINGLES_MAX) {
        old[oldCount++] = entries[i];
      } else {
        return false;
      }
    }
    return true;
  }

  // Files that stand in one of them only. Their statuses: first the old, then the young.

  private void ask(DirectoryHandle one, DirectoryHandle other) {
    long to = statuses.address();
    for (int i = 0; i < oldCount; i++) {
      partner[i] =
          theirs.status(other.descriptor(), theirs.name(old[i]), StatusWords.MASK, to) ? 0 : -1;
      to += StatusWords.BYTES;
    }
    for (int i = 0; i < youngCount; i++) {
      isYoungPaired[i] = !ours.status(one.descriptor(), ours.name(young[i]), StatusWords.MASK, to);
      to += StatusWords.BYTES;
    }
    statuses.take(oldCount + youngCount);
  }

  private int ofOld(int index) {
    return index * StatusWords.WORDS;
  }

  private int ofYoung(int index) {
    return (oldCount + index) * StatusWords.WORDS;
  }

  /** Finds for each of the old the only one of the young that has its size and time. */
  private void pair() {
    StatusWords of = statuses;
    int mask = clearSlots(oldCount);
    for (int i = 0; i < oldCount; i++) {
      int at = ofOld(i);
      if (partner[i] != 0 || !of.isRegular(at) || of.links(at) != 1 || of.size(at) == 0) {
        partner[i] = -1;
        continue;
      }
      int slot = slotOf(at, mask);
      if (slots[slot] == 0) {
        slots[slot] = i + 1;
      } else {
        partner[slots[slot] - 1] = -1;
        partner[i] = -1;
      }
    }
    for (int i = 0; i < youngCount; i++) {
      int at = ofYoung(i);
      if (isYoungPaired[i] || !of.isRegular(at) || of.size(at) == 0) {
        continue; // it was not seen, or is nothing
      }
      int found = slots[slotOf(at, mask)] - 1;
      if (found >= 0) {
        partner[found] = partner[found] == 0 ? i + 1 : -1;
      }
    }
  }

  /** Where one with the size and time of this status is, or belongs. */
  private int slotOf(int at, int mask) {
    StatusWords of = statuses;
    long key = of.size(at) * 31 + of.seconds(at);
    int slot = spread((int) (key ^ key >>> 32) * 31 + of.nanos(at)) & mask;
    while (slots[slot] != 0 && !hasSameKey(ofOld(slots[slot] - 1), at)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private boolean hasSameKey(int a, int b) {
    StatusWords of = statuses;
    return of.nanos(a) == of.nanos(b) && of.seconds(a) == of.seconds(b) && of.size(a) == of.size(b);
  }

  /** Renames what has a partner; false when that fails. */
  private boolean rename(DirectoryHandle one, DirectoryHandle other, Conditions conditions)
      throws LinuxException {
    for (int i = 0; i < oldCount; i++) {
      int index = partner[i] - 1;
      if (index < 0 || !isRenamed(ofOld(i), ofYoung(index), conditions)) {
        continue;
      }
      int name = ours.name(young[index]);
      if (!rename(other, theirs.name(old[i]), name)) {
        return false;
      }
      renamed++;
      old[i] = -1;
      isYoungPaired[index] = true;
      if (SameFiles.isSame(statuses, ofYoung(index), ofOld(i), conditions.same)
          && comparison.haveNoXattrs(one, other, name, conditions.same)) {
        comparison.same(statuses.size(ofYoung(index)));
      } else {
        comparison.differs(name);
      }
    }
    return true;
  }

  private boolean isRenamed(int theirAt, int ourAt, Conditions conditions) {
    StatusWords of = statuses;
    return of.nanos(ourAt) != 0 // else many may have it: restored from an archive, or set by a tool
        && (!conditions.hasPermissions || ((of.mode(theirAt) ^ of.mode(ourAt)) & 07777) == 0)
        && (!conditions.same.owner() || of.owner(theirAt) == of.owner(ourAt))
        && (!conditions.same.group() || of.group(theirAt) == of.group(ourAt));
  }

  /** Gives a name of theirs one of ours, where nothing stands. */
  private boolean rename(DirectoryHandle other, int from, int to) {
    long result =
        Syscall.restarting(
            RENAMEAT2,
            other.descriptor(),
            theirs.address(from),
            other.descriptor(),
            ours.address(to),
            RENAME_NOREPLACE,
            0);
    if (result != -Errno.EINVAL) {
      return result == 0;
    }
    try {
      other.renameWithoutReplacing(theirs.copy(from), other, ours.copy(to));
      return true;
    } catch (LinuxException e) {
      return false; // who looks at everything comes to it again, and tells
    }
  }

  // Files that both have.

  /** Returns false when it is of no use: most differ. */
  private boolean compare(DirectoryHandle one, DirectoryHandle other, Conditions conditions)
      throws LinuxException {
    for (int from = 0; from < commonCount; from += FileComparison.BATCH) {
      int to = Math.min(commonCount, from + FileComparison.BATCH);
      comparison.compare(common, from, to, one, other, conditions.same);
      if (comparison.isInVain()) {
        return false;
      }
    }
    return true;
  }
}
