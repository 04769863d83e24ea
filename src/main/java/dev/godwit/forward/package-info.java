/**
 * What the relay, the gate, the landing and the forwarder have in common: their words, their
 * limits, and the processes that they live in.
 *
 * <p>Words are {@link dev.godwit.forward.PortGroup}, {@link dev.godwit.forward.ClientAddress},
 * {@link dev.godwit.forward.GroupMode}, {@link dev.godwit.forward.ForwardStatus} and the refusals
 * of {@link dev.godwit.forward.GateException}. {@link dev.godwit.forward.Daemon} is a process that
 * outlives whoever started it, {@link dev.godwit.forward.Moves} where such processes keep their
 * state; {@link dev.godwit.forward.Note} and {@link dev.godwit.forward.ProcessIdentity} are what
 * others can undo after a kill.
 *
 * <p>Invariant: one daemon of a name serves in a directory. Threads: any.
 *
 * <p>The rooms, each of which uses only what is above it here:
 *
 * <ul>
 *   <li>{@code rules}: what a forwarder is to do, as values
 *   <li>{@code loop}: the thread that waits for many sockets, and those that it listens on
 *   <li>{@code relay}: what lets connections wait, opens others and moves bytes
 *   <li>{@code ladder}: how first packets of a port come to us instead of to its service
 *   <li>{@code gate}: what makes the clients of a host wait, or sends them to another one
 *   <li>{@code landing}: what takes them there and leads them to its services
 *   <li>{@code daemons}: the processes of gates and landings, and how a mover commands them
 *   <li>{@code server}: {@code godwit forward}, which knows neither gates nor landings
 * </ul>
 *
 * <p>Uses {@code daemon}, {@code host}, {@code wire} and {@code linux}. Start with {@code
 * gate.Gate} or with {@code server.ForwardServer}.
 */
@NullMarked
package dev.godwit.forward;

import org.jspecify.annotations.NullMarked;
