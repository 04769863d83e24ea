/**
 * Keeps a target equal to its source, live; says how far behind it is.
 *
 * <p>Uses {@code sync}, {@code watch}, {@code host} and {@code wire}.
 */
@NullMarked
package dev.godwit.mirror;

import org.jspecify.annotations.NullMarked;
