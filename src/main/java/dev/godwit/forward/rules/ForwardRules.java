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

  /** Where metrics are served, as a rule would have it. */
  public static Listen.Port page(InetSocketAddress address) {
    Listen.Scope scope =
        address.getAddress().isAnyLocalAddress() ? Listen.Scope.ALL : Listen.Scope.ONE;
    return new Listen.Port(
        scope, scope == Listen.Scope.ALL ? null : address.getAddress(), address.getPort(), false);
  }

  /** Why the metrics cannot be served beside the rules, for people; null when they can. */
  public @Nullable String problemOfMetrics() {
    return metrics == null ? null : clash(page(metrics));
  }

  /**
   * Why there cannot be such a control socket beside the rules, for people; null when there can.
   */
  public @Nullable String problemOfControl() {
    return control == null
        ? null
        : clash(new Listen.Unix(control, null, null, Listen.Unix.MODE_DEFAULT));
  }

  private @Nullable String clash(Listen wanted) {
    for (ForwardRule rule : rules) {
      for (Listen listen : rule.listens()) {
        if (wanted.clashesWith(listen)) {
          return "unable to listen on %s, because %s listens on %s"
              .formatted(wanted.display(), rule.name(), listen.display());
        }
      }
    }
    return null;
  }
}
