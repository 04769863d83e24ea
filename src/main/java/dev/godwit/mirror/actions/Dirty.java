package dev.godwit.mirror.actions;

/**
 * A name that is to be looked at.
 *
 * @param isTree whether all below it is too: so wherever a directory got this name, even one that
 *     had it before, since what changed in it meanwhile is told by the name that it had then
 * @param isWritten whether it, or what is below it, may hold something else whatever its time says
 * @param sinceNanos when the first change was told, as of {@link System#nanoTime}
 * @param dueNanos when it is to be looked at
 * @param number of that change, rising
 */
record Dirty(
    String path, boolean isTree, boolean isWritten, long sinceNanos, long dueNanos, long number) {
  Dirty and(Dirty later) {
    return new Dirty(
        path, isTree || later.isTree, isWritten || later.isWritten, sinceNanos, dueNanos, number);
  }

  /** The same, not before another one. */
  Dirty notBefore(Dirty other) {
    return new Dirty(
        path, isTree, isWritten, sinceNanos, Math.max(dueNanos, other.dueNanos), number);
  }
}
