/**
 * How first packets of a port come to us instead of to the service that listens there: by the
 * kernel's socket look-up, by rules of a packet filter, or by listening when the service has
 * stopped.
 *
 * <p>{@link dev.godwit.forward.ladder.Ladder} tries the rungs from the best one down; each is a
 * {@link dev.godwit.forward.ladder.Diversion}. {@link dev.godwit.forward.ladder.KernelHandOver}
 * uses the same tools to let connections go past us.
 *
 * <p>Invariants: no rung touches a connection that exists; a process that dies, however it does,
 * keeps no port, for the look-up goes with it and rules are void seconds later; what is put up on a
 * host is noted before ({@link dev.godwit.forward.ladder.FilterNotes}). Threads: the caller
 * serializes the commands; {@code Renewal} has a thread of its own.
 *
 * <p>Start with {@link dev.godwit.forward.ladder.Ladder}.
 */
@NullMarked
package dev.godwit.forward.ladder;

import org.jspecify.annotations.NullMarked;
