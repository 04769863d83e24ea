/**
 * A host and its abilities, this one or one reached by the system's ssh; processes; clock.
 *
 * <p>Uses {@code wire} and {@code linux}. Start with {@link dev.godwit.host.Host}; {@link
 * dev.godwit.host.SshHost} is the far one, {@link dev.godwit.host.LocalHost} this one. {@code
 * bootstrap.sh} among the resources is all that a far host needs to have run for the agent to
 * start. Programs are started by {@link dev.godwit.host.Processes} and {@link
 * dev.godwit.host.Detached} only.
 */
@NullMarked
package dev.godwit.host;

import org.jspecify.annotations.NullMarked;
