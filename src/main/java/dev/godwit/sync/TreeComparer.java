package dev.godwit.sync;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.ListingMessage.End;
import dev.godwit.sync.TargetBatch.Listing;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target's thread that compares what the source has with what stands here, in the order in
 * which the source told it: a directory is made before its own entries are looked at.
 */
final class TreeComparer {
  private final TargetSession session;
  private final TreeRoot root;
  private final Placement placement;
  private final LinkLeaders leaders;

  TreeComparer(TargetSession session, TreeRoot root, Placement placement, LinkLeaders leaders) {
    this.session = session;
    this.root = root;
    this.placement = placement;
    this.leaders = leaders;
  }

  /** What the comparison of one batch asks the source for. */
  private static final class Answer {
    private int[] indices = new int[16];
    private int count;

    void add(int index) {
      if (count == indices.length) {
        indices = Arrays.copyOf(indices, count * 2);
      }
      indices[count++] = index;
    }

    int[] toArray() {
      return Arrays.copyOf(indices, count);
    }
  }

  void compare(TargetBatch batch) throws WireException {
    if (!session.isHalted()) {
      try (DirectoryHandle directory = root.directory(batch.directory())) {
        session.disks().touched(directory);
        compare(batch, directory);
      } catch (LinuxException e) {
        if (!isGone(e)) {
          session.problem(Problem.of(Problem.Side.TARGET, batch.directory(), e));
        } else if (session.options().dryRun()) {
          session.tally().different.add(batch.entries().size());
        } else {
          session.missing(batch);
        }
      }
    }
    session.release(batch);
  }

  /** Whether the directory does not stand here, or something else stands in its place. */
  static boolean isGone(LinuxException e) {
    return e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP;
  }

  private void compare(TargetBatch batch, DirectoryHandle directory)
      throws LinuxException, WireException {
    ListingMessage message = batch.message();
    Answer wanted = new Answer();
    Answer doubted = new Answer();
    Answer lacking = new Answer();
    for (int i = 0; i < batch.entries().size() && !session.isEnding(); i++) {
      Entry entry = batch.entry(i);
      if (message.wholeDirectory()) {
        batch.listing().seen.add(entry.name());
      }
      try {
        compare(batch, directory, i, wanted, doubted, lacking);
      } catch (LinuxException e) {
        session.problem(Problem.of(Problem.Side.TARGET, batch.path(i), e));
      }
    }
    if (message.wholeDirectory() && message.end() != End.MORE) {
      removeUnseen(batch, directory);
    }
    if (lacking.count > 0) {
      session.lacks(batch, lacking.toArray());
    }
    if (wanted.count > 0) {
      session.want(batch, wanted.toArray());
    }
    if (doubted.count > 0) {
      session.check(batch, doubted.toArray());
    }
  }

  private void compare(
      TargetBatch batch,
      DirectoryHandle directory,
      int index,
      Answer wanted,
      Answer doubted,
      Answer lacking)
      throws LinuxException, WireException {
    Entry entry = batch.entry(index);
    FileStatus status = directory.status(entry.name());
    boolean isDirectory = status != null && status.isDirectory();
    if (TemporaryNames.isTemporary(entry.name())
        || isExcluded(
            batch.directory(), entry, isDirectory || entry.kind() == Entry.Kind.DIRECTORY)) {
      return;
    }
    switch (entry.kind()) {
      case SKIPPED -> {}
      case MISSING -> {
        if (status != null && session.treatment().removals() != Removals.IN_COMPARISONS) {
          removeOne(batch, directory, entry.name());
        }
      }
      case DIRECTORY -> compareDirectory(batch, directory, index, status, lacking);
      case FILE -> {
        switch (compareFile(batch, directory, index, status)) {
          case WANTED -> {
            if (session.options().dryRun()) {
              session.tally().different.increment();
            } else {
              wanted.add(index);
            }
          }
          case DOUBTED -> doubted.add(index);
          case STANDS -> {}
        }
      }
      case SYMLINK -> compareSymbolicLink(batch, directory, entry, status);
      case FIFO -> compareFifo(batch, directory, entry, status);
    }
  }

  private boolean isExcluded(TreePath directory, Entry entry, boolean isDirectory) {
    Excludes excludes = session.excludes();
    return entry.kind() == Entry.Kind.MISSING
        ? excludes.protects(directory, entry.name(), isDirectory)
        : excludes.hides(directory, entry.name(), isDirectory);
  }

  private void compareDirectory(
      TargetBatch batch,
      DirectoryHandle directory,
      int index,
      @Nullable FileStatus status,
      Answer lacking)
      throws LinuxException {
    Entry entry = batch.entry(index);
    if (status == null || !status.isDirectory()) {
      if (session.options().dryRun()) {
        session.tally().different.increment();
      } else {
        placement.makeDirectory(batch.path(index), directory, entry, status != null);
        session.tally().directoriesMade.increment();
      }
      if (!batch.message().wholeDirectory()) {
        lacking.add(index);
      }
    } else if (!batch.message().wholeDirectory()) {
      // A look at the directory itself adjusts it when its entries are done; here nothing follows.
      adjust(directory, entry, status);
      if (!session.options().dryRun() && !entry.metadata().hasTimeOf(status)) {
        directory.setModified(entry.name(), entry.metadata().seconds(), entry.metadata().nanos());
      }
    }
  }

