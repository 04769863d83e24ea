/**
 * The processes that gates and landings live in, and how a mover commands them from another host.
 *
 * <p>A {@link dev.godwit.forward.daemons.GateClient} asks the ability {@link
 * dev.godwit.forward.daemons.GateAbility} on the gate's host, which starts a {@link
 * dev.godwit.forward.daemons.GateDaemon} if need be and passes the command on to it; {@link
 * dev.godwit.forward.daemons.DaemonSupervisor} stays beside that one. {@code LandingClient}, {@code
 * LandingAbility} and {@code LandingDaemon} are the same for a landing.
 *
 * <p>Invariants: a daemon goes on when whoever commands it is gone; one that was killed or hangs is
 * started again and goes on with what was decided ({@link dev.godwit.forward.gate.ReleaseRecord},
 * {@link dev.godwit.forward.gate.HoldRecord}); after a reboot {@link
 * dev.godwit.forward.daemons.BootEntry} does so. Commands may be repeated after a lost answer.
 * Threads: any; a daemon has one for each command.
 *
 * <p>Start with {@link dev.godwit.forward.daemons.GateClient}.
 */
@NullMarked
package dev.godwit.forward.daemons;

import org.jspecify.annotations.NullMarked;
