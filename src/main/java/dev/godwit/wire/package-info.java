/**
 * Frames over a pair of byte streams: many channels on one connection, flow control for each.
 *
 * <p>Uses {@code linux}, to know what can be shown. Start with {@link dev.godwit.wire.Channel},
 * then {@link dev.godwit.wire.Connection} (its frames and limits are in {@code Frame}) and {@link
 * dev.godwit.wire.InMemoryChannels}, its stand-in within one process.
 */
@NullMarked
package dev.godwit.wire;

import org.jspecify.annotations.NullMarked;
