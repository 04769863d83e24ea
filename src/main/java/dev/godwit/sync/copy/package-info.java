/**
 * One pass over trees, with everything that {@code godwit sync} can do.
 *
 * <p>Start with {@link dev.godwit.sync.copy.Copy}: what it is asked ({@link
 * dev.godwit.sync.copy.CopyRequest}), what it tells meanwhile ({@link
 * dev.godwit.sync.copy.CopyListener}) and at the end ({@link dev.godwit.sync.copy.CopyResult}).
 */
@NullMarked
package dev.godwit.sync.copy;

import org.jspecify.annotations.NullMarked;
