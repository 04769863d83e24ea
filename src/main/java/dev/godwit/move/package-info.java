/**
 * The move: phases, steps and the machine that runs them.
 *
 * <p>Uses every room below it.
 */
@NullMarked
package dev.godwit.move;

import org.jspecify.annotations.NullMarked;