  /** Whether size and time are what the source has. */
  static boolean isEqual(Entry entry, @Nullable FileStatus status) {
    return status != null
        && status.isRegular()
        && status.size() == entry.metadata().size()
        && entry.metadata().hasTimeOf(status);
  }

  /** What is to be done about the content of a file. */
  private enum Content {
    /** It is here, or comes with another name. */
    STANDS,
    /** Size and time say that it is here; both sides have to read it. */
    DOUBTED,
    WANTED
  }

  /** What else differs is adjusted here. */
  private Content compareFile(
      TargetBatch batch, DirectoryHandle directory, int index, @Nullable FileStatus status)
      throws LinuxException, WireException {
    Entry entry = batch.entry(index);
    if (session.treatment().update() && status != null && isNewer(status, entry.metadata())) {
      return Content.STANDS;
    }
    if (entry.linkGroup() != 0 && !session.options().dryRun()) {
      return compareLinkedFile(batch, directory, index, status);
    }
    // A file of its own at the source that shares its inode here would change with the others.
    boolean isShared = entry.linkGroup() == 0 && status != null && status.links() > 1;
    if (status == null || !isEqual(entry, status) || isShared) {
      return Content.WANTED;
    }
    adjust(directory, entry, status);
    return entry.suspect() && !session.options().dryRun() ? Content.DOUBTED : Content.STANDS;
  }

  private static boolean isNewer(FileStatus standing, Metadata metadata) {
    return standing.isRegular()
        && (standing.mtimeSeconds() > metadata.seconds()
            || standing.mtimeSeconds() == metadata.seconds()
                && standing.mtimeNanos() > metadata.nanos());
  }

  private Content compareLinkedFile(
      TargetBatch batch, DirectoryHandle directory, int index, @Nullable FileStatus status)
      throws LinuxException, WireException {
    Entry entry = batch.entry(index);
    LinkLeaders.Leader leader = leaders.leaderFor(entry.linkGroup(), batch, index);
    if (leader != null) {
      FileStatus standing = leader.status();
      if (standing == null) {
        return Content.STANDS; // it waits and is looked at again when the leader stands
      }
      if (link(batch, directory, entry, status, leader.path(), standing)) {
        if (!entry.suspect()) {
          return Content.STANDS;
        }
        // The leader may have been read before this name was written.
        status = directory.status(entry.name());
      }
    }
    if (status != null && isEqual(entry, status)) {
      adjust(directory, entry, status);
      if (entry.suspect()) {
        leaders.underWay(entry.linkGroup(), batch.path(index));
        return Content.DOUBTED;
      }
      resolve(leaders.stands(entry.linkGroup(), batch.path(index), status));
      return Content.STANDS;
    }
    leaders.underWay(entry.linkGroup(), batch.path(index));
    return Content.WANTED;
  }

  /**
   * Makes the entry a link of its leader.
   *
   * @return false when the leader is not what it was, or cannot be linked to
   */
  private boolean link(
      TargetBatch batch,
      DirectoryHandle directory,
      Entry entry,
      @Nullable FileStatus status,
      TreePath leader,
      FileStatus standing)
      throws WireException {
    try (DirectoryHandle from = root.directory(leader.parent())) {
      FileStatus now = from.status(leader.name());
      if (now == null || !now.isSameInode(standing) || !isEqual(entry, now)) {
        return false;
      }
      if (status != null && status.isSameInode(now)) {
        adjust(directory, entry, status);
        return true;
      }
      byte[] temporary = session.temporaries().next();
      directory.makeHardLink(temporary, from, leader.name());
      try {
        FileStatus made = directory.status(temporary);
        if (made == null || !made.isSameInode(standing)) {
          Placement.discard(directory, temporary);
          return false;
        }
        placement.place(batch, directory, temporary, entry.name());
        session.tally().linked.increment();
        return true;
      } catch (LinuxException e) {
        Placement.discard(directory, temporary);
        return false;
      }
    } catch (LinuxException e) {
      return false; // EMLINK, EXDEV and whatever else: the content comes instead
    }
  }

  /** Looks again at entries that waited for a leader. Any thread. */
  void resolve(List<LinkLeaders.Waiting> waiting) throws WireException {
    for (LinkLeaders.Waiting next : waiting) {
      TargetBatch batch = next.batch();
      int index = next.index();
      try (DirectoryHandle directory = root.directory(batch.directory())) {
        FileStatus status = directory.status(batch.entry(index).name());
        switch (compareFile(batch, directory, index, status)) {
          case WANTED -> session.want(batch, new int[] {index});
          case DOUBTED -> session.check(batch, new int[] {index});
          case STANDS -> {}
        }
      } catch (LinuxException e) {
        if (isGone(e)) {
          session.missing(batch);
        } else {
          session.problem(Problem.of(Problem.Side.TARGET, batch.path(index), e));
        }
      }
      session.release(batch);
    }
  }

