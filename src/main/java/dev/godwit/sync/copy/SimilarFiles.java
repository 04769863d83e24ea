package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of a directory of the target that a new file may be made of: an older version under
 * another name ({@code --fuzzy}). One that is not, costs a look and no more: what a delta makes is
 * compared as a whole.
 */
final class SimilarFiles {
  /** Further apart, names say nothing; nor do those of which half is different. */
  static final int DISTANCE_MAX = 25;

  private static final int ENDING_WEIGHT = 10;

  /** A file that stands. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Candidate(byte[] name, FileStatus status) {}

  private final List<Candidate> candidates = new ArrayList<>();

  /** Reads what stands in a directory. */
  static SimilarFiles in(DirectoryHandle directory) throws LinuxException {
    SimilarFiles files = new SimilarFiles();
    for (DirectoryEntry entry : directory.entries()) {
      boolean mayBeFile =
          entry.type() == DirectoryEntry.REGULAR || entry.type() == DirectoryEntry.UNKNOWN;
      if (!mayBeFile || TemporaryNames.isTemporary(entry.name())) {
        continue;
      }
      FileStatus status = directory.status(entry.name());
      if (status != null && status.isRegular() && status.size() > 0) {
        files.candidates.add(new Candidate(entry.name(), status));
      }
    }
    return files;
  }

  /**
   * The best for a file that does not stand: one of the same size and time, otherwise the one with
   * the nearest name; null when there is none.
   */
  @Nullable Candidate find(byte[] name, FileStatus source) {
    Candidate nearest = null;
    int distanceMin = DISTANCE_MAX + 1;
    for (Candidate candidate : candidates) {
      FileStatus status = candidate.status;
      if (isSameSizeAndTime(status, source)) {
        return candidate;
      }
      int distance = distance(name, candidate.name, distanceMin);
      if (distance < distanceMin && 2 * distance <= Math.max(name.length, candidate.name.length)) {
        distanceMin = distance;
        nearest = candidate;
      }
    }
    return nearest;
  }

  /**
   * Whether rsync(1) would make a file that does not stand of one of these: it wants less likeness,
   * and an ending as {@code .txt} weighs more. Found by looking at which of several names of a file
   * it takes first.
   */
  boolean hasAny(byte[] name, FileStatus source) {
    byte[] ending = ending(name);
    for (Candidate candidate : candidates) {
      if (isSameSizeAndTime(candidate.status, source)) {
        return true;
      }
      int distance = distance(name, candidate.name, DISTANCE_MAX + 1);
      byte[] other = ending(candidate.name);
      int ends = Math.max(ending.length, other.length);
      if (distance + ENDING_WEIGHT * distance(ending, other, ends) <= DISTANCE_MAX) {
        return true;
      }
    }
    return false;
  }

  /** From the last dot on; nothing without one, or where the name begins with it. */
  private static byte[] ending(byte[] name) {
    for (int i = name.length - 1; i > 0; i--) {
      if (name[i] == '.') {
        return java.util.Arrays.copyOfRange(name, i, name.length);
      }
    }
    return Paths.NONE;
  }

  private static boolean isSameSizeAndTime(FileStatus one, FileStatus other) {
    return one.size() == other.size() && one.hasSameTime(other);
  }

  /**
   * How many bytes to insert, drop or exchange (Levenshtein 1966); {@code limit} when not fewer.
   */
  static int distance(byte[] one, byte[] other, int limit) {
    if (Math.abs(one.length - other.length) >= limit) {
      return limit;
    }
    int[] row = new int[other.length + 1];
    for (int j = 0; j <= other.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length; i++) {
      int diagonal = row[0];
      row[0] = i;
      int least = i;
      for (int j = 1; j <= other.length; j++) {
        int exchanged = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(exchanged, 1 + Math.min(row[j], row[j - 1]));
        least = Math.min(least, row[j]);
      }
      if (least >= limit) {
        return limit;
      }
    }
    return Math.min(limit, row[other.length]);
  }
}
