package dev.godwit.mirror.rules;

import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.SyncOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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
          SyncOption.PRUNE_EMPTY_DIRS,
          SyncOption.LINKS_AS_SUCH,
          SyncOption.COPY_LINKS,
          SyncOption.COPY_UNSAFE_LINKS,
          SyncOption.COPY_DIRLINKS,
          SyncOption.SAFE_LINKS,
          SyncOption.KEEP_DIRLINKS,
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
          SyncOption.MAP_ACLS,
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
          SyncOption.CHECKSUM,
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
          SyncOption.EXISTING,
          SyncOption.BACKUP,
          SyncOption.BACKUP_DIR,
          SyncOption.SUFFIX,
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
          SyncOption.QUIET);

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
          SyncOption.LOG_FILE,
          SyncOption.LOG_FILE_FORMAT);

  /** Why no backups are kept in the directories of the target themselves. */
  static final String BESIDE =
      "a backup beside what it was could take the name of a file of SRC: name a folder with"
          + " --backup-dir, or use --trash=DIR, which keeps all that is removed or replaced";

  private static final String RULES_GIVEN = "name the rules with --filter, --include and --exclude";

  /** What to do where an option cannot be had; for all others there is godwit sync. */
  private static final Map<SyncOption, String> INSTEAD =
      Map.ofEntries(
          Map.entry(
              SyncOption.CVS_EXCLUDE,
              "--filter=-C has the same names, without the .cvsignore files of the tree, whose"
                  + " changes would change what takes part"),
          Map.entry(SyncOption.MERGE_FILTERS, RULES_GIVEN),
          Map.entry(SyncOption.FILES_FROM, RULES_GIVEN),
          Map.entry(SyncOption.IGNORE_TIMES, "use --checksum, which compares contents"),
          Map.entry(
              SyncOption.LOG_FILE,
              "a log is of all mirrors of the file: write log-file beside mirrors"),
          Map.entry(
              SyncOption.DRY_RUN,
              "use --test to see what would be mirrored, godwit sync --dry-run what would change"));

  private EngineLimits() {}

  /**
   * Why an option of sync is refused, for people.
   *
   * @param shown the option as it was given
   */
  static String refusal(SyncOption option, String shown) {
    return shown
        + " is not possible in a mirror yet; "
        + INSTEAD.getOrDefault(option, "godwit sync can do it");
  }

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
        problems.add(refusal(option, option.shown()));
      }
    }
    Rules rules = invocation.rules();
    if (!rules.recursive) {
      problems.add("a mirror is of all names below: -r cannot be taken away");
    }
    if (!rules.times && !rules.checksum) {
      problems.add(
          "a mirror knows by size and time what has changed: without -t it needs --checksum, which"
              + " compares contents");
    }
    if (!rules.times && rules.update) {
      problems.add(
          "without -t files on DST have the time at which they were written, so that -u would keep"
              + " older ones");
    }
    if (rules.backup && rules.backupDirectory == null) {
      problems.add("--backup: " + BESIDE);
    }
    byte[] trash = rules.trash;
    if (trash != null && rules.backup) {
      problems.add("--backup and --trash exclude each other");
    }
    if (trash != null && trash.length > 0 && trash[0] != '/' && !Names.isPathBelow(trash)) {
      problems.add("--trash is a folder below DST, or a path from the root on");
    }
    try {
      if (Filters.of(invocation.filters(), rules.filterSettings()).hasDirMerges()) {
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
}
