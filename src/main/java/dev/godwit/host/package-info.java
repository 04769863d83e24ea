/**
 * A host and its abilities, this one or one reached by the system's ssh; processes; clock.
 *
 * <p>Uses {@code wire} and {@code linux}. Start with {@link dev.godwit.host.Host}.
 */
@NullMarked
package dev.godwit.host;

import org.jspecify.annotations.NullMarked;
