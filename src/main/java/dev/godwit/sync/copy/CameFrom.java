package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Files that a series of copies need not send, because the target has them under the names that
 * they had at the source before they were renamed there.
 *
 * <p>The source only says which name that was. What stands there is a candidate: it is the file
 * when its content has the same SHA-256, which is asked before anything is done. It is taken only
 * where the same copy without this would let it go: it has one name, is not protected by a filter,
 * and names that the source does not have are removed. Where two files exchange their names, so do
 * those of the target, and the second one is compared under its name. The source looks at the old
 * name afterwards whatever comes of it, so that a file that has that name by now is copied anew.
 *
 * <p>Any thread.
 */
final class CameFrom {
  private final TreeUpdate update;
  private final boolean isAllowed;

  CameFrom(TreeUpdate update) {
    this.update = update;
    Rules rules = update.rules;
    this.isAllowed =
        rules.deletes()
            && rules.times // otherwise nothing but the content says that it is the same
            && !rules.backup
            && !rules.update // what stands under the old name may have to stay
            && !rules.dryRun
            && !rules.fakeSuper;
  }

  /**
   * What the target may have of a file under another name.
   *
   * @return null when there is nothing that could be it
   */
  Renames.@Nullable Candidate candidate(Pair pair) {
    Custody custody = update.custody;
    SourceEntry entry = pair.entry();
    if (custody == null || !isAllowed || entry.status().links() > 1) {
      return null;
    }
    OldName old = update.source().cameFrom(pair.listing(), entry);
    if (old == null) {
      return null;
    }
    byte[] path = pair.path();
    byte[] from = old.path();
    if (Arrays.equals(from, path) || !custody.mayTake(from, path)) {
      return null;
    }
    byte[] name = Paths.name(from);
    try (DirectoryHandle in = update.open(Paths.parent(from))) {
      FileStatus standing = in.status(name);
      if (standing == null
          || !standing.isRegular()
          || standing.links() > 1
          || standing.size() != entry.status().size()
          || !update.inodes.sameTime(entry.status(), standing)
          || isProtected(from)) {
        return null;
      }
      custody.disks().touched(standing.device(), in);
      return new Renames.Candidate(Paths.parent(from), name, standing, false, old.isExchanged());
    } catch (LinuxException | FilterException e) {
      return null; // gone, or not to be read: it is sent
    }
  }

  /** Whether the filters keep a name, or something above it, from being removed. */
  private boolean isProtected(byte[] path) throws LinuxException, FilterException {
    return TemporaryNames.isInTemporary(path)
        || !update.filters.isEmpty()
            && FilteredPaths.excludes(update.filters.target(), update::open, path, false);
  }
}
