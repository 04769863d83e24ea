package dev.godwit.plan;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A third host that watches the ports during a switch, as the controller does.
 *
 * @param address where it finds the services; null: where the controller does
 */
public record Watcher(Endpoint.Ssh host, @Nullable InetAddress address) {}
