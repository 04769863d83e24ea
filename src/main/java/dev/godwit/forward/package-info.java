/**
 * The relay and the gate: carries connections, holds them, lets them go to somewhere else.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 *
 * <p>On the host that clients come to, {@link dev.godwit.forward.Gate} is the state machine (pass,
 * hold, released, going back); {@code Capture} is its kernel side ({@code LookupSwitch}, duplicates
 * of the services' listeners; {@code SocketCapture} and {@code SocketName} for unix sockets);
 * {@code WaitingRoom} keeps clients in order until there is a service; {@code Dial} reaches it;
 * {@code Relay}, {@code RelayedConnection} and {@code Flow} carry the bytes, all on the one thread
 * of an {@code EventLoop}. On the other host, {@link dev.godwit.forward.Landing} takes what a gate
 * sends ({@code Preamble}) to the local service with the client's address ({@code
 * TransparentRouting}, {@code ProxyHeader}). In a move either host may have both, and {@code
 * Passage} keeps connections from going round. Both live in daemons of their own; a mover commands
 * them through {@link dev.godwit.forward.GateClient} and {@link dev.godwit.forward.LandingClient}.
 * Start with {@link dev.godwit.forward.Gate}.
 */
@NullMarked
package dev.godwit.forward;

import org.jspecify.annotations.NullMarked;
