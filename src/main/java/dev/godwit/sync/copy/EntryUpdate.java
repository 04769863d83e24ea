package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Compares one name of the source that is no directory with what stands at the target, and has done
 * what differs: names of one inode here, the others by kind. Any thread.
 */
final class EntryUpdate {
  private static final int DIRECTORIES_MAX = 8;

  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Tally tally;
  private final Inodes inodes;
  private final Basis basis;
  private final Selection selection;
  private final Outcomes outcomes;
  private final NodeUpdate nodes;

  /** What stands in a few other directories that names of one inode are in. */
  private final Map<Look.Key, SimilarFiles> similarElsewhere =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Look.Key, SimilarFiles> eldest) {
          return size() > DIRECTORIES_MAX;
        }
      };

  EntryUpdate(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.tally = update.tally;
    this.inodes = update.inodes;
    this.basis = update.basis;
    this.selection = update.selection;
    this.outcomes = update.outcomes;
    this.nodes = new NodeUpdate(update);
  }

  void update(TargetDirectory directory, Listing listing, SourceEntry entry) {
    update(directory, listing, entry, directory.node.reserve());
  }

  void update(TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot) {
    if (!entry.removed() || update.custody == null) {
      tally.seen(entry); // rsync's figures count a missing argument as a file
    }
    SourceEntry owned = selection.owned(directory, entry);
    if (owned == null) {
      directory.node.fill(slot, null);
    } else {
      again(directory, listing, owned, slot);
    }
  }

  private void again(
      TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot) {
    try {
      compare(directory, listing, entry, slot);
    } catch (LinuxException e) {
      outcomes.failed(directory, entry, e);
      directory.node.fill(slot, null);
    }
  }

  private void compare(
      TargetDirectory directory, Listing listing, SourceEntry entry, Narrator.Slot slot)
      throws LinuxException {
    byte[] name = directory.targetName(entry);
    if (entry.removed()) {
      update.remover.removeArgument(directory, name);
      directory.node.fill(slot, null);
      return;
    }
    FileStatus standing = selection.isForNone(entry) ? null : inodes.status(directory, name);
    Pair pair = new Pair(directory, listing, entry, slot, standing);
    if (!selection.takes(pair)) {
      directory.node.fill(slot, null);
      return;
    }
    pair = seenAsFile(pair);
    if (rules.hardLinks
        && (entry.status().links() > 1
            || rules.removeSourceFiles && update.links.knows(entry.status()))) {
      group(pair);
    } else {
      update(pair);
    }
  }

  /** With --write-devices, a device that stands where the source has a file is written to. */
  private Pair seenAsFile(Pair pair) throws LinuxException {
    FileStatus existing = pair.existing();
    if (!rules.writeDevices
        || !pair.entry().isFile()
        || existing == null
        || !existing.isDevice()
        || inodes.isFake()) {
      return pair;
    }
    try (FileHandle path = pair.in().openPath(pair.name())) {
      return pair.with(DeviceFile.seen(path, existing));
    }
  }

  private void update(Pair pair) throws LinuxException {
    switch (pair.entry().kind()) {
      case FILE -> update.files.update(pair);
      case SYMLINK -> nodes.symbolicLink(pair);
      case DEVICE, SPECIAL -> nodes.node(pair);
      case DIRECTORY -> throw new IllegalArgumentException("a directory");
    }
  }

  /** A name that is one of several of one inode. */
  private void group(Pair pair) throws LinuxException {
    TargetDirectory directory = pair.directory();
    Listing listing = pair.listing();
    SourceEntry entry = pair.entry();
    directory.filesLeft.incrementAndGet();
    boolean isDone = true;
    try {
      HardLinks.Role role =
          update.links.role(
              entry,
              pair.path(),
              path ->
                  hasFile(pair, path)
                      || basis.has(path, listing, entry)
                      || rules.fuzzy && hasSimilar(path, directory, entry),
              () -> {
                again(directory, listing, entry, pair.slot());
                update.fileDone(directory, listing);
              });
      if (role == HardLinks.Role.WAITS) {
        isDone = false;
        update.source().waits(listing);
        return;
      }
      HardLinks.Leader leader = update.links.leader(entry.status());
      if (role == HardLinks.Role.LEADS || leader == null) {
        lead(pair);
      } else {
        link(pair, leader);
      }
    } finally {
      if (isDone) {
        update.fileDone(directory, listing);
      }
    }
  }

  private void lead(Pair pair) throws LinuxException {
    try {
      update(pair);
    } catch (LinuxException e) {
      outcomes.linkFailed(pair.entry()); // the others would wait for it for ever
      throw e;
    }
  }

  /** Whether a file stands on the target at a path, which may be the pair's own. */
  private boolean hasFile(Pair pair, byte[] path) throws LinuxException {
    if (Arrays.equals(path, pair.path())) {
      FileStatus existing = pair.existing();
      return existing != null && existing.isRegular();
    }
    try (DirectoryHandle in = update.open(Paths.parent(path))) {
      byte[] name = Paths.name(path);
      FileStatus status = inodes.meant(in, name, in.status(name));
      return status != null && status.isRegular();
    } catch (LinuxException e) {
      if (Paths.isGone(e)) {
        return false;
      }
      throw e;
    }
  }

  /** Whether a file of another name stands beside a path that it might be made of (--fuzzy). */
  private boolean hasSimilar(byte[] path, TargetDirectory directory, SourceEntry entry)
      throws LinuxException {
    byte[] in = Paths.parent(path);
    SimilarFiles files;
    if (!Arrays.equals(in, directory.path)) {
      files = similarIn(in);
    } else if (directory.isNew || directory.state == TargetDirectory.State.ABSENT) {
      return false;
    } else {
      files = directory.similarFiles();
    }
    return files.hasAny(Paths.name(path), entry.status());
  }

  private SimilarFiles similarIn(byte[] directory) throws LinuxException {
    synchronized (similarElsewhere) {
      SimilarFiles known = similarElsewhere.get(new Look.Key(directory));
      if (known == null) {
        try (DirectoryHandle in = update.open(directory)) {
          known = SimilarFiles.in(in);
        } catch (LinuxException e) {
          if (!Paths.isGone(e)) {
            throw e;
          }
          known = new SimilarFiles();
        }
        similarElsewhere.put(new Look.Key(directory), known);
      }
      return known;
    }
  }

  private void link(Pair pair, HardLinks.Leader leader) throws LinuxException {
    FileStatus existing = pair.existing();
    SourceEntry entry = pair.entry();
    if (existing != null && leader.isInode(existing)) {
      outcomes.told(pair, Change.LINKED, null);
      outcomes.removeSource(pair);
      return;
    }
    int change = changeOfLink(pair, leader);
    if (existing != null && existing.isDirectory()) {
      update.placement.makeWay(pair.directory(), entry, existing);
    }
    if (!rules.dryRun) {
      Placement.Linked made = update.placement.link(pair.directory(), entry, existing, leader);
      if (update.isSharedHereOnly(entry, made.status())) {
        // The leader has names here that are not among the source's: once more, and it is anew.
        report.failure(CopyStatus.VANISHED, pair.shown(), "its file has other names here too");
      }
    }
    tally.linked.increment();
    outcomes.made(change, entry.kind());
    outcomes.came(pair.directory(), entry, existing);
    outcomes.told(pair, change, leader.shown());
    outcomes.removeSource(pair);
  }

  /** As rsync has it, something of another kind is compared too, unless it went before. */
  private int changeOfLink(Pair pair, HardLinks.Leader leader) throws LinuxException {
    FileStatus existing = pair.existing();
    SourceEntry entry = pair.entry();
    boolean isSameKind = pair.standing() != null;
    if (existing == null
        || !isSameKind && !update.links.isAfterLeader(entry.status(), pair.path())) {
      return basis.ofLink(pair, leader);
    }
    int bits = Change.HARD_LINK | inodes.differences(pair, existing, true);
    boolean isLink = entry.kind() == Item.Kind.SYMLINK;
    return isLink && !isSameKind && existing.permissions() != 0777
        ? bits | Change.PERMISSIONS
        : bits;
  }
}
