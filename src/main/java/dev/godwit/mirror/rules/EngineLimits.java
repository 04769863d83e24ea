package dev.godwit.mirror.rules;

import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.SyncOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which options of {@code godwit sync} a mirror honours: those that make sense for single names at
 * any time, and not only for a pass over everything. The only place that knows.
 */
public final class EngineLimits {
  private static final Set<SyncOption> HONOURED =
      EnumSet.of(
          SyncOption.ARCHIVE,
          SyncOption.RECURSIVE,
          SyncOption.UPDATE,
          SyncOption.ONE_FILE_SYSTEM,
          SyncOption.FILTER,
          SyncOption.EXCLUDE,
          SyncOption.EXCLUDE_FROM,
          SyncOption.INCLUDE,
          SyncOption.INCLUDE_FROM,
          SyncOption.FROM0,
          SyncOption.LINKS_AS_SUCH,
          SyncOption.SAFE_LINKS,
          SyncOption.HARD_LINKS,
          SyncOption.PERMS,
          SyncOption.EXECUTABILITY,
          SyncOption.CHMOD,
          SyncOption.ACLS,
          SyncOption.XATTRS,
          SyncOption.OWNER,
          SyncOption.GROUP,
          SyncOption.TIMES,
          SyncOption.SPECIALS,
          SyncOption.DEVICES,
          SyncOption.DEVICES_AND_SPECIALS,
          SyncOption.SUPER,
          SyncOption.NUMERIC_IDS,
          SyncOption.USERMAP,
          SyncOption.GROUPMAP,
          SyncOption.CHOWN,
          SyncOption.OPEN_NOATIME,
          SyncOption.OMIT_DIR_TIMES,
          SyncOption.OMIT_LINK_TIMES,
          SyncOption.MODIFY_WINDOW,
          SyncOption.MAX_SIZE,
          SyncOption.MIN_SIZE,
          SyncOption.SPARSE,
          SyncOption.PREALLOCATE,
          SyncOption.FSYNC,
          SyncOption.WHOLE_FILE,
          SyncOption.BLOCK_SIZE,
          SyncOption.CHECKSUM_CHOICE,
          SyncOption.MKPATH,
          SyncOption.DELETE,
          SyncOption.DELETE_BEFORE,
          SyncOption.DELETE_DURING,
          SyncOption.DELETE_DELAY,
          SyncOption.DELETE_AFTER,
          SyncOption.DELETE_EXCLUDED,
          SyncOption.DELETE_LIMIT,
          SyncOption.FORCE,
          SyncOption.TRASH,
          SyncOption.RSH,
          SyncOption.COMPRESS,
          SyncOption.COMPRESS_CHOICE,
          SyncOption.COMPRESS_LEVEL,
          SyncOption.SKIP_COMPRESS,
          SyncOption.BWLIMIT,
          SyncOption.CONTIMEOUT,
          SyncOption.IPV4,
          SyncOption.IPV6,
          SyncOption.VERBOSE,
          SyncOption.QUIET,
          SyncOption.LOG_FILE);

  private static final Set<SyncOption> ONLY_MANNER =
      EnumSet.of(
          SyncOption.INPLACE,
          SyncOption.APPEND,
          SyncOption.APPEND_VERIFY,
          SyncOption.PARTIAL,
          SyncOption.PARTIAL_DIR,
          SyncOption.PARTIAL_PROGRESS,
          SyncOption.DELAY_UPDATES,
          SyncOption.TEMP_DIR,
          SyncOption.FUZZY,
          SyncOption.DETECT_RENAMES,
          SyncOption.IGNORE_ERRORS,
          SyncOption.RSYNC_PATH,
          SyncOption.TIMEOUT,
          SyncOption.STATS,
          SyncOption.PROGRESS,
          SyncOption.HUMAN_READABLE,
          SyncOption.INFO,
          SyncOption.DEBUG,
          SyncOption.STDERR,
          SyncOption.MSGS2STDERR,
          SyncOption.OUTBUF,
          SyncOption.EIGHT_BIT_OUTPUT,
          SyncOption.ITEMIZE_CHANGES,
          SyncOption.OUT_FORMAT,
          SyncOption.LOG_FILE_FORMAT);

  private EngineLimits() {}

  /** Whether the option is one that a mirror takes. */
  public static boolean isHonoured(SyncOption option) {
    return HONOURED.contains(option) || option.state() == OptionState.NO_EFFECT;
  }

  /**
   * Whether an option of sync that a mirror does not take would change nothing in the target in the
   * end: only how it comes about.
   */
  public static boolean isOnlyManner(SyncOption option) {
    return ONLY_MANNER.contains(option);
  }

  /** What was asked for and cannot be had, for people. */
  static List<String> problems(List<SyncOption> given, Invocation invocation) {
    List<String> problems = new ArrayList<>();
    for (SyncOption option : Set.copyOf(given)) {
      if (!isHonoured(option)) {
        problems.add(option.shown() + " is not possible in a mirror yet; godwit sync can do it");
      }
    }
    Rules rules = invocation.rules();
    if (!rules.recursive) {
      problems.add("a mirror is of all names below: -r cannot be taken away");
    }
    if (!rules.links) {
      problems.add("a mirror always keeps symbolic links: -l cannot be taken away");
    }
    if (!rules.times) {
      problems.add("a mirror knows by size and time what has changed: -t cannot be taken away");
    }
    byte[] trash = rules.trash;
    if (trash != null && trash.length > 0 && trash[0] != '/' && !isBelow(trash)) {
      problems.add("--trash is a folder below DST, or a path from the root on");
    }
    try {
      if (Filters.of(invocation.filters(), rules.deleteExcluded).hasDirMerges()) {
        problems.add(
            "filter files in the tree itself (dir-merge, -F, -C) are not possible in a mirror yet;"
                + " name the rules with --filter");
      }
    } catch (FilterException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    problems.sort(null);
    return problems;
  }

  /** Whether a path has names alone, no dots and nothing between two slashes. */
  private static boolean isBelow(byte[] path) {
    int from = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i == path.length || path[i] == '/') {
        if (!Names.isComponent(Arrays.copyOfRange(path, from, i))) {
          return false;
        }
        from = i + 1;
      }
    }
    return true;
  }
}
