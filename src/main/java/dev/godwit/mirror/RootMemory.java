package dev.godwit.mirror;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be known of a source's root after a restart, so that another directory is not taken
 * for it (H27), and no file is believed that changed meanwhile (H19).
 *
 * @param identity see {@code watch.Root}; empty when it was never seen
 * @param wasFilled whether it held something
 * @param seenUntil up to when what changed in it was looked at; null when nothing is known
 * @param mounts what is or was mounted below it
 */
public record RootMemory(
    String identity, boolean wasFilled, @Nullable Instant seenUntil, List<KnownMount> mounts) {
  public static final RootMemory NONE = new RootMemory("", false, null, List.of());

  public RootMemory {
    mounts = List.copyOf(mounts);
  }

  /** The same root, of which others have kept the target equal since. */
  public RootMemory keptEqual() {
    return new RootMemory(identity, wasFilled, null, mounts);
  }

  /** Whether the same is said of the root, whenever that was. */
  boolean isSameRoot(RootMemory other) {
    return identity.equals(other.identity)
        && wasFilled == other.wasFilled
        && mounts.equals(other.mounts);
  }
}
