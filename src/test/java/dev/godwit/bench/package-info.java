/**
 * {@code ./benchmark}: Godwit against the programs that it replaces, run in turn on equal starts.
 *
 * <p>Start at {@link dev.godwit.bench.SyncRows}, which is the list of what is measured; {@link
 * dev.godwit.bench.RowRunner} measures one of them. It knows Godwit only as a program that it
 * starts: what measures shares no code with what it measures. It is among the tests so that every
 * check of the build reads it and the shipped jar does not have it. As root, on Linux.
 */
@NullMarked
package dev.godwit.bench;

import org.jspecify.annotations.NullMarked;
