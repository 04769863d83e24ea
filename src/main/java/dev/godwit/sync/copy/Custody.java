package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.Removals;
import dev.godwit.sync.rules.Rules;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the target of a series of copies is guarded by beyond a single one: the share of its names
 * that may go, the places where mounts were at the source, the trash, and the file systems that are
 * to be synced. Any thread.
 */
final class Custody implements AutoCloseable {
  /** How many places the source may want to be kept. */
  static final int KEPT_MAX = 10_000;

  private final RemovalGuard guard;
  private final Removals removals;
  private final @Nullable Trash trash;
  private final boolean keepsLinks;
  private final Disks disks = new Disks();
  private final Folding.FileSystems fileSystems = new Folding.FileSystems();
  private final Limits limits;
  private final Consumer<CopyListener.Failure> halts;
  private final Set<Look.Key> kept = ConcurrentHashMap.newKeySet();
  private final Set<Look.Key> held = ConcurrentHashMap.newKeySet();
  private volatile boolean isHalted;

  /** See {@link KnownTarget}. */
  private volatile long doubtSince;

  private final Consumer<String> limit;
  private final AtomicBoolean toldLeftOut = new AtomicBoolean();

  /**
   * @param root of the target
   * @param halts told once why nothing more is done
   * @param limit told what the target cannot have, for people
   * @param removed told how many names more may be removed, as far as there is a share of them
   * @param toldNames told the sums of names that came where nothing stood, as far as they count
   */
  Custody(
      DirectoryHandle root,
      KnownTarget known,
      CameLately.Told came,
      SeriesRequest request,
      Consumer<CopyListener.Failure> halts,
      Consumer<String> limit,
      LongConsumer removed,
      Consumer<List<Long>> toldNames)
      throws LinuxException {
    this.doubtSince = known.doubtSince();
    this.limit = limit;
    this.limits = new Limits(root.status().device(), limit);
    Rules rules = request.copy().rules();
    this.guard =
        new RemovalGuard(
            root,
            Stream.of(rules.trash, rules.backupDirectory)
                .filter(folder -> folder != null && folder.length > 0)
                .toList(),
            request.removedPercentMax(),
            known.removed(),
            removed,
            came,
            toldNames);
    this.removals = request.removals();
    this.trash = Trash.of(root, rules.trash, request.trashSeconds());
    this.keepsLinks = rules.keepDirectoryLinks;
    this.halts = halts;
  }

  /**
   * A directory that the source does not have stays for what filters leave out in it (H35): that is
   * told, once for all of them.
   */
  void holdsLeftOut(byte[] path) {
    if (!toldLeftOut.getAndSet(true)) {
      limit.accept(
          Names.display(path)
              + " stays on the target, and maybe others: the source does not have it, and filters"
              + " leave out what is in it; remove it by hand if it is to go");
    }
  }

  @Nullable Trash trash() {
    return trash;
  }

  Limits limits() {
    return limits;
  }

  Disks disks() {
    return disks;
  }

  Folding.FileSystems fileSystems() {
    return fileSystems;
  }

  boolean isHalted() {
    return isHalted;
  }

  /** Whether names go that a directory of the target has and the source's does not. */
  boolean removesUnseen() {
    return removals != Removals.WHEN_SEEN;
  }

  /** Whether names go of which the source says that they are gone. */
  boolean removesMissing() {
    return removals != Removals.IN_COMPARISONS;
  }

  /** From now on nothing at, below or above this path is removed (H25). */
  void keep(byte[] path) {
    kept.add(new Look.Key(path));
  }

  /** From now on the directory at this path stays, while what is in it may go (H25). */
  void hold(byte[] path) {
    held.add(new Look.Key(path));
  }

  /** From now on what comes is what happened at the source just now. */
  void follows() {
    guard.follows();
    doubtSince = KnownTarget.ALL; // all that was in doubt was compared
  }

  /**
   * Files that changed here at this time or later are compared by content though size and time are
   * equal: before the last look at everything the power may have gone (H31).
   */
  long doubtSince() {
    return doubtSince;
  }

  /** Something came to a name at which nothing stood. */
  void came(byte[] path) {
    guard.came(path);
  }

  /** A file was given another name, which stood for something else or for nothing. */
  void renamed(byte[] from, byte[] to, boolean isReplacing) {
    guard.renamed(from, to, isReplacing);
  }

  /** A directory was given another name, perhaps in exchange for one that stood there. */
  void renamedDirectory(byte[] from, byte[] to, boolean isExchanged) {
    guard.renamedDirectory(from, to, isExchanged);
  }

  /** Whether a symbolic link to a directory may stand for one (--keep-dirlinks). */
  boolean keepsLinks() {
    return keepsLinks;
  }

  /** Whether something may be renamed, with all below it, to this path or from it. */
  boolean mayRename(byte[] path) {
    for (Look.Key one : kept) {
      if (Paths.isAtOrBelow(path, one.name()) || Paths.isAtOrBelow(one.name(), path)) {
        return false;
      }
    }
    for (Look.Key one : held) {
      if (Paths.isAtOrBelow(one.name(), path)) {
        return false;
      }
    }
    return !isHalted;
  }

  /** The same for a file that has another name at the source, and would go from this one. */
  boolean mayTake(byte[] from, byte[] to) {
    return removesMissing() && mayRename(from) && mayRename(to);
  }

  boolean hasRoomToKeep() {
    return kept.size() + held.size() < KEPT_MAX;
  }

  /** Whether this may not be removed, which is told then. */
  boolean isKept(byte[] path, Report report) {
    if (held.contains(new Look.Key(path))) {
      report.failure(
          CopyStatus.PARTIAL, path, "not removed: at the source a mount that takes part is there");
      return true;
    }
    if (kept.isEmpty()) {
      return false;
    }
    for (byte[] up = path; up.length > 0; up = Paths.parent(up)) {
      if (kept.contains(new Look.Key(up))) {
        report.failure(
            CopyStatus.PARTIAL,
            path,
            "not removed: at the source another file system was mounted"
                + (up == path ? " there" : " at " + Report.shown(up))
                + " during this copy. If it may go, remove it here by hand");
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a name with everything below it may go; halts the series if that would be too much
   * (H27).
   *
   * @param path of the name
   * @param in the directory that it is in
   */
  boolean mayRemove(
      byte[] path, DirectoryHandle in, byte[] name, boolean isDirectory, Report report)
      throws LinuxException {
    if (isHalted || isKept(path, report)) {
      return false; // after a halt not even what would be below the limit
    }
    String objection = guard.objection(path, in, name, isDirectory);
    if (objection == null) {
      return true;
    }
    halt(path, objection);
    return false;
  }

  /** Tells what was removed, or came, and is not told yet (H27). */
  void tellRemoved() {
    guard.tell();
  }

  /** The source has nothing and the target has something: nothing is removed (H27). */
  void sourceIsEmpty() {
    halt(
        Paths.NONE,
        "the source is empty and the target is not; nothing is removed. If that is right, empty"
            + " the target by hand, then resume the mirror with a new root.");
  }

  private void halt(byte[] path, String why) {
    synchronized (this) {
      if (isHalted) {
        return;
      }
      isHalted = true;
    }
    guard.tell(); // what was removed until then counts when it goes on
    halts.accept(new CopyListener.Failure(CopyStatus.MAX_DELETE, path, why));
  }

  @Override
  public void close() {
    disks.close();
    if (trash != null) {
      trash.close();
    }
  }
}
