package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import org.jspecify.annotations.Nullable;

/**
 * What the source has under a name, and what stands for it at the target.
 *
 * @param directory of the target
 * @param listing of the source's directory
 * @param entry of the source, with the owners that it has here
 * @param slot where what is told of it comes in the order of names
 * @param existing null when nothing stands
 */
record Pair(
    TargetDirectory directory,
    Listing listing,
    SourceEntry entry,
    Narrator.Slot slot,
    @Nullable FileStatus existing) {
  /** The directory of the target, which is open. */
  DirectoryHandle in() {
    return directory.opened();
  }

  /** The name at the target. */
  byte[] name() {
    return directory.targetName(entry);
  }

  /** The path at the target. */
  byte[] path() {
    return Paths.join(directory.path, name());
  }

  /** The path as people see it. */
  byte[] shown() {
    return directory.shown(entry);
  }

  /** What stands, if it is of the source's kind. */
  @Nullable FileStatus standing() {
    return existing != null && SourceEntry.kindOf(existing) == entry.kind() ? existing : null;
  }

  Pair with(@Nullable FileStatus other) {
    return other == existing ? this : new Pair(directory, listing, entry, slot, other);
  }
}
