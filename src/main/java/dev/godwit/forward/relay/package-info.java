/**
 * What lets connections wait, opens others for them and moves the bytes between both; and how a
 * service learns who its client is.
 *
 * <p>{@link dev.godwit.forward.relay.WaitingRoom} keeps a {@link dev.godwit.forward.relay.Guest} in
 * order of arrival until there is a service, an {@link dev.godwit.forward.relay.Attempt} reaches
 * that, by a {@link dev.godwit.forward.relay.Dial} where it is this host that connects, and {@link
 * dev.godwit.forward.relay.Relay}, {@link dev.godwit.forward.relay.RelayedConnection} and {@code
 * Flow} carry the bytes. Each {@link dev.godwit.forward.relay.Side} is a socket, or a channel to
 * another host, which is carried by the same code at its other end. The client's address goes along
 * in a {@link dev.godwit.forward.relay.Preamble}, in a {@link
 * dev.godwit.forward.relay.ProxyHeader}, or as the source of the connection ({@link
 * dev.godwit.forward.relay.TransparentRouting}); {@link dev.godwit.forward.relay.Passage} keeps
 * connections from going round between two hosts.
 *
 * <p>Invariants: no byte of a guest is read before its service is connected, and only an attempt
 * for which nothing was sent is repeated (H52); a byte is in exactly one place; each direction ends
 * by itself, and a reset stays a reset (H53). Threads: the loop's, where a method does not say
 * otherwise.
 *
 * <p>Start with {@link dev.godwit.forward.relay.Relay}.
 */
@NullMarked
package dev.godwit.forward.relay;

import org.jspecify.annotations.NullMarked;
