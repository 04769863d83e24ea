package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Directories as names: compared and noted to be entered, and given their attributes at the end.
 * {@link TreeUpdate} makes and enters them. Any thread.
 */
final class DirectoryUpdate {
  /** What its owner needs to open what is below. */
  private static final int OWNER_ENTERS = 0500;

  /** A directory that is to let its owner through no more, once all is done. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Closed(byte[] path, int permissions) {}

  private final Queue<Closed> closed = new ConcurrentLinkedQueue<>();
  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Tally tally;
  private final Inodes inodes;
  private final Basis basis;
  private final Selection selection;
  private final Outcomes outcomes;
  private @Nullable TargetDirectory root;

  DirectoryUpdate(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.tally = update.tally;
    this.inodes = update.inodes;
    this.basis = update.basis;
    this.selection = update.selection;
    this.outcomes = update.outcomes;
  }

  /** The target's own directory, when the content of one is copied into it. */
  void root(TargetDirectory root, boolean isMade) {
    SourceEntry self = root.self == null ? null : selection.owned(root, root.self);
    root.self = self;
    this.root = root;
    if (self == null) {
      return;
    }
    tally.seen.add(Item.Kind.DIRECTORY);
    int change;
    try {
      if (update.hasRoot()) {
        try (DirectoryHandle handle = update.open(Paths.NONE)) {
          FileStatus before = handle.status();
          root.before = before;
          change = inodes.differences(handle, Paths.HERE, self, before, false);
        }
      } else {
        change = 0;
      }
      if (isMade && rules.existingOnly && rules.dryRun) {
        return;
      }
      if (isMade) {
        root.isFirstDressed = true;
        change = Change.LOCAL | basis.ofRoot(self);
        outcomes.made(change, Item.Kind.DIRECTORY);
      }
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL, Paths.HERE, "cannot be opened " + update.where + ": " + e.reason());
      return;
    }
    root.node.add(outcomes.item(root, self, Paths.HERE, change));
  }

  /**
   * A directory of the source: compared, and noted to be entered; it is made when it is entered.
   */
  void update(TargetDirectory parent, SourceEntry source) {
    tally.seen.add(Item.Kind.DIRECTORY);
    SourceEntry entry = selection.owned(parent, source);
    if (entry == null) {
      return;
    }
    try {
      compare(parent, entry);
    } catch (LinuxException e) {
      outcomes.failed(parent, entry, e);
    }
  }

  private void compare(TargetDirectory parent, SourceEntry entry) throws LinuxException {
    byte[] name = parent.targetName(entry);
    FileStatus existing = inodes.status(parent, name);
    boolean isFollowed = false;
    boolean isKept = entry.implied() && update.keepsWay();
    boolean mayFollow = isKept || rules.keepDirectoryLinks;
    if (existing != null && existing.isSymbolicLink() && mayFollow) {
      FileStatus behind = SymbolicLinks.directoryBehind(parent.opened(), name);
      isFollowed = behind != null;
      existing = isFollowed ? behind : existing;
    }
    boolean stands = existing != null && existing.isDirectory();
    FileStatus displaced = null;
    if (existing == null && rules.existingOnly) {
      report.note(
          InfoFlag.SKIP,
          1,
          "not creating new directory \"" + Names.display(parent.shown(entry)) + "\"");
      update.source().passes(entry);
      return;
    }
    if (!stands && update.custody != null && !isWhole(entry)) {
      Listing listing = parent.listing;
      if (listing != null && update.source().leavesMissing(listing)) {
        return;
      }
      update.lacking.accept(Paths.join(parent.path, name)); // it comes with all that is in it
      return;
    }
    if (!stands && existing != null) {
      if (isKept) {
        throw new LinuxException("openat", "", Errno.ENOTDIR);
      }
      if (rules.ignoreExisting) {
        report.note(InfoFlag.SKIP, 1, Names.display(parent.shown(entry)) + " exists");
        return;
      }
      update.placement.makeWay(parent, entry, existing);
      displaced = existing;
      if (!rules.dryRun && !inodes.mayRemoveFrom(parent.opened())) {
        update.placement.clear(parent, entry, existing); // nothing is told when it cannot go
        displaced = null;
      }
    }
    boolean isAttributed = !entry.implied() || rules.impliedDirectories;
    int change;
    if (stands && existing != null) {
      change = differences(parent, name, entry, existing, isFollowed);
    } else {
      change = basis.ofDirectory(parent, entry) | Change.LOCAL;
      if (isAttributed) {
        outcomes.made(change, Item.Kind.DIRECTORY);
      }
      outcomes.came(parent, entry, existing);
    }
    Narrator.Node node = parent.node.child();
    if (isAttributed) {
      node.add(outcomes.item(parent, entry, parent.shown(entry), change));
    }
    TargetDirectory child =
        new TargetDirectory(
            Paths.join(parent.path, name),
            parent,
            isAttributed ? entry : null,
            entry.below(),
            node);
    child.isAbsolute = parent.isAbsolute || entry.absolute();
    child.before = stands ? existing : null;
    child.isNew = !stands;
    child.displaced = stands ? null : displaced;
    if (stands && isAttributed && change != 0) {
      update.placement.backups().becomes(child.path, entry.attributes());
    }
    note(parent, child, entry);
  }

  /** What differs of a directory that stands, or of the one that a link leads to. */
  private int differences(
      TargetDirectory parent,
      byte[] name,
      SourceEntry entry,
      FileStatus existing,
      boolean isFollowed)
      throws LinuxException {
    if (!isFollowed || update.custody == null) { // rsync's letters have the link's own attributes
      return inodes.differences(parent.opened(), name, entry, existing, false);
    }
    try (DirectoryHandle behind = update.open(Paths.join(parent.path, name))) {
      return inodes.differences(behind, Paths.HERE, entry, existing, false);
    }
  }

  /** Whether everything that the directory holds is listed. */
  private static boolean isWhole(SourceEntry entry) {
    SourceDirectory below = entry.below();
    return below != null && !below.isPartial();
  }

  /** It is to be entered, or is done by itself. */
  private void note(TargetDirectory parent, TargetDirectory child, SourceEntry entry)
      throws LinuxException {
    if (entry.below() == null) {
      alone(parent, child, entry);
      return;
    }
    if (child.isNew) {
      if (rules.dryRun) {
        child.state = TargetDirectory.State.ABSENT;
      }
      parent.directoriesLeft.incrementAndGet();
    }
    parent.children.add(child);
  }

  /** A directory of which nothing else is copied. */
  private void alone(TargetDirectory parent, TargetDirectory child, SourceEntry entry)
      throws LinuxException {
    child.node.close();
    if (rules.dryRun) {
      return;
    }
    if (child.isNew) {
      update.placement.makeDirectory(
          parent.opened(), parent.targetName(entry), child.path, child.displaced);
    }
    try (DirectoryHandle made =
        update.leadsThroughLinks() && !child.isNew
            ? update.open(child.path)
            : parent.opened().beneathForNames(parent.targetName(entry))) {
      child.handle = made;
      child.inherited = inodes.keeper().inherited(made);
      finish(child);
    }
  }

  /** A user who is not root can only work in a directory that lets its owner in. */
  void makeAccessible(TargetDirectory directory) throws LinuxException {
    FileStatus before = directory.before;
    if (before == null
        || inodes.mayEnterAll()
        || rules.dryRun
        || directory.self == null && !directory.isNew) {
      return;
    }
    FileStatus real = inodes.isFake() ? directory.opened().status() : before;
    if ((real.mode() & Admission.DIRECTORY) != Admission.DIRECTORY) {
      Admission.lend(directory.opened(), Admission.DIRECTORY);
    }
  }

  /** Everything in the directory is made: it gets its attributes, and is durable if so asked. */
  void finish(TargetDirectory directory) {
    SourceEntry self = directory.self;
    if (rules.dryRun || directory.state == TargetDirectory.State.ABSENT || isHalted()) {
      return;
    }
    boolean isOpen = directory.handle != null;
    try {
      DirectoryHandle handle = isOpen ? directory.opened() : update.open(directory.path);
      try {
        if (self != null) {
          inodes.finish(directory, handle, self);
        } else if (directory.isNew) {
          handle.setPermissions(inodes.keeper().ofNewDirectory(handle));
        } else {
          Admission.takeBack(handle, directory.lent);
        }
        keepEntered(directory, handle);
        if (rules.fsync) {
          handle.sync(); // the names in it
        }
      } finally {
        if (!isOpen) {
          handle.close();
        }
      }
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "the directory's attributes cannot be set " + update.where + ": " + e.reason(),
          e.errno());
    }
  }

  /**
   * A user who is not root can only come to what is below a directory that lets its owner through.
   */
  private void keepEntered(TargetDirectory directory, DirectoryHandle handle)
      throws LinuxException {
    if (inodes.mayEnterAll() || directory.children.isEmpty()) {
      return;
    }
    int permissions = handle.status().permissions();
    if ((permissions & OWNER_ENTERS) != OWNER_ENTERS) {
      handle.setPermissions(permissions | OWNER_ENTERS);
      closed.add(new Closed(directory.path, permissions));
    }
  }

  /**
   * All is done: the target gets its time once more if a directory for backups was made in it since
   * then, and directories that let nobody through get the permissions that they shall have.
   */
  void end() {
    TargetDirectory top = root;
    if (top != null
        && top.self != null
        && top.directoriesLeft.get() <= 0
        && update.placement.backups().hasMadeBase()) {
      finish(top);
    }
    List<Closed> all = new ArrayList<>(closed);
    closed.clear();
    all.sort((one, other) -> Paths.compareInTree(other.path, one.path)); // what is below first
    for (Closed one : all) {
      try (DirectoryHandle handle = update.open(one.path)) {
        handle.setPermissions(one.permissions);
      } catch (LinuxException e) {
        report.failure(
            CopyStatus.PARTIAL,
            one.path,
            "the directory's permissions cannot be set " + update.where + ": " + e.reason(),
            e.errno());
      }
    }
  }

  private boolean isHalted() {
    Custody custody = update.custody;
    return custody != null && custody.isHalted();
  }
}
