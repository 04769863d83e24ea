/**
 * How a move stands now.
 *
 * <p>Uses {@code move} and what is below it. Start with {@link dev.godwit.monitor.MoveStatus}.
 */
@NullMarked
package dev.godwit.monitor;

import org.jspecify.annotations.NullMarked;
