/**
 * Trees: list, compare, transfer, put in place, verify.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}. Start with {@link dev.godwit.sync.Sync},
 * one pass as a controller sees it, then follow a file: {@link dev.godwit.sync.SourceSession} keeps
 * what is to be looked at ({@code LookQueue}); {@code TreeLister} lists; on the target's side
 * {@code TargetSession} takes the batches in and {@code TreeComparer} says what is wanted; {@code
 * FileSender} reads and sends it; {@code FileWriter} writes it and {@code Placement} gives it its
 * name. Where size and time are equal and that is in doubt, {@code SuspectCheck} has both sides
 * compare sums. {@code Protocol} has the messages. {@link dev.godwit.sync.Compare} is the proof
 * afterwards and shares nothing with the copy but the access to files.
 */
@NullMarked
package dev.godwit.sync;

import org.jspecify.annotations.NullMarked;
