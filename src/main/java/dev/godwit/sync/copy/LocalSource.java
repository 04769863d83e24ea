package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.content.ChecksumChoice;
import dev.godwit.sync.content.RateLimiter;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The source when it is on the same host as the target: content goes from file to file, in the
 * thread that compared it.
 */
final class LocalSource implements TreeUpdate.Source {
  private static final int TRIES = 5;

  /** From this size on it is worth a try to have the kernel share or copy the content. */
  private static final long RANGE_MIN = 1 << 20;

  private static final long PIECE = 8 << 20;

  private final Rules rules;
  private final Report report;
  private final Lister lister;
  private final SourceAttributes attributes;
  private final SourceFiles files;
  private final LateRemovals removals;
  private final WorkPool pool;
  private final int threads;
  private final Freshness freshness = new Freshness();
  private final RemovalOrder order;
  private final @Nullable RateLimiter limit;
  private @Nullable TreeUpdate update;
  private @Nullable Glance glance;

  LocalSource(
      Rules rules,
      Report report,
      Lister lister,
      SourceAttributes attributes,
      WorkPool pool,
      int threads,
      boolean isReadTwice) {
    this.attributes = attributes;
    this.rules = rules;
    this.limit = rules.bandwidth > 0 ? new RateLimiter(rules.bandwidth) : null;
    this.files = new SourceFiles(rules);
    this.removals = new LateRemovals(rules, files, isReadTwice);
    this.report = report;
    this.lister = lister;
    this.pool = pool;
    this.threads = threads;
    this.order = new RemovalOrder(rules);
  }

  void serves(TreeUpdate tree) {
    this.update = tree;
    this.glance = new Glance(tree);
  }

  private TreeUpdate update() {
    return java.util.Objects.requireNonNull(update);
  }

  @Override
  public void later(List<? extends Runnable> tasks) {
    if (!tasks.isEmpty()) {
      pool.add(tasks);
    }
  }

  @Override
  public void enter(List<TargetDirectory> directories) {
    List<WorkPool.Placed> tasks = new ArrayList<>(directories.size());
    for (TargetDirectory directory : directories) {
      SourceDirectory source = directory.source;
      if (source != null) {
        tasks.add(new WorkPool.Placed(directory.path, () -> work(directory, source)));
      }
    }
    if (rules.wantsItems) {
      pool.addInOrder(tasks); // what comes before is told before
    } else {
      later(tasks.stream().map(WorkPool.Placed::body).toList());
    }
  }

  /** Works on one directory, whose parent stands. */
  void work(TargetDirectory directory, SourceDirectory source) {
    Listing rest = glance().look(directory, source, lister);
    Listing listing = rest == null ? lister.list(source) : rest;
    later(order.listed(source, listing.entries()));
    update().update(directory, listing);
  }

  @Override
  public boolean removesLater(byte[] directory, Runnable removal) {
    return order.waits(directory, removal);
  }

  /**
   * The copy came everywhere it could: lists what it did not come to, and does what waited for
   * that.
   */
  void listRest() {
    Lister quiet = Lister.ofNames(rules, attributes, report.quiet());
    for (SourceDirectory left = order.unlisted();
        left != null && !pool.isStopped();
        left = order.unlisted()) {
      try (Listing listing = quiet.list(left)) {
        order.listed(left, listing.entries()).forEach(Runnable::run);
      }
    }
  }

  private Glance glance() {
    return java.util.Objects.requireNonNull(glance);
  }

  @Override
  public boolean entersEarly() {
    return Sweep.Passes.of(rules).links() || update().prefersStandingLinks();
  }

  @Override
  public void passes(SourceEntry directory) {
    SourceDirectory below = directory.below();
    if (below == null || pool.isStopped()) {
      return;
    }
    List<SourceEntry> entries;
    try (Listing listing = lister.list(below)) {
      entries = listing.entries();
    }
    later(order.listed(below, entries));
    for (SourceEntry entry : entries) {
      update().tally.seen(entry);
      passes(entry);
    }
  }

  @Override
  public boolean isStopped() {
    return pool.isStopped();
  }

  @Override
  public int threads() {
    return threads;
  }

  private FileHandle open(Listing listing, SourceEntry entry) throws LinuxException {
    return files.open(handle(listing, entry), listing, entry);
  }

  private static DirectoryHandle handle(Listing listing, SourceEntry entry) {
    return java.util.Objects.requireNonNull(listing.handles().get(entry.place()));
  }

  @Override
  public void fetch(FileWork work) {
    FileUpdate target = update().files;
    FileHandle source;
    try {
      source = open(work.listing, work.entry);
    } catch (LinuxException e) {
      unreadable(work, e);
      return;
    }
    try (source) {
      FileHandle to = target.begin(work);
      if (rules.appendVerify && work.from > 0 && !hasBeginning(source, to, work.from)) {
        work.from = 0;
        to.seek(0);
      }
      if (!copy(source, to, work)) {
        target.failAtSource(work, "the file changed each time while it was read; " + work.left());
        return;
      }
    } catch (StoppedException e) {
      target.abandon(work);
      return;
    } catch (SourceException e) {
      unreadable(work, e.reason);
      return;
    } catch (LinuxException e) {
      target.fail(work, e);
      return;
    }
    target.end(work);
  }

