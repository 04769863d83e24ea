package dev.godwit.plan;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * How the gate on old reaches new, where the move cannot find it out by itself.
 *
 * @param address of new as old sees it; null: found by the move
 * @param port where the landing on new listens; null: found by the move
 */
public record Relay(@Nullable InetAddress address, @Nullable Integer port) {}
