package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.content.ContentSum;
import dev.godwit.wire.WireException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The source when it is on another host: content is asked for and comes later, written by the
 * thread of its lane.
 */
final class FarSource implements TreeUpdate.Source {
  private final FarTree tree;
  private final Answers answers;
  private final TargetDeltas deltas;
  private final OrderedPool pool;
  private final int threads;
  private final Lanes.Maker writers;
  private final @Nullable ChecksumKind sums;
  private final BooleanSupplier isStopped;
  private final Consumer<WireException> onBroken;

  /**
   * @param writers of content that is here before it is asked for
   * @param sums that the listings have of contents; null for none
   */
  FarSource(
      FarTree tree,
      Answers answers,
      TargetDeltas deltas,
      OrderedPool pool,
      int threads,
      Lanes.Maker writers,
      @Nullable ChecksumKind sums,
      BooleanSupplier isStopped,
      Consumer<WireException> onBroken) {
    this.tree = tree;
    this.answers = answers;
    this.deltas = deltas;
    this.pool = pool;
    this.threads = threads;
    this.writers = writers;
    this.sums = sums;
    this.isStopped = isStopped;
    this.onBroken = onBroken;
  }

  @Override
  public boolean isFar() {
    return true;
  }

  @Override
  public boolean entersEarly() {
    return true;
  }

  @Override
  public boolean isStopped() {
    return isStopped.getAsBoolean();
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public void later(List<? extends Runnable> tasks) {
    if (!tasks.isEmpty()) {
      pool.addFirst(tasks);
    }
  }

  @Override
  public void enter(List<TargetDirectory> directories) {
    for (TargetDirectory directory : directories) {
      SourceDirectory source = directory.source;
      if (source != null) {
        tree.enter(FarDirectory.of(source), directory);
      }
    }
  }

  @Override
  public void passes(SourceEntry directory) {
    SourceDirectory below = directory.below();
    if (below != null) {
      tree.count(FarDirectory.of(below));
    }
  }

  @Override
  public void waits(Listing listing) {
    FarDirectory directory = FarDirectory.of(listing);
    if (tree.release(directory)) {
      try {
        answers.release(directory.number);
      } catch (WireException e) {
        onBroken.accept(e);
      }
    }
  }

  @Override
  public void fetch(FileWork work) {
    FarDirectory directory = FarDirectory.of(work.listing);
    int index = work.entry.place();
    CompactReader offered = work.from > 0 ? null : directory.takeOffered(index);
    if (offered == null && deltas.begin(work)) {
      return;
    }
    tree.asked();
    directory.want(index, work, work.listing.entries().size());
    try {
      if (offered != null) {
        write(offered);
      } else if (work.from > 0) {
        answers.wantFrom(directory.number, index, work.from);
      } else {
        answers.want(directory.number, index);
      }
    } catch (WireException e) {
      onBroken.accept(e);
    }
  }

  private void write(CompactReader content) throws WireException {
    ContentWriter writer = writers.make();
    try {
      writer.takeOne(content);
    } finally {
      writer.abandon();
    }
  }

  @Override
  public boolean ask(FileWork work, DirectoryHandle in) throws LinuxException {
    Renames.Candidate candidate = Objects.requireNonNull(work.candidate);
    byte[] sum =
        summed(in, candidate.name(), candidate.status(), work.isLostPerhaps, new ContentSum()::of);
    tree.asked();
    FarDirectory directory = FarDirectory.of(work.listing);
    int index = work.entry.place();
    directory.want(index, work, work.listing.entries().size());
    try {
      answers.wantUnless(directory.number, index, sum);
    } catch (WireException e) {
      onBroken.accept(e);
    }
    return true;
  }

  /** How a file is summed up. */
  private interface Summer {
    byte[] of(FileHandle file) throws LinuxException;
  }

  /**
   * @param isOfDisk whether what the disk has is to be read, and not what memory keeps
   */
  private static byte[] summed(
      DirectoryHandle in, byte[] name, FileStatus standing, boolean isOfDisk, Summer summer)
      throws LinuxException {
    try (FileHandle path = in.openPath(name)) {
      if (!DeviceFile.isOne(standing) && !path.status().isRegular()) {
        throw new LinuxException("openat", Names.display(name), Errno.ESTALE);
      }
      try (FileHandle file = SourceFiles.reopen(path, standing)) {
        if (isOfDisk) {
          file.forgetCached();
        }
        return summer.of(file);
      }
    }
  }

  @Override
  public boolean isSuspect(Listing listing, SourceEntry entry) {
    return FarDirectory.of(listing).isSuspect(entry.place());
  }

  @Override
  public boolean isReplaced(Listing listing) {
    return FarDirectory.of(listing).isReplaced;
  }

  @Override
  public boolean leavesMissing(Listing listing) {
    return FarDirectory.of(listing).leavesMissing;
  }

  @Override
  public @Nullable OldName cameFrom(Listing listing, SourceEntry entry) {
    return FarDirectory.of(listing).cameFrom(entry.place());
  }

  /** By the checksum that the listing has of it. */
  @Override
  public boolean hasSameContent(
      DirectoryHandle in, byte[] name, FileStatus standing, Listing listing, SourceEntry entry)
      throws LinuxException {
    byte[] told = FarDirectory.of(listing).sum(entry.place());
    return told.length > 0
        && sums != null
        && MessageDigest.isEqual(
            summed(in, name, standing, false, file -> Sums.of(file, sums)), told);
  }

  @Override
  public byte @Nullable [] sum(Listing listing, SourceEntry entry) {
    byte[] told = FarDirectory.of(listing).sum(entry.place());
    return told.length == 0 ? null : told;
  }

  @Override
  public void remove(TargetDirectory directory, Listing listing, SourceEntry entry) {
    if (entry.removed()) {
      return;
    }
    try {
      answers.remove(FarDirectory.of(listing).number, entry.place());
    } catch (WireException e) {
      onBroken.accept(e);
    }
  }
}
