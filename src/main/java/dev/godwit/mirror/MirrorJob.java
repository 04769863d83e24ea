package dev.godwit.mirror;

import dev.godwit.host.HostFactory;
import dev.godwit.sync.copy.SeriesOwner;
import dev.godwit.sync.filter.FilterRule;
import java.util.List;

/**
 * One directory to keep equal on another host.
 *
 * @param name for people and for the names of threads
 * @param source connects to the host that has the directory; the mirror has a connection of its own
 * @param sourceRoot absolute path
 * @param target connects to the host that gets it
 * @param targetRoot absolute path; made when it does not exist
 * @param filters which names take part, as {@code sync.Excludes} reads them
 * @param manner how it is done
 * @param owner the move that it belongs to, or none
 */
@SuppressWarnings("ArrayRecordComponent") // paths are bytes; jobs are never compared
public record MirrorJob(
    String name,
    HostFactory source,
    byte[] sourceRoot,
    HostFactory target,
    byte[] targetRoot,
    List<FilterRule> filters,
    MirrorManner manner,
    SeriesOwner owner) {
  public MirrorJob {
    filters = List.copyOf(filters);
  }

  /** One of no move. */
  public MirrorJob(
      String name,
      HostFactory source,
      byte[] sourceRoot,
      HostFactory target,
      byte[] targetRoot,
      List<FilterRule> filters,
      MirrorManner manner) {
    this(name, source, sourceRoot, target, targetRoot, filters, manner, SeriesOwner.NONE);
  }
}
