/**
 * Commands in the place of a target: what changes below a directory is not copied, a program is run
 * for it, as lsyncd's layers 2 and 3 do.
 *
 * <p>{@code ActionRun} watches, looks and runs, in one thread. Events of the kernel only mark
 * names, here too: {@code Comparison} looks at them, compares them with what was {@code Known}, and
 * says what happened as a row of {@link dev.godwit.mirror.actions.FileEvent}s that lead from the
 * one to the other. {@code WaitingEvents} keeps those of related names in their order. {@link
 * dev.godwit.mirror.actions.Actions} are the rules.
 */
@NullMarked
package dev.godwit.mirror.actions;

import org.jspecify.annotations.NullMarked;
