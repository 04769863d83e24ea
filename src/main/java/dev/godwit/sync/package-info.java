/**
 * What all who compare and copy trees share: roots that are held open, paths, temporary names,
 * problems and counts, and the pump between two sides.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}. The engine is {@code sync.copy}: start with
 * {@code Copy} for one pass, with {@code SeriesSource} for what a mirror is made of. {@link
 * dev.godwit.sync.Compare} is the proof afterwards and shares nothing with the copy but the access
 * to files.
 */
@NullMarked
package dev.godwit.sync;

import org.jspecify.annotations.NullMarked;
