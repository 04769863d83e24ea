/**
 * The plan file: records, reading, all problems at once.
 *
 * <p>Start with {@link dev.godwit.plan.Plan}, what a plan says, and {@link
 * dev.godwit.plan.PlanReader}, how it is read: one reader a part of the file ({@code FilesReader},
 * {@code ServicesReader}, {@code CheckReader}), over {@code Section} (the keys of a mapping) and
 * {@code Values} (the kinds of values). A later key moves from {@code Section.Shape.later} to its
 * keys.
 *
 * <p>Uses the records of {@code service}, {@code forward}, {@code database} and {@code address}.
 */
@NullMarked
package dev.godwit.plan;

import org.jspecify.annotations.NullMarked;
