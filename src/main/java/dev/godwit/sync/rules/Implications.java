package dev.godwit.sync.rules;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.filter.FilterRule;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What follows from several options together, once all of them are known: what one implies, and
 * what cannot be asked for at the same time. As rsync(1) has it; each was tried with rsync 3.5.
 */
final class Implications {
  static final int BASIS_DIRECTORIES_MAX = 20;
  static final int BLOCK_BYTES_MAX = 128 * 1024;

  private static final byte[] DELAYED = Names.of(".~tmp~");
  private static final byte[] HERE = {'.'};

  private final Settings settings;
  private final Rules.Builder rules;
  private final Telling telling;
  private final Surroundings surroundings;
  private final Problems problems;

  private Implications(Settings settings, Surroundings surroundings, Problems problems) {
    this.settings = settings;
    this.rules = settings.rules;
    this.telling = settings.telling;
    this.surroundings = surroundings;
    this.problems = problems;
  }

  /**
   * @param lists whether there is one operand only, whose names are listed
   */
  static void apply(
      Settings settings, boolean lists, Surroundings surroundings, Problems problems) {
    Implications all = new Implications(settings, surroundings, problems);
    all.settings.telling.listOnly |= lists;
    all.selection();
    all.removal();
    all.writing();
    all.trash();
    all.backup();
    all.attributes();
    all.filters();
    all.telling();
    if (settings.secludedArguments && settings.oldArguments) {
      problems.usage("--secluded-args (-s) cannot be used with --old-args");
    }
  }

  private void selection() {
    boolean fromList = settings.filesFrom != null;
    rules.recursive =
        settings.recursion == Settings.Recursion.ON
            || settings.recursion == Settings.Recursion.BY_ARCHIVE && !fromList
            || settings.oldDirectories
            || rules.verify && settings.recursion == Settings.Recursion.UNSET && !fromList;
    rules.relative = settings.relative == null ? fromList : settings.relative;
    rules.directories =
        !rules.recursive
            && (settings.directories == null ? fromList || telling.listOnly : settings.directories);
    rules.listOnly = telling.listOnly;
  }

  private void removal() {
    if (settings.deletions.size() > 1) {
      problems.usage(
          "only one of --delete-before, --delete-during (or --delete-delay) and --delete-after can"
              + " be given");
    }
    if (settings.delete || rules.deleteExcluded) {
      rules.deletion =
          settings.deletions.isEmpty() ? Deletion.DURING : settings.deletions.getFirst();
      if (!rules.recursive && !rules.directories) {
        problems.usage("--delete needs --recursive (-r) or --dirs (-d)");
      }
    }
  }

  private void writing() {
    String choice = rules.checksumChoice;
    boolean isUnsummed = choice != null && choice.split(",", 2)[0].equals("none");
    if (isUnsummed) {
      rules.wholeFile = true; // a delta without a checksum could not be trusted
    }
    String inPlace = rules.append ? "--append" : "--inplace";
    if (rules.append && Boolean.TRUE.equals(rules.wholeFile)) {
      problems.usage(
          isUnsummed
              ? "--append cannot be used with --checksum-choice=none, which implies --whole-file"
              : "--append cannot be used with --whole-file (-W)");
    }
    rules.inPlace |= rules.append || rules.writeDevices;
    boolean keepsIn = rules.partialDirectory != null;
    if (rules.inPlace && keepsIn) {
      problems.usage(inPlace + " cannot be used with --partial-dir");
    }
    if (rules.inPlace && rules.delayUpdates) {
      problems.usage(inPlace + " cannot be used with --delay-updates");
    }
    if (rules.partial && !keepsIn && !rules.inPlace && !rules.delayUpdates) {
      rules.partialDirectory = surroundings.environment("RSYNC_PARTIAL_DIR");
    }
    rules.partial |= keepsIn || rules.inPlace;
    if (rules.partialDirectory != null) {
      rules.partialDirectory = cleaned(rules.partialDirectory);
    }
    if (rules.delayUpdates && rules.partialDirectory == null) {
      rules.partialDirectory = DELAYED;
    }
    if (rules.checksum && choice != null && choice.endsWith("none")) {
      problems.add(
          CopyStatus.UNSUPPORTED, "--checksum (-c) cannot be used with --checksum-choice=none");
    }
  }

  /** Without "./" before it; ".//a" is "/a" then, as it is for rsync. */
  private static byte[] withoutDots(byte[] path) {
    int from = 0;
    while (path.length - from > 2 && path[from] == '.' && path[from + 1] == '/') {
      from += 2;
    }
    return Arrays.copyOfRange(path, from, path.length);
  }

