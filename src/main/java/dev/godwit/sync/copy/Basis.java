package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.BasisDirectory;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The other places on the target where files may be already (--compare-dest and its like). */
final class Basis {
  /**
   * A file, link or device that was found.
   *
   * @param in the directory that it is in; the caller closes it
   * @param isEqual its content is the source's
   * @param all differences of its attributes, as bits of {@link Change}
   */
  record Match(DirectoryHandle in, FileStatus status, boolean isEqual, int all)
      implements AutoCloseable {
    /** Those for which it is not taken as it is: nobody wants a copy because it was read. */
    int differences() {
      return all & ~Change.ACCESS_TIME;
    }

    @Override
    public void close() {
      in.close();
    }
  }

  private final TreeUpdate update;
  private final Rules rules;
  private @Nullable List<DirectoryHandle> opened;

  Basis(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
  }

  void open() {
    var unused = directories();
  }

  private synchronized List<DirectoryHandle> directories() {
    List<DirectoryHandle> open = opened;
    if (open == null) {
      open = new ArrayList<>();
      for (BasisDirectory basis : rules.basisDirectories) {
        try {
          open.add(update.placement.openBasis(basis.path()));
        } catch (LinuxException e) {
          update.report.failure(
              CopyStatus.DONE,
              basis.path(),
              "--"
                  + basis.use().name().toLowerCase(java.util.Locale.ROOT)
                  + "-dest: "
                  + e.reason()
                  + ". Everything is compared with the target alone");
        }
      }
      opened = open;
    }
    return open;
  }

  private BasisDirectory.Use use() {
    return rules.basisDirectories.getFirst().use();
  }

  /**
   * Sees whether one of the places has the entry, and if so does what there is to do: links, copies
   * or leaves it.
   *
   * @return whether the entry is done; otherwise it is to be transferred or made
   */
  boolean provides(Pair pair) throws LinuxException {
    if (rules.basisDirectories.isEmpty()) {
      return false;
    }
    try (Match match = find(pair)) {
      if (match == null || !match.isEqual) {
        return false;
      }
      return use(match, pair, false);
    }
  }

  /**
   * Whether what stands gives way to a file of the basis that is equal in all, as rsync has it: a
   * link takes the place of whatever stands, and with --compare-dest it goes.
   */
  boolean replaces() {
    return !rules.basisDirectories.isEmpty() && use() != BasisDirectory.Use.COPY;
  }

  /**
   * As {@link #provides}, where something stands: only what is equal in all counts.
   *
   * @param isEqual whether it has the source's content: then it stays where no link can be made
   */
  boolean providesExactly(Pair pair, FileStatus standing, boolean isEqual) throws LinuxException {
    try (Match match = find(pair)) {
      if (match == null || !match.isEqual || match.differences() != 0) {
        return false;
      }
      if (use() == BasisDirectory.Use.LINK && match.status.isSameInode(standing)) {
        return false; // it is linked already
      }
      return use(match, pair, isEqual);
    }
  }

  private boolean use(Match match, Pair pair, boolean staysWithoutLink) throws LinuxException {
    TargetDirectory directory = pair.directory();
    SourceEntry entry = pair.entry();
    FileStatus existing = pair.existing();
    Outcomes outcomes = update.outcomes;
    if (existing != null && existing.isDirectory()) {
      update.placement.makeWay(directory, entry, existing);
    }
    if (match.differences() == 0) {
      switch (use()) {
        case COMPARE -> {
          if (existing != null && !rules.dryRun) {
            update.placement.clear(directory, entry, existing);
          }
          outcomes.told(pair, match.all, null);
          removeFile(pair);
          return true;
        }
        case LINK -> {
          HardLinks.Leader leader =
              HardLinks.Leader.of(directory.targetName(entry), entry.name(), match.status);
          byte[] linkable = pair.path();
          if (!rules.dryRun) {
            try {
              // As with rsync, a file that stands is not kept (-b): mostly it is the same one.
              boolean isFile = existing != null && existing.isRegular();
              linkable =
                  update
                      .placement
                      .link(directory, entry, isFile ? null : existing, match.in, leader)
                      .path();
            } catch (LinuxException e) {
              if (!allowsCopy(e)) {
                throw e;
              }
              return !staysWithoutLink && copies(match, pair);
            }
          }
          keepAccessTime(match, pair);
          outcomes.stands(pair, match.status, linkable);
          outcomes.told(pair, Change.LINKED, null);
          removeFile(pair);
          return true;
        }
        case COPY -> {}
      }
    }
    return copies(match, pair);
  }

