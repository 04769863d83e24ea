/**
 * The move: phases, steps and the machine that runs them. Start with {@code Phase} and {@code
 * CutoverStep}; {@code Cutover} makes the steps in either {@code Direction}.
 *
 * <p>Uses every room below it.
 */
@NullMarked
package dev.godwit.move;

import org.jspecify.annotations.NullMarked;
