package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ChecksumChoice;
import dev.godwit.sync.content.ContentKey;
import dev.godwit.sync.content.DeltaResult;
import dev.godwit.sync.content.DeltaShape;
import dev.godwit.sync.content.DeltaTarget;
import dev.godwit.sync.content.FileContent;
import dev.godwit.sync.content.HoleWriter.Holes;
import dev.godwit.sync.content.Verification;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files of the target that are made of what stands and of what the source sends. So many are
 * under way at once that the time of an answer is not spent for each of them, and not more than
 * memory allows; the others wait here. Any thread.
 */
final class TargetDeltas {
  /** Smaller files are sent whole: asking what is missing takes longer. */
  static final int SIZE_MIN = 32 * 1024;

  private static final int ACTIVE_MAX = 64;

  /** Of the contents that are compared at once; their hashes are in memory on both sides. */
  private static final long ACTIVE_BYTES_MAX = 64L << 30;

  private static final int THREADS_MAX = 4;

  private final Rules rules;
  private final Channel channel;
  private final Answers answers;
  private final FarTree tree;
  private final ContentKey key = ContentKey.random();
  private final boolean isOff;
  private final OrderedPool pool;
  private final Consumer<WireException> onBroken;
  private final Consumer<Throwable> onFault;
  private final Freshness freshness = new Freshness();
  private final Map<FileWork, TargetDelta> active = new ConcurrentHashMap<>();
  private @Nullable TreeUpdate update;
  private @Nullable ContentInodes inodes;

  // Guarded by this:
  private final Deque<FileWork> waiting = new ArrayDeque<>();
  private int activeCount;
  private long activeBytes;
  private boolean isKeySent;
  private boolean isStarted;

