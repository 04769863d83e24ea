/**
 * What {@code godwit forward} is to do, as values: read from its command line or its file, without
 * touching the network.
 *
 * <p>{@link dev.godwit.forward.rules.ForwardRules} is all of it, {@link
 * dev.godwit.forward.rules.ForwardRule} one line of it; {@link
 * dev.godwit.forward.rules.RuleBuilder} knows every key, for both ways to write it down.
 */
@NullMarked
package dev.godwit.forward.rules;

import org.jspecify.annotations.NullMarked;
