/**
 * Names that changed below a directory: fanotify, inotify, and a scan for what neither covers.
 *
 * <p>A change says "look at this name" and nothing else. What was lost (a full queue, a directory
 * without a watch) comes out as {@link dev.godwit.watch.Change.Tree} or {@link
 * dev.godwit.watch.Change.Everything}: look again.
 *
 * <p>Stores through a memory mapping make no event until the mapping ends (H20): who needs the last
 * of them stops the writer first.
 *
 * <p>Uses {@code linux}. Start with {@link dev.godwit.watch.Watch}; {@link
 * dev.godwit.watch.KernelWatch} is what both kernel interfaces share.
 */
@NullMarked
package dev.godwit.watch;

import org.jspecify.annotations.NullMarked;
