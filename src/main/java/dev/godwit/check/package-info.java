/**
 * What could go wrong with a move, found before anything is touched: {@code godwit check}.
 *
 * <p>{@link dev.godwit.check.Gathering} asks both hosts, in two round trips, and makes {@link
 * dev.godwit.check.Facts} of the answers. Each {@link dev.godwit.check.Look} is a pure function on
 * these facts in a file of its own; {@link dev.godwit.check.Checkup} lists them all. {@link
 * dev.godwit.check.Code} has every finding that there can be, and docs/check.md is written from it.
 *
 * <p>Uses {@code plan}, {@code survey}, {@code service} and {@code host}. Changes nothing, except
 * {@link dev.godwit.check.AccountFix}, which is asked to.
 */
@NullMarked
package dev.godwit.check;

import org.jspecify.annotations.NullMarked;
