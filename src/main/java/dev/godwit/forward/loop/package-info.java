/**
 * The thread that waits for many sockets, the sockets that it listens on, and short questions that
 * are answered on it.
 *
 * <p>Invariants: what is registered with an {@link dev.godwit.forward.loop.EventLoop} runs on its
 * thread alone, and {@code execute} and {@code ask} are the only ways in from others; an event
 * never reaches whoever had the descriptor's number before. Nothing here blocks the loop: users are
 * looked up beside it ({@link dev.godwit.forward.loop.Users}), and who asks something ({@code
 * Asker}) is bounded in size and time.
 *
 * <p>Start with {@link dev.godwit.forward.loop.EventLoop}.
 */
@NullMarked
package dev.godwit.forward.loop;

import org.jspecify.annotations.NullMarked;
