package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSum;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a directory added up to when a look at it was put together, so that the copy
 * does not go through them once more.
 *
 * <p>Some time passes until the copy, and looks at names that changed may overtake it. So it stands
 * for the directory only as long as that has the same names, by the time of its last change, which
 * must be older than anything that is in doubt: then no later change can have the same one. A file
 * that changed meanwhile leaves the sum as it was. Its change is seen, as every change after a
 * look, and looked at by itself; when that was done before, the sum is not the target's any more,
 * which then asks for the files as they are.
 */
public final class GatheredSum {
  private final FileSums of;
  private final long since;
  private final FileStatus directory;
  private final FileSum.Sum sum;

  private GatheredSum(FileSums of, long since, FileStatus directory, FileSum.Sum sum) {
    this.of = of;
    this.since = since;
    this.directory = directory;
    this.sum = sum;
  }

  /**
   * Adds up a directory that was not listed yet.
   *
   * @param since as in {@link Look.Node#suspectSince}
   * @return null where that is of no use; then the directory was not listed yet
   */
  static @Nullable GatheredSum of(DirectoryHandle handle, FileSums sums, long since)
      throws LinuxException {
    if (!sums.conditions().hasOneName()) {
      return null; // files with several names would be in it
    }
    FileStatus directory = handle.status();
    if (!isOlder(directory, since)) {
      return null;
    }
    FileSum.Apart apart = new FileSum.Apart(TemporaryNames.prefix(), since, null);
    FileSum.Sum sum = sums.of(handle, apart);
    if (sum == null) {
      handle.rewind();
      return null;
    }
    return new GatheredSum(sums, since, directory, sum);
  }

  /** Some file systems keep no times of directories: 0, or the time now. */
  private static boolean isOlder(FileStatus directory, long since) {
    return directory.ctimeTotalNanos() > 0 && directory.ctimeTotalNanos() < since;
  }

  /**
   * The sum, if it is still one of what a copy is to look at.
   *
   * @param handle of the directory, now
   */
  FileSum.@Nullable Sum at(DirectoryHandle handle, FileSums sums, Look.Node node)
      throws LinuxException {
    FileStatus now = handle.status();
    boolean isSame =
        now.isSameInode(directory)
            && now.ctimeTotalNanos() == directory.ctimeTotalNanos()
            && now.mount() == directory.mount();
    return isSame && sums.equals(of) && node.suspectSince == since && hasApart(node.below.keySet())
        ? sum
        : null;
  }

  /** Whether these names are not in the sum. */
  private boolean hasApart(Set<Look.Key> names) {
    if (names.isEmpty()) {
      return true;
    }
    Set<Look.Key> apart = new HashSet<>();
    for (byte[] name : sum.rest()) {
      apart.add(new Look.Key(name));
    }
    return apart.containsAll(names);
  }

  /** How many names of it are the only names of what is no directory, as far as that was seen. */
  public long plainNames() {
    return sum.files() + sum.rest().size() - sum.others().size();
  }

  /** The sizes of these together. */
  public long bytes() {
    return sum.bytes() + sum.restBytes();
  }

  /** All other names. */
  public List<DirectoryEntry> others() {
    return sum.others();
  }
}
