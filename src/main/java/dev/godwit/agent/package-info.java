/**
 * The far end's main: serves the abilities of a host over the wire.
 *
 * <p>Uses every room below it; the only place that knows all abilities.
 */
@NullMarked
package dev.godwit.agent;

import org.jspecify.annotations.NullMarked;