  private void unreadable(FileWork work, LinuxException e) {
    FileUpdate target = update().files;
    if (SourceFiles.isGone(e)) {
      target.fail(work, CopyStatus.VANISHED, "it went before it could be copied");
    } else {
      report.lateError();
      target.failAtSource(work, "cannot be read at the source: " + e.reason());
    }
  }

  /** An error of the source's side, told from one of the target's. */
  private static final class SourceException extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1;
    private final LinuxException reason;

    SourceException(LinuxException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  /**
   * Copies until the source did not change meanwhile (H13).
   *
   * @return false when it did each time
   */
  private boolean copy(FileHandle source, FileHandle target, FileWork work)
      throws LinuxException, SourceException {
    FileStatus before = work.entry.status();
    boolean isGrowing = false;
    for (int attempt = 1; ; attempt++) {
      Moment moment = isGrowing ? moment(source, work.from) : null;
      FileStatus settled = moment == null ? settled(source, before) : moment.status();
      before = settled == before ? before : stillFile(settled);
      work.matched = 0;
      long copied = sided(source, target, work, before);
      FileStatus after = status(source);
      if (moment != null && copied >= before.size()) {
        target.truncate(before.size()); // a clone has what has been added since, too
        copied = before.size();
      }
      if (copied == before.size()
          && (moment == null
              ? Freshness.isUnchanged(before, after)
              : moment.isIn(target, work.from))) {
        if (before != work.entry.status()) {
          work.entry = work.entry.with(before, attributes(source, before));
        } else if (attributes.hasLists() && !files.isTrusted(work.listing, work.entry)) {
          // What grants rights belongs to what was read, whatever the name led to when listed.
          work.entry = work.entry.with(before, attributes(source, before));
        }
        work.literal = copied - work.from - work.matched;
        return true;
      }
      if (attempt == TRIES) {
        return false;
      }
      isGrowing = Moment.isWorthwhile(before, after);
      before = stillFile(after);
      if (work.isInPlace) {
        target.seek(work.from); // over what is there; it is cut when all has been written
      } else {
        target.truncate(work.from);
      }
    }
  }

  private Attributes attributes(FileHandle source, FileStatus status) throws SourceException {
    try {
      return update().inodes.keeper().mapped(attributes.read(source, status));
    } catch (LinuxException e) {
      throw new SourceException(e);
    } catch (OwnerException e) {
      throw new SourceException(
          new LinuxException("chown", String.valueOf(e.getMessage()), Errno.EINVAL));
    }
  }

  private @Nullable Moment moment(FileHandle source, long from) throws SourceException {
    try {
      return Moment.of(source, from, freshness);
    } catch (LinuxException e) {
      throw new SourceException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private FileStatus settled(FileHandle source, FileStatus before) throws SourceException {
    try {
      return freshness.settle(source, before);
    } catch (LinuxException e) {
      throw new SourceException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return status(source);
    }
  }

  private static FileStatus stillFile(FileStatus now) throws SourceException {
    try {
      return SourceFiles.stillFile(now);
    } catch (LinuxException e) {
      throw new SourceException(e);
    }
  }

  private static FileStatus status(FileHandle source) throws SourceException {
    try {
      return source.status();
    } catch (LinuxException e) {
      throw new SourceException(e);
    }
  }

  /** Waits as long as {@code --bwlimit} says, or until the copy shall end. */
  private void slowDown(long bytes) {
    RateLimiter limiter = limit;
    if (limiter == null) {
      return;
    }
    try {
      limiter.take((int) Math.min(bytes, Integer.MAX_VALUE), pool::isStopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The copy shall end in the middle of this file. */
  private static final class StoppedException extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1;
  }

  /** As {@link #content}; what cannot be read is an error of the source's side. */
  private long sided(FileHandle source, FileHandle target, FileWork work, FileStatus before)
      throws LinuxException, SourceException {
    try {
      return content(source, target, work, before);
    } catch (LinuxException e) {
      if (e.call().equals(FileHandle.READ)) {
        throw new SourceException(e); // only the source is read from
      }
      throw e;
    }
  }

  /** Returns where the content ended: more than the file's size when it has grown. */
  private long content(FileHandle source, FileHandle target, FileWork work, FileStatus before)
      throws LinuxException {
    long size = before.size();
    long position = work.from;
    if (work.from == 0 && !work.isInPlace && !rules.sparse) {
      if (rules.preallocate) {
        target.allocate(0, size);
      } else if (size >= RANGE_MIN && limit == null && source.cloneTo(target)) {
        return size; // asked of each: the next one may lie on another file system, or not be in use
      }
    }
    if (before.isSparse() && !rules.preallocate || rules.sparse) {
      return Holes.copy(
          source,
          target,
          position,
          size,
          rules.sparse,
          work.isInPlace,
          (end, count) -> came(work, end, size, count));
    }
    if (overwritesChangesOnly(work)) {
      ChangedBlocks blocks = new ChangedBlocks(source, target);
      return inPieces(
          work,
          size,
          (at, length) -> {
            int count = blocks.copy(at, length);
            work.matched = blocks.matched();
            return count;
          });
    }
    if (size < RANGE_MIN) {
      long count = source.copyTo(target, position, size - position + 1, size);
      slowDown(count);
      return position + count;
    }
    try (PieceCopy pieces = new PieceCopy(source, target, size)) {
      return inPieces(work, size, pieces::copy);
    }
  }

  /** Copies a piece, or the beginning of it; 0 when the source ends there by now. */
  private interface PieceCopier {
    long copy(long position, long length) throws LinuxException;
  }

  private long inPieces(FileWork work, long size, PieceCopier copier) throws LinuxException {
    long position = work.from;
    if (size - position >= RANGE_MIN) {
      update().files.isUnderWay(work, position);
    }
    while (position < size) {
      long count = copier.copy(position, piece(size - position));
      if (count == 0) {
        break; // shorter by now
      }
      position += count;
      came(work, position, size, count);
    }
    return position;
  }

  /** How much is copied before it is asked again whether the copy goes on. */
  private long piece(long left) {
    int most = (int) Math.min(PIECE, left);
    return limit == null ? most : limit.piece(most);
  }

  /** Whether a delta is asked for, and saves writing what stands there (--inplace --no-W). */
  private boolean overwritesChangesOnly(FileWork work) {
    FileStatus existing = work.existing;
    return Boolean.FALSE.equals(rules.wholeFile)
        && work.isInPlace
        && work.from == 0
        && !work.isWhole
        && existing != null
        && existing.isRegular();
  }

  /** A piece of a file's content has been copied. */
  private void came(FileWork work, long position, long size, long count) {
    slowDown(count);
    if (size < RANGE_MIN) {
      return;
    }
    update().files.isUnderWay(work, position);
    if (pool.isStopped()) {
      throw new StoppedException();
    }
  }

  @Override
  public boolean hasSameContent(
      DirectoryHandle in, byte[] name, FileStatus standing, Listing listing, SourceEntry entry)
      throws LinuxException {
    try (FileHandle source = open(listing, entry);
        FileHandle path = in.openPath(name);
        FileHandle target = SourceFiles.reopen(path, standing)) {
      return isSame(source, target, Long.MAX_VALUE);
    }
  }

  /** Whether what stands is how the source's file begins ({@code --append-verify}). */
  private static boolean hasBeginning(FileHandle source, FileHandle target, long length)
      throws SourceException {
    try {
      return isSame(source, target, length);
    } catch (LinuxException e) {
      throw new SourceException(e);
    }
  }

  /** Whether two files have the same content, or the same so far. */
  private static boolean isSame(FileHandle source, FileHandle target, long length)
      throws LinuxException {
    byte[] one = new byte[FileHandle.CHUNK_BYTES];
    byte[] other = new byte[FileHandle.CHUNK_BYTES];
    long position = 0;
    while (position < length) {
      int wanted = (int) Math.min(one.length, length - position);
      int count = source.read(one, 0, wanted, position);
      int otherCount = target.read(other, 0, wanted, position);
      if (count != otherCount || !java.util.Arrays.equals(one, 0, count, other, 0, count)) {
        return false;
      }
      if (count == 0) {
        break;
      }
      position += count;
    }
    return true;
  }

  @Override
  public byte @Nullable [] sum(Listing listing, SourceEntry entry) {
    try (FileHandle source = open(listing, entry)) {
      return Sums.of(source, ChecksumChoice.parse(rules.checksumChoice).compare());
    } catch (LinuxException e) {
      return null; // told where it is to be copied
    }
  }

  @Override
  public void remove(TargetDirectory directory, Listing listing, SourceEntry entry) {
    if (entry.removed()) {
      return;
    }
    byte[] shown = directory.shown(entry);
    try {
      FileStatus there = directory.opened().status(directory.targetName(entry));
      if (there != null && there.isSameInode(entry.status())) {
        report.failure(
            CopyStatus.PARTIAL,
            shown,
            "not removed from the source: the target's is the same file");
        return;
      }
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL, shown, "not removed from the source: the target's: " + e.reason());
      return;
    }
    if (!removals.keep(listing, entry, shown)) {
      files.remove(handle(listing, entry), listing, entry, shown, report);
    }
  }

  /** The copy is over: what could not go before goes from the source. */
  void end() {
    removals.run(report);
  }
}
