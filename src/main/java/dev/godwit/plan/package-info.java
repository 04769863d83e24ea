/**
 * The plan file: records, reading, all problems at once.
 *
 * <p>Uses the records of {@code service} and {@code forward}.
 */
@NullMarked
package dev.godwit.plan;

import org.jspecify.annotations.NullMarked;
