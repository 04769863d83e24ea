/**
 * {@code godwit forward}: groups of listening sockets, each with its destinations, its counts and
 * the gate's waiting room; as a process, with what can be asked of it while it runs.
 *
 * <p>{@link dev.godwit.forward.server.ForwardProcess} is the life of the process, {@link
 * dev.godwit.forward.server.ForwardServer} all its groups, {@code ForwardGroup} one rule at work,
 * {@code ForwardGuest} one connection. {@link dev.godwit.forward.server.ForwardControl} is asked by
 * people; {@code HandOver} and {@link dev.godwit.forward.server.SocketKeeper} keep the sockets
 * through an upgrade and a crash; {@code Via} and {@link dev.godwit.forward.server.ConnectAbility}
 * are the way to what another host reaches.
 *
 * <p>Invariants: a listening socket is opened before an old one is closed, so a change that cannot
 * be made changes nothing; a connection is counted once as come and leaves once. Threads: any; what
 * changes something does so one at a time, and connections are their loops'.
 *
 * <p>Start with {@link dev.godwit.forward.server.ForwardServer}.
 */
@NullMarked
package dev.godwit.forward.server;

import org.jspecify.annotations.NullMarked;
