/**
 * What a copy shall do, as values: no input or output here.
 *
 * <p>{@link dev.godwit.sync.rules.Rules} is what the engine reads; the option table and its parser
 * make it from a command line.
 */
@NullMarked
package dev.godwit.sync.rules;

import org.jspecify.annotations.NullMarked;
