package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.filter.UnreadRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directories that an argument led through (-R, --files-from), known as long as the next ones
 * do too: a list has a hundred thousand names in a few directories. Only the last one is open: a
 * path may be deeper than a process may have files. One thread.
 */
final class ArgumentWalk implements AutoCloseable {
  /** A name on the way to an argument, or its own. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Step(byte[] name, Place in, FileStatus status, boolean isDirectory) {
    Place inside() {
      return in.below(name, status.isSymbolicLink());
    }
  }

  /**
   * @param through the names on the way from the one before; null for what all hang on
   */
  private record Level(FilterScope scope, @Nullable Step through) {}

  private final Filters filters;
  private final Report report;
  private final List<Level> levels = new ArrayList<>();
  private @Nullable SourceRoot root;

  /** Of the last level; null when it is not open. */
  private @Nullable DirectoryHandle here;

  ArgumentWalk(Filters filters, Report report) {
    this.filters = filters;
    this.report = report;
  }

  /**
   * Leaves those that are not on the way.
   *
   * @return the steps of the way through those that stay, to which others are added
   */
  List<Step> follow(SourceRoot next, List<byte[]> names) {
    SourceRoot last = root;
    int shared = 0;
    if (last != null && last.handle() == next.handle() && last.argument() == next.argument()) {
      while (shared < Math.min(levels.size(), names.size()) && leads(shared, names)) {
        shared++;
      }
    }
    if (levels.size() > shared) {
      levels.subList(shared, levels.size()).clear();
      close();
    }
    root = next;
    List<Step> steps = new ArrayList<>();
    for (Level level : levels) {
      if (level.through != null) {
        steps.add(level.through);
      }
    }
    return steps;
  }

  private boolean leads(int level, List<byte[]> names) {
    Step through = levels.get(level).through;
    return through == null || Arrays.equals(through.name, names.get(level - 1));
  }

  /**
   * Opens the directory that the steps lead to, where it is not open yet.
   *
   * @param place of that directory
   */
  DirectoryHandle enter(Place place, List<Step> steps) throws LinuxException, FilterException {
    boolean isKnown = levels.size() == steps.size() + 1;
    DirectoryHandle last = here;
    if (isKnown && last != null) {
      return last;
    }
    close();
    DirectoryHandle open = place.openForNames();
    try {
      if (!isKnown) {
        Step through = steps.isEmpty() ? null : steps.getLast();
        FilterScope inside =
            through == null
                ? filters.source().of(open)
                : scope().enter(through.name, open, (file, why) -> passedOver(place, file, why));
        levels.add(new Level(inside, through));
      }
    } catch (LinuxException | FilterException e) {
      open.close();
      throw e;
    }
    here = open;
    return open;
  }

  private void passedOver(Place place, String file, LinuxException why) {
    report.failure(CopyStatus.PARTIAL, place.path(), UnreadRules.text(file, why));
  }

  /** Of the directory that was entered last. */
  FilterScope scope() {
    return levels.getLast().scope;
  }

  /** What is known stays so. */
  @Override
  public void close() {
    DirectoryHandle open = here;
    if (open != null) {
      here = null;
      open.close();
    }
  }
}
