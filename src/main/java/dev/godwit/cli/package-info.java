/**
 * One file per command: parses, prints, calls one thing below.
 *
 * <p>Start with {@link dev.godwit.cli.Godwit}, the list of commands, and {@code InitCommand}, the
 * shape of one: help text and examples, options, a {@code call} that calls the engine and returns
 * an {@link dev.godwit.cli.ExitCode}. {@code Failures} turns every exception into a message and an
 * exit code; {@code Terminal} and {@code Progress} print.
 */
@NullMarked
package dev.godwit.cli;

import org.jspecify.annotations.NullMarked;
