package dev.godwit.sync;

import java.util.List;

/**
 * How one pass works.
 *
 * @param delete whether names that the source does not have are removed from the target
 * @param deleteMax how many names may be removed; -1 for any number
 * @param excludes patterns as {@link Excludes} reads them: neither copied nor removed
 * @param dryRun compare and count, change nothing
 * @param durable wait until all is on the target's disk
 */
public record SyncOptions(
    boolean delete, long deleteMax, List<String> excludes, boolean dryRun, boolean durable) {
  public SyncOptions {
    excludes = List.copyOf(excludes);
  }

  /** Copies, removes nothing, ends when all is on disk. */
  public static SyncOptions copy() {
    return new SyncOptions(false, -1, List.of(), false, true);
  }

  /** Makes the target equal to the source. */
  public static SyncOptions equalise() {
    return new SyncOptions(true, -1, List.of(), false, true);
  }

  public SyncOptions withExcludes(List<String> patterns) {
    return new SyncOptions(delete, deleteMax, patterns, dryRun, durable);
  }

  public SyncOptions withDryRun(boolean dry) {
    return new SyncOptions(delete, deleteMax, excludes, dry, durable);
  }

  public SyncOptions withDeleteMax(long max) {
    return new SyncOptions(delete, max, excludes, dryRun, durable);
  }
}
