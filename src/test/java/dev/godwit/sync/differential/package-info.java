/**
 * {@code godwit sync} against the real rsync: seeded trees and seeded options, both programs from
 * equal starts, and what they leave and say compared.
 *
 * <p>Start with {@link dev.godwit.sync.differential.DifferentialTest}; a {@link
 * dev.godwit.sync.differential.Case} is one run, made by {@link
 * dev.godwit.sync.differential.CaseGenerator}, done by {@link dev.godwit.sync.differential.Arena},
 * judged by {@link dev.godwit.sync.differential.Comparison} and made small by {@link
 * dev.godwit.sync.differential.Shrinker}. Names and paths are strings in which each char is one
 * byte ({@link dev.godwit.sync.differential.Posix}). Nothing here uses the program's own access to
 * files: what judges does not share code with what is judged.
 */
@NullMarked
package dev.godwit.sync.differential;

import org.jspecify.annotations.NullMarked;
