/**
 * What {@code godwit mirror} is to do, as values: read from its command line or its file, without
 * touching a tree or a network.
 *
 * <p>{@link dev.godwit.mirror.rules.MirrorRules} is all of it, {@link
 * dev.godwit.mirror.rules.MirrorRule} one source and its target. {@link
 * dev.godwit.mirror.rules.MirrorArguments} reads a command line; {@link
 * dev.godwit.mirror.rules.MirrorFile} makes command lines of a file's keys. What of {@code godwit
 * sync}'s options the engine can do is in {@link dev.godwit.mirror.rules.EngineLimits} alone.
 */
@NullMarked
package dev.godwit.mirror.rules;

import org.jspecify.annotations.NullMarked;