  private void compareSymbolicLink(
      TargetBatch batch, DirectoryHandle directory, Entry entry, @Nullable FileStatus status)
      throws LinuxException, WireException {
    Metadata metadata = entry.metadata();
    boolean isSame =
        status != null
            && status.isSymbolicLink()
            && Arrays.equals(directory.readLink(entry.name()), entry.linkText());
    if (status != null && isSame) {
      if (metadata.hasTimeOf(status) && !placement.differsInOwner(status, metadata)) {
        return;
      }
      if (session.options().dryRun()) {
        session.tally().different.increment();
      } else {
        placement.adjustLink(directory, entry.name(), metadata);
        session.tally().adjusted.increment();
      }
    } else if (session.options().dryRun()) {
      session.tally().different.increment();
    } else {
      placement.makeSymbolicLink(batch, directory, entry);
      session.tally().filesApplied.increment();
    }
  }

  private void compareFifo(
      TargetBatch batch, DirectoryHandle directory, Entry entry, @Nullable FileStatus status)
      throws LinuxException, WireException {
    if (status != null && status.isFifo()) {
      adjust(directory, entry, status);
    } else if (session.options().dryRun()) {
      session.tally().different.increment();
    } else {
      placement.makeFifo(batch, directory, entry);
      session.tally().filesApplied.increment();
    }
  }

  private void adjust(DirectoryHandle directory, Entry entry, FileStatus status)
      throws LinuxException {
    if (!placement.differs(status, entry.metadata())) {
      return;
    }
    if (session.options().dryRun()) {
      session.tally().different.increment();
    } else {
      placement.adjust(directory, entry.name(), status, entry.metadata());
      session.tally().adjusted.increment();
    }
  }

  /**
   * Removes what the listing does not have, when it is known to be complete (H28), and what a
   * killed session left under a temporary name.
   */
  private void removeUnseen(TargetBatch batch, DirectoryHandle directory)
      throws LinuxException, WireException {
    Listing listing = batch.listing();
    boolean removes =
        session.options().delete()
            && session.treatment().removals() != Removals.WHEN_SEEN
            && batch.message().end() == End.COMPLETE;
    directory.rewind();
    for (List<DirectoryEntry> some = directory.nextEntries();
        some != null;
        some = directory.nextEntries()) {
      List<byte[]> unseen = new ArrayList<>();
      for (DirectoryEntry entry : some) {
        if (TemporaryNames.isTemporary(entry.name())) {
          removeTemporary(batch, directory, entry.name());
        } else if (removes && !listing.seen.contains(entry.name())) {
          unseen.add(entry.name());
        }
      }
      for (byte[] name : unseen) {
        if (session.isHalted()) {
          return;
        }
        FileStatus status = directory.status(name);
        if (status == null
            || session.excludes().protects(batch.directory(), name, status.isDirectory())) {
          continue;
        }
        if (listing.directory.isRoot() && listing.seen.isEmpty()) {
          session.halt(
              Problem.of(
                  Problem.Side.TARGET,
                  TreePath.ROOT,
                  "the source is empty and the target is not; nothing is removed. If that is right,"
                      + " empty the target by hand"));
          return;
        }
        removeOne(batch, directory, name);
      }
    }
  }

  private void removeOne(TargetBatch batch, DirectoryHandle directory, byte[] name)
      throws WireException {
    if (!session.options().delete() || session.isEnding()) {
      return;
    }
    if (session.options().dryRun()) {
      session.tally().different.increment();
    } else {
      var unused = session.remover().remove(batch, batch.directory(), directory, name);
    }
  }

  private void removeTemporary(TargetBatch batch, DirectoryHandle directory, byte[] name)
      throws LinuxException, WireException {
    FileStatus status = directory.status(name);
    if (status == null || session.options().dryRun() || session.temporaries().isOwn(name)) {
      return;
    }
    if (status.isDirectory()) {
      directory.removeDirectory(name); // made to replace something, never filled
    } else {
      directory.remove(name);
    }
  }

  /** The directory itself, when everything in it is done. Any thread. */
  void finish(Listing listing) throws WireException {
    if (session.options().dryRun() || session.isHalted()) {
      return;
    }
    try (DirectoryHandle directory = root.directory(listing.directory)) {
      FileStatus status = directory.status();
      Metadata metadata = listing.metadata;
      if (placement.differs(status, metadata)) {
        placement.dress(directory, status, metadata);
      }
      if (!metadata.hasTimeOf(status)) {
        directory.setModified(metadata.seconds(), metadata.nanos());
      }
    } catch (LinuxException e) {
      if (!isGone(e)) {
        session.problem(Problem.of(Problem.Side.TARGET, listing.directory, e));
      }
    }
  }
}
