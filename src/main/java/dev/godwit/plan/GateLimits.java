package dev.godwit.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many connections a gate lets in at once, waiting and relayed, for one service.
 *
 * @param connections of all its clients together; 0 where nothing is said
 * @param perClient of one client address; 0 where nothing is said
 */
public record GateLimits(int connections, int perClient) {
  /** Nothing is said. */
  public static final GateLimits NONE = new GateLimits(0, 0);

  static final String CONNECTIONS = "max";
  static final String PER_CLIENT = "per-client";

  /** The keys of a plan that say them, in a service and in the plan's limits. */
  static final List<String> KEYS = List.of(CONNECTIONS, PER_CLIENT);

  /** As many as a gate has descriptors for, at most. */
  private static final int MAX = 50_000;

  /** These; each that is not said is the other one's. */
  public GateLimits orElse(GateLimits otherwise) {
    return new GateLimits(
        connections == 0 ? otherwise.connections : connections,
        perClient == 0 ? otherwise.perClient : perClient);
  }

  /** Null when what is said is wrong. */
  static @Nullable GateLimits read(Section section, Values values) {
    Integer connections =
        values.numberOrNone(
            section,
            CONNECTIONS,
            MAX,
            "how many connections a service may have at once, waiting and relayed, such as 2000");
    Integer perClient =
        values.numberOrNone(
            section,
            PER_CLIENT,
            MAX,
            "how many connections one client address may have at once, such as 200");
    return connections == null || perClient == null ? null : new GateLimits(connections, perClient);
  }
}