  /** The one attribute in which a file may differ that is linked all the same (-U). */
  private void keepAccessTime(Match match, Pair pair) throws LinuxException {
    if ((match.all & Change.ACCESS_TIME) == 0 || rules.dryRun) {
      return;
    }
    try (FileHandle inode = match.in.openPath(pair.name(), match.status)) {
      update.inodes.adjust(inode, pair.shown(), pair.entry(), match.status, Change.ACCESS_TIME);
    }
  }

  /**
   * Whether what stands in the way of a link may be none for a copy, as with rsync: another file
   * system, a file that has all the links it can have, one that this user may not link. A disk that
   * is full or broken is told at once.
   */
  private static boolean allowsCopy(LinuxException e) {
    return switch (e.errno()) {
      case Errno.ENOSPC, Errno.EDQUOT, Errno.EIO, Errno.EROFS, Errno.ENOENT, Errno.ESTALE -> false;
      default -> true;
    };
  }

  /** From the source, as rsync does: links and special files that a basis has stay there. */
  private void removeFile(Pair pair) {
    if (pair.entry().isFile()) {
      update.outcomes.removeSource(pair);
    }
  }

  private boolean copies(Match match, Pair pair) throws LinuxException {
    SourceEntry entry = pair.entry();
    Outcomes outcomes = update.outcomes;
    if (!entry.isFile()) {
      return false;
    }
    if (!rules.dryRun) {
      FileWork work = new FileWork(pair, 0);
      try (FileHandle from = readable(match, pair.name())) {
        if (from == null) {
          return false;
        }
        FileStatus placed = copy(from, match.status, work);
        outcomes.stands(pair, placed, update.placement.linkable(work));
      }
    } else {
      outcomes.stands(pair, match.status);
    }
    int differences = update.inodes.differences(match.in, pair.name(), entry, match.status, true);
    outcomes.told(pair, Change.LOCAL | differences, null);
    outcomes.removeSource(pair);
    return true;
  }

