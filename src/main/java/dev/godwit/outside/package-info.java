/**
 * How a service looks from outside while it is moved: each port is asked as a client would ask,
 * several times a second.
 *
 * <p>Start with {@link dev.godwit.outside.Watch}.
 *
 * <p>Uses nothing of Godwit: what measures must not share code with what it measures.
 */
@NullMarked
package dev.godwit.outside;

import org.jspecify.annotations.NullMarked;
