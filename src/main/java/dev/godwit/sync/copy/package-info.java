/**
 * Copies trees, with everything that {@code godwit sync} can do: in one pass, or as a series of
 * copies of single places, which is what a mirror is made of.
 *
 * <p>Start with {@link dev.godwit.sync.copy.Copy}: what it is asked ({@link
 * dev.godwit.sync.copy.CopyRequest}), what it tells meanwhile ({@link
 * dev.godwit.sync.copy.CopyListener}) and at the end ({@link dev.godwit.sync.copy.CopyResult}). For
 * a series, start with {@link dev.godwit.sync.copy.SeriesSource} and {@link
 * dev.godwit.sync.copy.Look}.
 */
@NullMarked
package dev.godwit.sync.copy;

import org.jspecify.annotations.NullMarked;