  /**
   * @param afterTask run by the threads after each piece of work
   * @param helper as in {@link OrderedPool}
   */
  TargetDeltas(
      Crew crew,
      Rules rules,
      Channel channel,
      Answers answers,
      FarTree tree,
      Runnable afterTask,
      Consumer<Throwable> onFault,
      OrderedPool.Helper helper) {
    this.rules = rules;
    this.channel = channel;
    this.answers = answers;
    this.tree = tree;
    this.onBroken = onFault::accept;
    this.onFault = onFault;
    this.isOff =
        Boolean.TRUE.equals(rules.wholeFile)
            || rules.append
            || ChecksumChoice.parse(rules.checksumChoice).forcesWholeFiles();
    int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, THREADS_MAX);
    this.pool = new OrderedPool(crew, "copy-delta", threads, afterTask, onFault, helper);
  }

  void serves(TreeUpdate updated, ContentInodes contentInodes) {
    update = updated;
    inodes = contentInodes;
  }

  private TreeUpdate update() {
    return java.util.Objects.requireNonNull(update);
  }

  /**
   * Begins, or notes it for later.
   *
   * @return false when the file is to be sent whole
   */
  boolean begin(FileWork work) {
    if (rules.appendVerify) {
      work.from = 0; // all of it is verified; where there is no delta, by being sent
    }
    long size = work.entry.status().size();
    if (rules.fuzzy && !isOff && !work.isWhole && work.basis == null && size >= SIZE_MIN) {
      findBasis(work);
    }
    FileStatus standing = work.basis;
    if (isOff
        || standing == null
        || !standing.isRegular()
        || work.isWhole
        || Math.min(standing.size(), size) < SIZE_MIN
        || Math.max(standing.size(), size) > DeltaShape.SIZE_MAX) {
      return false;
    }
    synchronized (this) {
      if (activeCount > 0
          && (activeCount >= ACTIVE_MAX || activeBytes + standing.size() > ACTIVE_BYTES_MAX)) {
        waiting.add(work);
        return true;
      }
      activeCount++;
      activeBytes += standing.size();
      if (!isStarted) {
        isStarted = true;
        pool.start();
      }
    }
    start(work, standing);
    return true;
  }

  private void findBasis(FileWork work) {
    if (rules.inPlace || work.directory.isNew || work.existing != null) {
      return;
    }
    try {
      SimilarFiles.Candidate similar =
          work.directory.similarFiles().find(work.name(), work.entry.status());
      if (similar != null) {
        work.basis = similar.status();
        work.basisName = similar.name();
      }
    } catch (LinuxException e) {
      // Without one the file is sent whole; what is in the way is told when the file is written.
    }
  }

  private void start(FileWork work, FileStatus standing) {
    try {
      TargetDelta delta = open(work, standing);
      if (delta == null) {
        left(standing);
        whole(work);
        return;
      }
      active.put(work, delta);
      FarDirectory directory = FarDirectory.of(work.listing);
      tree.asked();
      directory.want(work.entry.place(), work, work.listing.entries().size());
      sendKey();
      answers.delta(directory.number, work.entry.place(), shape(work, standing), work.isInPlace);
      answers.flush(); // before what it tells
      delta.wake();
    } catch (LinuxException e) {
      left(standing);
      update().files.fail(work, e);
    } catch (WireException e) {
      onBroken.accept(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      onFault.accept(e);
    }
  }

  private synchronized void sendKey() throws WireException {
    if (!isKeySent) {
      isKeySent = true;
      MessageWriter message = new MessageWriter().u8(Messages.KEY);
      key.write(message);
      message.sendTo(channel);
    }
  }

  private DeltaShape shape(FileWork work, FileStatus standing) {
    return DeltaShape.of(standing.size(), work.entry.status().size(), rules.blockSize);
  }

  /** Null when what stands is not what was compared: it is not a basis then. */
  private @Nullable TargetDelta open(FileWork work, FileStatus standing)
      throws LinuxException, InterruptedException {
    FileHandle basis = openBasis(work, standing);
    if (basis == null) {
      return null;
    }
    boolean isOpen = false;
    try {
      FileStatus begun = freshness.settle(basis, basis.status());
      FileHandle file = update().files.begin(work);
      FileContent old = new FileContent(work.isInPlace ? file : basis);
      DeltaResult result =
          work.isInPlace
              ? DeltaResult.inPlace(
                  new FileContent(file), rules.sparse ? Holes.PUNCHED : Holes.NONE)
              : DeltaResult.fresh(old, standing.isSparse(), new FileContent(file), holes());
      DeltaTarget delta =
          new DeltaTarget(
              shape(work, standing),
              key,
              Verification.KEYED,
              old,
              standing.isSparse(),
              result,
              rules.sizeMax,
              task -> pool.addFirst(List.of(task)));
      isOpen = true;
      return new TargetDelta(this, work, basis, begun, delta);
    } finally {
      if (!isOpen) {
        basis.close();
      }
    }
  }

  private Holes holes() {
    return rules.sparse ? rules.preallocate ? Holes.PUNCHED : Holes.PASSED_OVER : Holes.NONE;
  }

  private @Nullable FileHandle openBasis(FileWork work, FileStatus standing) throws LinuxException {
    if (!work.isBasisPartial) {
      return openBasis(work.directory.opened(), work.basisName, standing);
    }
    try (DirectoryHandle in = update().partials.open(work.directory)) {
      return in == null ? null : openBasis(in, work.basisName, standing);
    }
  }

  private static @Nullable FileHandle openBasis(
      DirectoryHandle in, byte[] name, FileStatus standing) throws LinuxException {
    try (FileHandle path = in.openPath(name)) {
      if (DeviceFile.isOne(standing)) {
        return DeviceFile.open(path, standing, false);
      }
      FileStatus now = path.status();
      if (!now.isSameInode(standing) || now.size() != standing.size()) {
        return null;
      }
      return path.reopenForReading();
    } catch (LinuxException e) {
      if (Paths.isGone(e)) {
        return null;
      }
      throw e;
    }
  }

  /** The delta of a file that is under way; null when there is none. */
  @Nullable TargetDelta of(@Nullable FileWork work) {
    return work == null ? null : active.get(work);
  }

  // For one of them.

  void run(TargetDelta delta) {
    pool.addFirst(List.of(delta));
  }

  void broken(WireException e) {
    onBroken.accept(e);
  }

  void send(FileWork work, MessageWriter content) throws WireException {
    CompactWriter message = new CompactWriter(content.length() + 16);
    message.u8(Messages.DELTA).number(FarDirectory.of(work.listing).number);
    message.number(work.entry.place()).raw(content.array(), 0, content.length());
    message.sendTo(channel);
  }

  /** The source is to end it. */
  void stop(FileWork work) throws WireException {
    answers.stopDelta(FarDirectory.of(work.listing).number, work.entry.place());
    answers.flush();
  }

  boolean takes(InodeRecord inode, FileWork work) throws WireException {
    return java.util.Objects.requireNonNull(inodes).takes(inode, work);
  }

  /**
   * It has ended on both sides.
   *
   * @param isRefused whether it cannot be said who owns the file; that was told and the file failed
   */
  void ended(
      TargetDelta delta,
      @Nullable LinuxException failure,
      boolean isRefused,
      boolean isVerified,
      int reason,
      int errno) {
    FileWork work = delta.work;
    active.remove(work);
    FileStatus standing = java.util.Objects.requireNonNull(work.basis);
    var unused = FarDirectory.of(work.listing).take(work.entry.place());
    if (isRefused) {
      // told
    } else if (failure != null) {
      update().files.fail(work, failure);
    } else if (reason >= 0) {
      java.util.Objects.requireNonNull(inodes).fail(work, reason, errno);
    } else if (isVerified) {
      update().files.end(work);
    } else {
      update().placement.discard(work);
      whole(work);
    }
    tree.came();
    left(standing);
  }

  void isUnderWay(FileWork work, long position) {
    update().files.isUnderWay(work, position);
  }

  /** There was no delta, or what it made is not the source's file (H48): all of it has to come. */
  private void whole(FileWork work) {
    work.beginAnew();
    update().source().fetch(work);
  }

  private void left(FileStatus standing) {
    FileWork next;
    synchronized (this) {
      activeCount--;
      activeBytes -= standing.size();
      next = waiting.poll();
      if (next != null) {
        activeCount++;
        activeBytes += java.util.Objects.requireNonNull(next.basis).size();
      }
    }
    if (next != null) {
      FileWork work = next;
      FileStatus basis = java.util.Objects.requireNonNull(work.basis);
      pool.addFirst(List.of(() -> start(work, basis)));
    }
  }

  /** What is under way is given up; who leaves messages waits no longer. */
  void close() {
    pool.clear();
    active.values().forEach(TargetDelta::close);
  }

  /** Waits for the threads; what is under way then is given up. */
  void finish() throws InterruptedException {
    close();
    pool.finish();
    for (TargetDelta delta : active.values()) {
      delta.abandon();
      update().files.abandon(delta.work);
    }
    active.clear();
  }
}
