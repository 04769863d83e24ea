package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import org.jspecify.annotations.Nullable;

/**
 * A file whose content is on its way: what it shall be, where it is written, and what it replaces.
 * One thread at a time.
 */
final class FileWork {
  final TargetDirectory directory;
  final Listing listing;

  /** As it was listed: what the source takes it for until it says otherwise. */
  private final SourceEntry listed;

  /** As it was when its content was read, if that differs from when it was listed. */
  SourceEntry entry;

  final Narrator.Slot slot;

  /** What differs; bits of {@link Change}. */
  final int change;

  /** What stands at the name; null when nothing does, or a directory. */
  final @Nullable FileStatus existing;

  /** A directory that stands at the name until the file takes its place; null for none. */
  final @Nullable FileStatus displaced;

  /**
   * What a delta is made of: what stands at the name, what an earlier run left of the file, or a
   * similar file beside it; or nothing.
   */
  @Nullable FileStatus basis;

  /** The name of that in the target's directory. */
  byte[] basisName;

  /** Whether that is in the directory for what runs left ({@link PartialFiles}). */
  boolean isBasisPartial;

  /** What is written; null until {@link FileUpdate#begin}, and when it cannot be written. */
  @Nullable FileHandle file;

  /** The directory that the temporary name is in; not the target's own with {@code -T}. */
  @Nullable DirectoryHandle temporaryIn;

  /** The name that it is written under: the final one in a fresh directory and in place. */
  byte[] writtenAs = Paths.NONE;

  /** The permissions that it was made with; -1 when it stood before, or that is not known. */
  int madeWith = -1;

  boolean isInPlace;

  /** The permissions that its owner was given to write to it in place ({@link Admission}). */
  int lent;

  /** Where in the file the content begins that is to come: with {@code --append} not 0. */
  long from;

  /** What stands elsewhere and may be this file under an older name; null when nothing does. */
  Renames.@Nullable Candidate candidate;

  /** Whether {@link #candidate} is what stands at the name itself, whose content is in doubt. */
  boolean isDoubted;

  /**
   * With {@link #isDoubted}: whether the disk may have something else than memory. A write that
   * failed leaves its page as if it had not (H8).
   */
  boolean isLostPerhaps;

  /** Whether what stands is of no use: all of the content has to come. */
  boolean isWhole;

  /** Of the content, once that is whole; null where nobody asks for it (%C). */
  byte @Nullable [] sum;

  long literal;
  long matched;

  /** How far the figures have it to be ({@link Tally#isUnderWay}). */
  long underWay;

  FileWork(Pair pair, int change) {
    this.directory = pair.directory();
    this.listing = pair.listing();
    this.listed = pair.entry();
    this.entry = listed;
    this.slot = pair.slot();
    this.change = change;
    FileStatus standing = pair.existing();
    boolean isDirectory = standing != null && standing.isDirectory();
    this.existing = isDirectory ? null : standing;
    this.displaced = isDirectory ? standing : null;
    this.basis = existing;
    this.basisName = pair.name();
  }

  /** With the entry as it is by now. */
  Pair pair() {
    return new Pair(directory, listing, entry, slot, existing);
  }

  /** All of the content is to come, whatever was tried before. */
  void beginAnew() {
    isWhole = true;
    entry = listed;
    literal = 0;
    matched = 0;
  }

  byte[] name() {
    return directory.targetName(entry);
  }

  byte[] shown() {
    return directory.shown(entry);
  }

  /** What is at its name after a failure, for people. */
  String left() {
    return isInPlace
        ? "it was written to in place, and what is here is not whole"
        : "nothing here was changed";
  }
}
