package dev.godwit.mirror.rules;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that one process mirrors.
 *
 * @param rules at least one
 * @param control the path of the control socket; null for the usual one
 * @param metrics where Prometheus may ask; null: nowhere
 * @param pidFile holds the process's number while it runs; null: none
 * @param logFile what is said goes there too; null: nowhere
 * @param stopLimit to finish what is in flight at the end
 * @param insists whether a host that cannot be reached at the start is tried again
 * @param awaitsSources whether a source that is not there halts its own mirror, until it is there;
 *     else nothing begins
 * @param lsyncdStatus a file in lsyncd's form; null: none
 */
public record MirrorRules(
    List<MirrorRule> rules,
    @Nullable Path control,
    @Nullable InetSocketAddress metrics,
    @Nullable Path pidFile,
    @Nullable Path logFile,
    Duration stopLimit,
    boolean insists,
    boolean awaitsSources,
    @Nullable LsyncdStatus lsyncdStatus) {
  /** What SIGTERM waits for, unless it was told otherwise. */
  public static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  /**
   * A status file as lsyncd writes it.
   *
   * @param every how often at most
   * @param filters the filter rules of each mirror, by its name; without one: none
   */
  public record LsyncdStatus(Path file, Duration every, Map<String, List<String>> filters) {
    public LsyncdStatus {
      filters = Map.copyOf(filters);
    }
  }

  public MirrorRules {
    rules = List.copyOf(rules);
  }
}
