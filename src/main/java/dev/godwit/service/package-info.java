/**
 * The services of a host: start, stop, state, and the checks that prove that one answers, the
 * queues of mail, and the commands that a plan wants to be run.
 *
 * <p>Start with {@link dev.godwit.service.Service}.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.service;

import org.jspecify.annotations.NullMarked;
