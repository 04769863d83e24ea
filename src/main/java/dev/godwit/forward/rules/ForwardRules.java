package dev.godwit.forward.rules;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one process forwards.
 *
 * @param connectionsMax of all groups together; 0: what the limit of descriptors allows
 * @param drainLimit how long connections may go on after SIGTERM before they are reset
 * @param control the path of the control socket; null for the usual one
 * @param metrics where Prometheus may ask; null: nowhere
 */
public record ForwardRules(
    List<ForwardRule> rules,
    int connectionsMax,
    Duration drainLimit,
    @Nullable Path control,
    @Nullable InetSocketAddress metrics) {
  public ForwardRules {
    rules = List.copyOf(rules);
  }
}
