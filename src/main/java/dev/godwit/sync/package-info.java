/**
 * Trees: scan, compare, transfer, apply, verify.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.sync;

import org.jspecify.annotations.NullMarked;
