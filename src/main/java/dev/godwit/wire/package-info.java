/**
 * Frames over a pair of byte streams: many channels on one connection, flow control for each.
 *
 * <p>Uses no other room. Start with {@link dev.godwit.wire.Channel}.
 */
@NullMarked
package dev.godwit.wire;

import org.jspecify.annotations.NullMarked;
