package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.Names;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the target of a series of copies from the ones before.
 *
 * @param identity of its root ({@link DirectoryIdentity}); empty when nothing is known, then it is
 *     made if it is missing
 * @param durable what was changed there before this time is on disk, by the clock of that host, in
 *     nanoseconds since 1970; of what was changed later the content may be lost although size and
 *     time are as they should be (H31). {@link #ALL} where nothing is in doubt
 */
public record KnownTarget(String identity, long durable) {
  /** Nothing was written, or all of it is on disk. */
  public static final long ALL = Long.MAX_VALUE;

  public static final KnownTarget NONE = new KnownTarget("", ALL);

  /** A clock that is put right; the kernel's stamps are a tick behind. */
  private static final long CLOCK_DRIFT_NANOS = TimeUnit.SECONDS.toNanos(2);

  static final int IDENTITY_BYTES_MAX = 1024;

  /** The same of a directory that says now which one it is. */
  public KnownTarget known(String now) {
    return new KnownTarget(now, durable);
  }

  /** The same with nothing in doubt. */
  public KnownTarget believed() {
    return new KnownTarget(identity, ALL);
  }

  /** Whether the content of something is in doubt. */
  public boolean isDoubted() {
    return durable != ALL;
  }

  /** What was changed at this time or later is in doubt. */
  long doubtSince() {
    return isDoubted() ? durable - CLOCK_DRIFT_NANOS : ALL;
  }

  boolean isKnown() {
    return !identity.isEmpty();
  }

  /**
   * Why nothing is to be written to what is found at the target's path: most often the file system
   * is not mounted there, and its mount point would be filled (H30).
   *
   * @param found the identity of what is there; empty for nothing
   * @return for people; null when it is the target
   */
  @Nullable String objection(byte[] path, String found) {
    if (!isKnown() || DirectoryIdentity.mayReplace(identity, found)) {
      return null;
    }
    String was = DirectoryIdentity.typeName(identity);
    String is = DirectoryIdentity.typeName(found);
    return "the target "
        + Names.display(path)
        + (found.isEmpty()
            ? " is gone (it was on " + was + ")"
            : " is not the directory that was mirrored to before"
                + (was.equals(is)
                    ? ": it is another one, on " + is + " as that one"
                    : ": that one is on " + was + ", this one on " + is))
        + ". Nothing is written to it. If something has to be mounted there, mount it: the mirror"
        + " goes on by itself when the target is back. If this one is meant, resume the mirror with"
        + " a new root.";
  }
}
