package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Ruling;
import org.jspecify.annotations.Nullable;

/**
 * Asks the filters about a name, and tells people which rule has decided ({@code -vv}, {@code
 * --debug=FILTER}), in rsync's words.
 */
final class ToldRulings {
  private final Report report;
  private final boolean isTold;
  private final String excluded;
  private final String included;

  private ToldRulings(Report report, boolean isTold, String excluded, String included) {
    this.report = report;
    this.isTold = isTold;
    this.excluded = excluded;
    this.included = included;
  }

  static ToldRulings ofSource(Report report, boolean isTold) {
    return new ToldRulings(report, isTold, "[sender] hiding", "[sender] showing");
  }

  static ToldRulings ofTarget(Report report, boolean isTold) {
    return new ToldRulings(report, isTold, "[generator] protecting", "[generator] risking");
  }

  /** Tells of a name of the target that the filters are not asked about: the source has it. */
  void tell(FilterScope scope, byte[] directory, DirectoryHandle in, DirectoryEntry entry)
      throws LinuxException {
    if (isTold) {
      boolean unused = excludes(scope, directory, entry.name(), in.isDirectory(entry));
    }
  }

  /**
   * As {@link FilterScope#excludes}.
   *
   * @param directory that the name is in
   */
  boolean excludes(FilterScope scope, byte[] directory, byte[] name, boolean isDirectory) {
    if (!isTold) {
      return scope.excludes(name, isDirectory);
    }
    @Nullable Ruling ruling = scope.ruling(name, isDirectory);
    if (ruling == null) {
      return false;
    }
    report.note(
        0,
        "%s %s %s %s"
            .formatted(
                ruling.isExcluded() ? excluded : included,
                isDirectory ? "directory" : "file",
                Names.display(Paths.join(directory, name)),
                ruling.because()));
    return ruling.isExcluded();
  }
}
