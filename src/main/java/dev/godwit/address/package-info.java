/**
 * Addresses that move with a service: taken off one host and put on another without cutting what is
 * open.
 *
 * <p>Start with {@link dev.godwit.address.FloatingAddress}, what is moved, and {@link
 * dev.godwit.address.AddressHolder}, how a host takes and gives it.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.address;

import org.jspecify.annotations.NullMarked;
