/**
 * What a host says about itself when it is asked before a move: who listens and writes, what its
 * configuration names, how large trees are, what its firewall would do. Everything is read, nothing
 * is changed, every answer is bounded. Beside that, {@link dev.godwit.survey.AccountsAbility}
 * creates accounts when it is asked to.
 *
 * <p>Start with {@link dev.godwit.survey.SurveyClient}, which asks, and {@link
 * dev.godwit.survey.SurveyAbility}, which answers on the host. Each part of the answer is a record
 * with a reader of its own beside it; what a text means ({@link
 * dev.godwit.survey.ConfigurationWords}, {@link dev.godwit.survey.Ruleset}) is decided by pure
 * functions.
 *
 * <p>Uses {@code host}, {@code wire}, {@code linux}, {@code sync} for what a plan leaves out.
 */
@NullMarked
package dev.godwit.survey;

import org.jspecify.annotations.NullMarked;
