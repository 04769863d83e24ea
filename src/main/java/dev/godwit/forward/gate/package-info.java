/**
 * What stands in front of a host's services, and makes their clients wait or sends them to the host
 * where the services are now.
 *
 * <p>{@link dev.godwit.forward.gate.Gate} is the state machine (pass, hold, released, going back);
 * {@code Capture} is its kernel side, with duplicates of the services' listeners, and {@code
 * SocketCapture} and {@link dev.godwit.forward.gate.SocketName} that of unix sockets. Connections
 * go to a {@link dev.godwit.forward.gate.Destination}. What outlives the process is in {@link
 * dev.godwit.forward.gate.ReleaseRecord}, {@link dev.godwit.forward.gate.HoldRecord} and {@link
 * dev.godwit.forward.gate.Census}; what one that was killed has left is undone by {@link
 * dev.godwit.forward.gate.Leftovers}.
 *
 * <p>Invariants: a hold ends by itself (H50); whether by release or by lease is decided once, under
 * one lock; between hold and release no client is closed by us, except beyond a limit. Threads:
 * commands from any, one after the other; clients on the loop's.
 *
 * <p>Start with {@link dev.godwit.forward.gate.Gate}.
 */
@NullMarked
package dev.godwit.forward.gate;

import org.jspecify.annotations.NullMarked;
