/**
 * A first plan, written from what is found on old: {@code godwit init HOST}.
 *
 * <p>{@link dev.godwit.draft.Interview} asks the host, in two round trips; {@link
 * dev.godwit.draft.Draft} writes the plan from the answers, with the reason of each line beside it;
 * {@link dev.godwit.draft.Servings} finds what serves clients there, {@link
 * dev.godwit.draft.Places} where its data is. All but the first are pure functions.
 *
 * <p>Uses {@code survey} and {@code host}.
 */
@NullMarked
package dev.godwit.draft;

import org.jspecify.annotations.NullMarked;
