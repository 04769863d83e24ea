/**
 * What takes a gate's connections on the other host, and leads each to the service that its client
 * asked for, with the client's address.
 *
 * <p>Invariants (H49): nothing is done for a connection from an address that is not allowed, or
 * before a valid preamble with the secret; only ports and sockets that were named at the start can
 * be asked for; what a service learns about a client comes from the preamble alone. Of {@code gate}
 * only the words are used that a gate sends. Threads: any for {@link
 * dev.godwit.forward.landing.Landing}, the loop's for its guests.
 *
 * <p>Start with {@link dev.godwit.forward.landing.Landing}.
 */
@NullMarked
package dev.godwit.forward.landing;

import org.jspecify.annotations.NullMarked;
