/**
 * The relay and the gate: carries connections, holds them, lets them go to somewhere else.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.forward;

import org.jspecify.annotations.NullMarked;
