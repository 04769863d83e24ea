/**
 * Intent and outcome of each step of a move, on disk.
 *
 * <p>Uses no other room.
 */
@NullMarked
package dev.godwit.journal;

import org.jspecify.annotations.NullMarked;
