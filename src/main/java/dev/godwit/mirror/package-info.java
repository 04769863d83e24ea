/**
 * Keeps a target equal to its source, live; says how far behind it is.
 *
 * <p>{@link dev.godwit.mirror.MirrorProcess} is {@code godwit mirror} as a process: rules, signals,
 * a control socket, and a {@code Pair} for each source: with a target, or with commands. A move has
 * {@code Mirror}s of its own.
 *
 * <p>The controller has a {@link dev.godwit.mirror.Mirror}, which holds one {@code MirrorRun} after
 * the other: two connections with a pump between them. Beside the source, {@code MirrorSource}
 * watches, collects what changed in a {@code DirtySet}, and has it copied by a {@code
 * sync.copy.SeriesSource}, look by look; the target's side is {@code copy.series} unchanged. {@code
 * Control} and {@code Report} travel between the controller and the source only.
 *
 * <p>Uses {@code daemon}, {@code sync}, {@code watch}, {@code host}, {@code wire} and {@code
 * linux}. Start with {@link dev.godwit.mirror.Mirror}.
 */
@NullMarked
package dev.godwit.mirror;

import org.jspecify.annotations.NullMarked;
