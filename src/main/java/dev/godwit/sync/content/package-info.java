/**
 * How the content of files goes over a line: checksums, compression, deltas, holes, a limit of the
 * rate.
 *
 * <p>Nothing here knows names, sessions or channels: it turns bytes and positions into messages and
 * back, and reaches files through two small ports ({@link dev.godwit.sync.content.RandomReader},
 * {@link dev.godwit.sync.content.RandomWriter}). Start with {@link
 * dev.godwit.sync.content.DeltaTarget} and {@link dev.godwit.sync.content.DeltaSource}, the two
 * ends of a delta; {@link dev.godwit.sync.content.LaneCompressor} is what a sender's lane
 * compresses with; {@link dev.godwit.sync.content.ChecksumChoice} has the checksums that options
 * name.
 */
@NullMarked
package dev.godwit.sync.content;

import org.jspecify.annotations.NullMarked;
