/**
 * Text, JSON and a page of a move's events.
 *
 * <p>Uses {@code journal}, {@code plan} and {@code move}.
 */
@NullMarked
package dev.godwit.report;

import org.jspecify.annotations.NullMarked;