  /** Null for a file that this user may see and not read: its content comes from the source. */
  private static @Nullable FileHandle readable(Match match, byte[] name) throws LinuxException {
    try (FileHandle path = match.in.openPath(name)) {
      return path.reopenForReading();
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        return null;
      }
      throw e;
    }
  }

  private FileStatus copy(FileHandle from, FileStatus found, FileWork work) throws LinuxException {
    try {
      FileHandle to = update.files.begin(work);
      long size = found.size();
      long copied = from.cloneTo(to) ? size : from.copyTo(to, 0, size, size);
      Freshness.requireRead(from, found, copied); // what was found, and at rest
      return update.placement.place(work);
    } catch (LinuxException e) {
      update.placement.discard(work);
      throw e;
    }
  }

  /** What a transferred file differs in from the best that was found; "new" without one. */
  int differencesOf(Pair pair) throws LinuxException {
    if (rules.basisDirectories.isEmpty()) {
      return Change.NEW;
    }
    try (Match match = find(pair)) {
      if (match == null) {
        return Change.NEW;
      }
      int bits = update.inodes.differences(match.in, pair.name(), pair.entry(), match.status, true);
      return rules.checksum ? bits | Change.CONTENT : bits;
    }
  }

  /**
   * What is told of a link, device or special file that is made: how it differs from the one that
   * was found; "new" without one.
   */
  int ofMade(Pair pair) throws LinuxException {
    if (rules.basisDirectories.isEmpty()) {
      return Change.NEW;
    }
    try (Match match = find(pair)) {
      if (match == null) {
        return Change.NEW;
      }
      return match.isEqual && match.differences() == 0
          ? 0
          : update.inodes.differencesOfMade(match.in, pair.name(), pair.entry(), match.status);
    }
  }

  /** The best that the places have: equal in all, equal in content, of the same name. */
  private @Nullable Match find(Pair pair) throws LinuxException {
    Match best = null;
    for (DirectoryHandle basis : directories()) {
      Match next = look(basis, pair.directory().path, pair.name(), pair.listing(), pair.entry());
      if (next == null) {
        continue;
      }
      if (best == null || rank(next) > rank(best)) {
        if (best != null) {
          best.close();
        }
        best = next;
      } else {
        next.close();
      }
    }
    return best;
  }

  private static int rank(Match match) {
    return match.isEqual ? match.differences() == 0 ? 2 : 1 : 0;
  }

  /** Whether one of the places has something of the entry's kind at a path. */
  boolean has(byte[] path, Listing listing, SourceEntry entry) throws LinuxException {
    for (DirectoryHandle basis : directories()) {
      try (Match match = look(basis, Paths.parent(path), Paths.name(path), listing, entry)) {
        if (match != null) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * What is told of a missing name that becomes another one of a file: how it differs from the best
   * that was found; "new" without one. As rsync has it, of what is no file only the leader's own
   * inode counts.
   */
  int ofLink(Pair pair, HardLinks.Leader leader) throws LinuxException {
    int asNew = Change.HARD_LINK | Change.NEW;
    if (rules.basisDirectories.isEmpty()) {
      return asNew;
    }
    try (Match match = find(pair)) {
      boolean isFile = pair.entry().isFile();
      if (match == null || !(isFile ? match.isEqual : leader.isInode(match.status))) {
        return asNew;
      }
      if (isFile && use() == BasisDirectory.Use.LINK) {
        return match.differences() == 0 && leader.isInode(match.status)
            ? Change.LINKED | (rules.times ? 0 : Change.TIME_OF_TRANSFER)
            : asNew;
      }
      if (use() == BasisDirectory.Use.LINK && !rules.wantsUnchanged) {
        return rules.dryRun ? asNew : Change.LINKED; // as silently as its leader
      }
      boolean hasTime = isFile && !rules.times;
      boolean isMade = use() == BasisDirectory.Use.COPY || match.all != 0;
      return Change.HARD_LINK | match.all | (hasTime && isMade ? Change.TIME_OF_TRANSFER : 0);
    }
  }

  private @Nullable Match look(
      DirectoryHandle basis, byte[] directory, byte[] name, Listing listing, SourceEntry entry)
      throws LinuxException {
    DirectoryHandle in = null;
    boolean kept = false;
    try {
      in = basis.beneathForNames(directory);
      FileStatus status = in.status(name);
      if (status == null || (status.mode() ^ entry.status().mode()) >> 12 != 0) {
        return null;
      }
      boolean isEqual =
          switch (entry.kind()) {
            case FILE -> update.files.isEqual(in, name, listing, entry, status);
            case SYMLINK ->
                !update.inodes.isFake() && Arrays.equals(in.readLink(name), entry.linkText());
            case DEVICE, SPECIAL -> status.specialDevice() == entry.status().specialDevice();
            case DIRECTORY -> true;
          };
      int all = update.inodes.differences(in, name, entry, status, false);
      kept = true;
      return new Match(in, status, isEqual, all);
    } catch (LinuxException e) {
      if (isNone(e)) {
        return null;
      }
      throw e;
    } finally {
      if (in != null && !kept) {
        in.close();
      }
    }
  }

  /** Whether nothing is there, or nothing that this user may look at: that is no basis. */
  private static boolean isNone(LinuxException e) {
    return Paths.isGone(e) || e.errno() == Errno.EACCES;
  }

  /** As {@link #ofDirectory}, for the target itself. */
  int ofRoot(SourceEntry self) throws LinuxException {
    int first = Change.NEW;
    for (DirectoryHandle basis : directories()) {
      int differences = ofDirectory(basis, Paths.HERE, self, basis.status());
      if (differences == 0) {
        return 0;
      }
      first = first == Change.NEW ? differences : first;
    }
    return first;
  }

  /** How a directory that is made differs from the one that stands there; "new" without one. */
  int ofDirectory(TargetDirectory parent, SourceEntry entry) throws LinuxException {
    int first = Change.NEW;
    for (DirectoryHandle basis : directories()) {
      try (DirectoryHandle in = basis.beneathForNames(parent.path)) {
        byte[] name = parent.targetName(entry);
        FileStatus status = in.status(name);
        if (status != null && status.isDirectory()) {
          int differences = ofDirectory(in, name, entry, status);
          if (differences == 0) {
            return 0;
          }
          first = first == Change.NEW ? differences : first;
        }
      } catch (LinuxException e) {
        if (!isNone(e)) {
          throw e;
        }
      }
    }
    return first;
  }

  /** As rsync has it, -O does not hide the time here. */
  private int ofDirectory(DirectoryHandle in, byte[] name, SourceEntry entry, FileStatus status)
      throws LinuxException {
    int differences = update.inodes.differences(in, name, entry, status, false);
    if (!rules.times) {
      return differences == 0 ? 0 : differences | Change.TIME_OF_TRANSFER;
    }
    boolean isOtherTime = !update.inodes.sameTime(entry.status(), status);
    return isOtherTime || differences != 0 && rules.omitDirectoryTimes
        ? differences | Change.TIME
        : differences;
  }

  synchronized void close() {
    List<DirectoryHandle> open = opened;
    if (open != null) {
      open.forEach(DirectoryHandle::close);
    }
  }
}