  /** Without "./" before and '/' behind; null for the directory itself. */
  private static byte @Nullable [] cleaned(byte[] given) {
    byte[] path = withoutDots(given);
    int to = path.length;
    while (to > 1 && path[to - 1] == '/') {
      to--;
    }
    byte[] clean = Arrays.copyOf(path, to);
    return clean.length == 0 || Arrays.equals(clean, HERE) ? null : clean;
  }

  private void trash() {
    byte[] trash = rules.trash;
    if (trash != null && trash.length == 0) {
      problems.usage("--trash: the name of the folder is empty; name one below DST, or a path");
    } else if (trash != null && trash[0] == '/' && isTop(trash)) {
      problems.usage(
          "--trash="
              + Names.display(trash)
              + " is the top of all directories; name a folder for what is kept");
    }
  }

  private static boolean isTop(byte[] path) {
    return Names.components(path).stream().noneMatch(Names::isComponent);
  }

  private void backup() {
    if (rules.backupDirectory != null) {
      rules.backup = true;
      rules.backupDirectory = withoutDots(rules.backupDirectory);
    }
    byte @Nullable [] suffix = settings.suffix;
    boolean elsewhere =
        rules.trash != null
            || rules.backupDirectory != null && cleaned(rules.backupDirectory) != null;
    if (suffix == null) {
      boolean isBeside = rules.trash == null && rules.backupDirectory == null;
      rules.backupSuffix = isBeside ? new byte[] {'~'} : new byte[0];
    } else {
      rules.backupSuffix = suffix;
    }
    for (byte c : rules.backupSuffix) {
      if (c == '/') {
        problems.usage("--suffix=" + Names.display(rules.backupSuffix) + " cannot contain slashes");
        return;
      }
    }
    if (rules.backupSuffix.length == 0 && !elsewhere) {
      problems.usage(
          rules.backupDirectory == null
              ? "--suffix cannot be empty without --backup-dir"
              : "--suffix cannot be empty when --backup-dir is the target itself");
    }
    if (rules.backup && rules.backupDirectory == null) {
      rules.omitDirectoryTimes = true; // each backup would change them
    }
  }

  private void attributes() {
    if (rules.fakeSuper && rules.systemXattrs) {
      problems.usage("--fake-super cannot be used with -XX");
    }
  }

  /** Rules that other options add, after the user's own. */
  private void filters() {
    if (rules.backup
        && rules.backupDirectory == null
        && rules.deletion != Deletion.NONE
        && !rules.deleteExcluded
        && rules.backupSuffix.length > 0) {
      add(FilterRule.Kind.RULE, "P *", rules.backupSuffix);
    }
    if (settings.oldDirectories) {
      add(FilterRule.Kind.EXCLUDE, "/*/*", new byte[0]);
    }
    byte @Nullable [] partial = rules.partialDirectory;
    if (partial != null && partial[0] != '/') {
      byte[] directory = Arrays.copyOf(partial, partial.length + 1);
      directory[partial.length] = '/';
      add(FilterRule.Kind.RULE, "-p ", directory);
    }
    if (settings.cvs) {
      settings.filters.add(new FilterRule(FilterRule.Kind.CVS, List.of()));
    }
  }

  private void add(FilterRule.Kind kind, String prefix, byte[] rest) {
    byte[] start = Names.of(prefix);
    byte[] rule = Arrays.copyOf(start, start.length + rest.length);
    System.arraycopy(rest, 0, rule, start.length, rest.length);
    settings.filters.add(new FilterRule(kind, List.of(rule)));
  }

  private void telling() {
    telling.incremental &=
        rules.recursive
            && rules.deletion != Deletion.BEFORE
            && rules.deletion != Deletion.AFTER
            && !rules.delayUpdates
            && !rules.pruneEmptyDirectories;
    rules.incremental = telling.incremental;
    if (rules.removeSourceFiles) {
      rules.delayUpdates = false; // what has no name yet must not lose its source
    }
    byte @Nullable [] format = telling.format();
    boolean speaks =
        !telling.quiet && (format != null || telling.level(InfoFlag.DEL) > 0 || telling.listOnly);
    // What differs is counted also where nobody is told.
    rules.wantsItems = speaks || telling.json || telling.logFile != null || rules.verify;
    rules.tellsRulings = telling.tellsRulings();
    boolean itemizes = has(format, "%i");
    rules.wantsSums =
        speaks && has(format, "%C") || telling.logFile != null && has(telling.formatOfLog(), "%C");
    rules.wantsSkipReasons = rules.ignoreExisting && telling.level(InfoFlag.SKIP) > 1;
    rules.wantsUnchanged =
        speaks && (telling.level(InfoFlag.NAME) > 1 || telling.itemize > 1 && itemizes);
  }

  private static boolean has(byte @Nullable [] format, String escape) {
    return format != null && new String(format, ISO_8859_1).contains(escape);
  }
}
