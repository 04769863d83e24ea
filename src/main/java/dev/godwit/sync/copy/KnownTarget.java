package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.List;
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
 * @param removed what was removed there within the time that counts (H27), by the controller's
 *     clock
 */
public record KnownTarget(String identity, long durable, List<RemovalWindow.Step> removed) {
  /** Nothing was written, or all of it is on disk. */
  public static final long ALL = Long.MAX_VALUE;

  public static final KnownTarget NONE = new KnownTarget("", ALL);

  /** A clock that is put right; the kernel's stamps are a tick behind. */
  private static final long CLOCK_DRIFT_NANOS = TimeUnit.SECONDS.toNanos(2);

  static final int IDENTITY_BYTES_MAX = 1024;

  public KnownTarget {
    removed = List.copyOf(removed);
  }

  /** Of which nothing was removed lately. */
  public KnownTarget(String identity, long durable) {
    this(identity, durable, List.of());
  }

  /** The same of a directory that says now which one it is. */
  public KnownTarget known(String now) {
    return new KnownTarget(now, durable, removed);
  }

  /** The same with nothing in doubt. */
  public KnownTarget believed() {
    return new KnownTarget(identity, ALL, removed);
  }

  /** The same, of which these were removed lately. */
  public KnownTarget with(List<RemovalWindow.Step> removedLately) {
    return new KnownTarget(identity, durable, removedLately);
  }

  void write(MessageWriter message) {
    message.text(identity).u64(durable);
    message.list(removed, (m, step) -> m.u64(step.age().toMillis()).u64(step.names()));
  }

  /**
   * @throws WireException also when more was removed, or longer ago, than a window holds
   */
  static KnownTarget read(MessageReader reader) throws WireException {
    return new KnownTarget(
        reader.text(IDENTITY_BYTES_MAX),
        reader.u64(),
        reader.list(RemovalWindow.STEPS_MAX, KnownTarget::step));
  }

  private static RemovalWindow.Step step(MessageReader reader) throws WireException {
    long age = reader.u64();
    long names = reader.u64();
    if (age < 0
        || age > RemovalWindow.LENGTH.toMillis()
        || names < 1
        || names > RemovalWindow.NAMES_MAX) {
      throw CompactReader.malformed(names + " names that were removed " + age + " ms ago");
    }
    return new RemovalWindow.Step(Duration.ofMillis(age), names);
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
