/**
 * System calls of Linux through the foreign-function interface, and nothing else.
 *
 * <p>Uses no other room. Start with {@link dev.godwit.linux.Syscall}: one downcall shape for every
 * call; the other classes give each call its types, its man page section and its errors.
 */
@NullMarked
package dev.godwit.linux;

import org.jspecify.annotations.NullMarked;
