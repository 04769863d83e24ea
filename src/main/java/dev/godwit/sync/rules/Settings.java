package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.filter.FilterRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the options of a command line set, one after the other; a later one overrides. What follows
 * from several of them together is in {@link Implications}.
 */
final class Settings {
  /** How long --keep-agent waits for the next run. */
  private static final int KEEP_SECONDS = 300;

  private static final int KEEP_SECONDS_MAX = 86_400;

  /** Whether directories are entered, as far as it is known before the last option. */
  enum Recursion {
    UNSET,
    ON,
    OFF,
    /** By -a, which does not mean it with --files-from. */
    BY_ARCHIVE
  }

  private static final List<String> HELP_TOPICS = List.of("man", "rsync");

  final Rules.Builder rules = new Rules.Builder();
  final Telling telling = new Telling();
  final LineOptions line = new LineOptions();
  final List<FilterRule> filters = new ArrayList<>();

  /** Options that change nothing, in the words for the user. */
  final List<String> withoutEffect = new ArrayList<>();

  Recursion recursion = Recursion.UNSET;
  @Nullable Boolean relative;
  @Nullable Boolean directories;
  boolean oldDirectories;
  boolean cvs;
  boolean help;
  byte[] helpTopic = {};
  boolean version;
  boolean infoHelp;
  boolean debugHelp;

  /** As given; null: none. */
  byte @Nullable [] filesFrom;

  byte @Nullable [] suffix;
  boolean delete;

  /** Neither has an effect; they exclude each other all the same. */
  boolean secludedArguments;

  boolean oldArguments;

  /** Of --delete-WHEN, which exclude each other. */
  final List<Deletion> deletions = new ArrayList<>();

  private boolean chownOfUser;
  private boolean chownOfGroup;
  private int merges;

  /** By --compress-choice=none. */
  private boolean compressesNever;

  private final Surroundings surroundings;
  private final Problems problems;

  Settings(Surroundings surroundings, Problems problems) {
    this.surroundings = surroundings;
    this.problems = problems;
  }

  void apply(Setting setting) {
    SyncOption option = setting.option();
    if (option.state() == OptionState.REFUSED) {
      if (!setting.negated() || option.isShownNegated()) {
        problems.usage(setting.shown() + " is not possible here: " + option.help());
      }
      return; // to turn off what is not there is no fault
    }
    if (option.isOwn() && option != SyncOption.KEEP_AGENT && !setting.negated()) {
      line.own.add(setting.shown());
    }
    if (option == SyncOption.INC_RECURSIVE) {
      telling.incremental = !setting.negated();
    }
    rules.trustSender |= option == SyncOption.TRUST_SENDER;
    if (option == SyncOption.SECLUDED_ARGS) {
      secludedArguments = !setting.negated();
      return;
    } else if (option == SyncOption.OLD_ARGS) {
      oldArguments = !setting.negated();
    }
    try {
      if (option.state() == OptionState.NO_EFFECT) {
        check(setting);
        withoutEffect.add(setting.shown() + " has no effect: " + option.help());
        return;
      }
      set(setting, !setting.negated());
    } catch (Numbers.NumberException e) {
      problems.usage(given(setting) + " " + e.getMessage());
    }
  }

  /** The value of an option without effect is to be one all the same: a mistyped one is told. */
  private static void check(Setting setting) throws Numbers.NumberException {
    if (setting.option() == SyncOption.CHECKSUM_SEED || setting.option() == SyncOption.PROTOCOL) {
      var unused = Numbers.integer(setting.value());
    } else if (setting.option() == SyncOption.MAX_ALLOC) {
      long size = Numbers.size(setting.value(), 1);
      if (size > 0 && size < 1 << 20) {
        throw new Numbers.NumberException("is too small; at least 1M, 0 for no limit");
      }
    }
  }

  private void set(Setting setting, boolean on) throws Numbers.NumberException {
    byte[] value = setting.value();
    switch (setting.option()) {
      case ARCHIVE -> {
        rules.archive();
        if (recursion != Recursion.ON) {
          recursion = Recursion.BY_ARCHIVE;
        }
      }
      case RECURSIVE -> recursion = on ? Recursion.ON : Recursion.OFF;
      case DIRS -> {
        directories = on;
        oldDirectories = false;
      }
      case OLD_DIRS -> oldDirectories = true;
      case RELATIVE -> relative = on;
      case IMPLIED_DIRS -> rules.impliedDirectories = on;
      case ONE_FILE_SYSTEM -> {
        rules.skipMountPoints = on && rules.oneFileSystem;
        rules.oneFileSystem = on;
      }
      case PRUNE_EMPTY_DIRS -> rules.pruneEmptyDirectories = on;
      case MAX_SIZE -> rules.sizeMax = Numbers.size(value, 1);
      case MIN_SIZE -> rules.sizeMin = Numbers.size(value, 1);
      case EXISTING -> rules.existingOnly = true;
      case IGNORE_EXISTING -> rules.ignoreExisting = true;
      case UPDATE -> rules.update = true;
      case IGNORE_MISSING_ARGS -> {
        if (rules.missingArguments == MissingArguments.ERROR) {
          rules.missingArguments = MissingArguments.IGNORE;
        }
      }
      case DELETE_MISSING_ARGS -> rules.missingArguments = MissingArguments.DELETE;
      case REMOVE_SOURCE_FILES -> rules.removeSourceFiles = true;

      case FILTER -> filter(FilterRule.Kind.RULE, value);
      case MERGE_FILTERS -> {
        merges++;
        if (merges <= 2) {
          String rule = merges == 1 ? ": /.rsync-filter" : "- .rsync-filter";
          filter(FilterRule.Kind.RULE, Names.of(rule));
        }
      }
      case EXCLUDE -> filter(FilterRule.Kind.EXCLUDE, value);
      case INCLUDE -> filter(FilterRule.Kind.INCLUDE, value);
      case EXCLUDE_FROM -> filterFile(FilterRule.Kind.EXCLUDE, setting);
      case INCLUDE_FROM -> filterFile(FilterRule.Kind.INCLUDE, setting);
      case CVS_EXCLUDE -> cvs = true;
      case FILES_FROM -> filesFrom = value;
      case FROM0 -> rules.zeroTerminatedFilters = on;

      case COPY_LINKS -> rules.copyLinks = true;
      case COPY_UNSAFE_LINKS -> rules.copyUnsafeLinks = true;
      case SAFE_LINKS -> rules.safeLinks = true;
      case MUNGE_LINKS -> rules.mungeLinks = on;
      case COPY_DIRLINKS -> rules.copyDirectoryLinks = true;
      case KEEP_DIRLINKS -> rules.keepDirectoryLinks = true;
      case CONFINE_ROOT -> confineRoot(value);

      case LINKS_AS_SUCH -> rules.links = on;
      case HARD_LINKS -> rules.hardLinks = on;
      case PERMS -> rules.permissions = on;
      case EXECUTABILITY -> rules.executability = true;
      case CHMOD -> chmod(value);
      case ACLS -> {
        rules.acls = on;
        rules.permissions |= on;
      }
      case XATTRS -> {
        rules.systemXattrs = on && rules.xattrs;
        rules.xattrs = on;
      }
      case OWNER -> rules.owner = on;
      case GROUP -> rules.group = on;
      case DEVICES -> rules.devices = on;
      case SPECIALS -> rules.specials = on;
      case DEVICES_AND_SPECIALS -> {
        rules.devices = on;
        rules.specials = on;
      }
      case DROP_D -> rules.dropSpecials = on;
      case COPY_DEVICES -> rules.copyDevices = true;
      case TIMES -> rules.times = on;
      case ATIMES -> {
        // Twice: reading does not change them either. It stays when -U is taken back.
        rules.openNoAccessTime |= on && rules.accessTimes;
        rules.accessTimes = on;
      }
      case OPEN_NOATIME -> rules.openNoAccessTime = on;
      case OMIT_DIR_TIMES -> rules.omitDirectoryTimes = on;
      case OMIT_LINK_TIMES -> rules.omitLinkTimes = on;
      case NUMERIC_IDS -> rules.numericIds = on;
      case MAP_ACLS -> rules.mapAcls = on;
      case USERMAP -> userMap(value);
      case GROUPMAP -> groupMap(value);
      case CHOWN -> chown(value);
      case SUPER -> rules.superUser = on;
      case FAKE_SUPER -> {
        rules.fakeSuper = true;
        rules.superUser = null; // the last of them counts
      }
      case COPY_AS -> rules.copyAs = text(value);

      case CHECKSUM -> rules.checksum = on;
      case CHECKSUM_CHOICE -> rules.checksumChoice = Choices.checksum(setting, problems);
      case IGNORE_TIMES -> rules.ignoreTimes = true;
      case SIZE_ONLY -> rules.sizeOnly = true;
      case MODIFY_WINDOW -> rules.modifyWindowSeconds = Math.max(-1, Numbers.integer(value));
      case COMPARE_DEST -> basis(BasisDirectory.Use.COMPARE, setting);
      case COPY_DEST -> basis(BasisDirectory.Use.COPY, setting);
      case LINK_DEST -> basis(BasisDirectory.Use.LINK, setting);
      case FUZZY -> {
        rules.fuzzyInBasisDirectories = on && rules.fuzzy;
        rules.fuzzy = on;
      }
      case DETECT_RENAMES -> rules.detectRenames = on;
      case VERIFY -> {
        rules.verify = on;
        rules.dryRun |= on;
        rules.checksum |= on;
        if (on && rules.deletion == Deletion.NONE) {
          rules.deletion = Deletion.DURING; // what only the target has differs too
        }
        telling.itemize = Math.max(telling.itemize, on ? 1 : 0);
      }

      case DRY_RUN -> rules.dryRun = true;
      case WHOLE_FILE -> rules.wholeFile = on;
      case BLOCK_SIZE -> rules.blockSize = blockSize(setting);
      case INPLACE -> rules.inPlace = on;
      case APPEND -> {
        rules.append = on;
        rules.appendVerify = false;
      }
      case APPEND_VERIFY -> {
        rules.append = true;
        rules.appendVerify = true;
      }
      case SPARSE -> rules.sparse = on;
      case PREALLOCATE -> rules.preallocate = true;
      case WRITE_DEVICES -> rules.writeDevices = on;
      case PARTIAL -> rules.partial = on;
      case PARTIAL_DIR -> rules.partialDirectory = value;
      case DELAY_UPDATES -> rules.delayUpdates = on;
      case TEMP_DIR -> rules.temporaryDirectory = value;
      case MKPATH -> rules.makePath = on;
      case FSYNC -> rules.fsync = true;
      case BACKUP -> rules.backup = on;
      case BACKUP_DIR -> rules.backupDirectory = value;
      case SUFFIX -> suffix = value;

      case DELETE -> delete = true;
      case DELETE_BEFORE -> deletion(Deletion.BEFORE);
      case DELETE_DURING -> deletion(Deletion.DURING);
      case DELETE_DELAY -> deletion(Deletion.DELAY);
      case DELETE_AFTER -> deletion(Deletion.AFTER);
      case DELETE_EXCLUDED -> rules.deleteExcluded = true;
      case IGNORE_ERRORS -> rules.deleteOnErrors = on;
      case FORCE -> rules.force = on;
      // rsync takes any number below zero for none at all, with a warning at the end.
      case MAX_DELETE -> rules.deleteMax = Math.max(0, Numbers.integer(value));
      case DELETE_LIMIT -> rules.deleteShareMax = Choices.share(setting, problems);
      case TRASH -> rules.trash = value;

      case RSH -> remoteShell(setting);
      case RSYNC_PATH -> line.rsyncPath = value;
      case REMOTE_OPTION -> remoteOption(setting);
      case COMPRESS -> {
        if (on && rules.compress && rules.compressChoice == null) {
          rules.compressChoice = "zlibx"; // -zz, for rsyncs without the newer methods
        }
        rules.compress = on && !compressesNever;
      }
      case COMPRESS_CHOICE -> {
        String choice = Choices.compression(setting, problems);
        compressesNever = choice.equals("none");
        rules.compress = !compressesNever;
        rules.compressChoice = choice.equals("auto") || compressesNever ? null : choice;
      }
      case OLD_COMPRESS -> {
        rules.compress = true;
        rules.compressChoice = "zlib";
      }
      case NEW_COMPRESS -> {
        rules.compress = true;
        rules.compressChoice = "zlibx";
      }
      case COMPRESS_LEVEL -> {
        rules.compressLevel = Numbers.integer(value);
        rules.compress |= rules.compressLevel != 0 && !compressesNever;
      }
      case SKIP_COMPRESS -> rules.skipCompress = text(value);
      case BWLIMIT -> rules.bandwidth = on ? Bandwidth.of(setting.value()) : 0;
      case TIMEOUT -> rules.timeoutSeconds = on ? Math.max(0, Numbers.integer(value)) : 0;
      case KEEP_AGENT -> line.keepSeconds = on ? keepSeconds(setting) : -1;
      case CONTIMEOUT -> line.connectSeconds = on ? Math.max(0, Numbers.integer(value)) : 0;
      case STOP_AFTER -> stopAfter(setting);
      case STOP_AT -> stopAt(setting);
      case IPV4 -> {
        line.ipv4 = true;
        line.ipv6 = false;
      }
      case IPV6 -> {
        line.ipv6 = true;
        line.ipv4 = false;
      }

      case DEBUG -> debugHelp |= Choices.debug(setting, telling, problems);
      case VERBOSE -> telling.verbose = on ? telling.verbose + 1 : 0;
      case QUIET -> telling.quiet = true;
      case ITEMIZE_CHANGES -> telling.itemize = on ? telling.itemize + 1 : 0;
      case OUT_FORMAT -> telling.outFormat = value;
      case LOG_FILE -> telling.logFile = value;
      case LOG_FILE_FORMAT -> telling.logFormat = value;
      case STATS -> telling.stats = true;
      case HUMAN_READABLE -> telling.human = on ? telling.human + 1 : 0;
      case PROGRESS -> telling.progress = on;
      case PARTIAL_PROGRESS -> {
        telling.progress = true;
        rules.partial = true;
      }
      case INFO -> infoHelp |= Choices.info(setting, telling, problems);
      case STDERR -> telling.errors = Choices.errorStream(setting, problems);
      case MSGS2STDERR ->
          telling.errors = on ? Telling.ErrorStream.ALL : Telling.ErrorStream.CLIENT;
      case OUTBUF -> telling.buffering = Choices.buffering(setting, problems);
      case EIGHT_BIT_OUTPUT -> telling.eightBit = on;
      case LIST_ONLY -> telling.listOnly = true;
      case JSON -> telling.json = true;

      case HELP -> {
        help = true;
        helpTopic = value;
        if (value.length > 0 && !HELP_TOPICS.contains(text(value))) {
          problems.usage(given(setting) + " is not one of " + String.join(" and ", HELP_TOPICS));
        }
      }
      case VERSION -> version = true;
      default -> throw new AssertionError(setting.option()); // all others were answered before
    }
  }

  private void filter(FilterRule.Kind kind, byte[] text) {
    filters.add(new FilterRule(kind, List.of(text)));
  }

  private void filterFile(FilterRule.Kind kind, Setting setting) {
    try {
      byte[] content = surroundings.read(setting.value(), rules.confineRoot);
      filters.add(new FilterRule(kind, NameLists.read(content, rules.zeroTerminatedFilters)));
    } catch (IOException e) {
      problems.add(
          CopyStatus.FILE_IO,
          "unable to read the file of " + given(setting) + ": " + e.getMessage());
    }
  }

  private void confineRoot(byte[] value) {
    if (value.length == 0 || value[0] != '/') {
      problems.usage("--confine-root=" + Names.display(value) + " must be an absolute path");
    }
    rules.confineRoot = value;
  }

  private static int keepSeconds(Setting setting) throws Numbers.NumberException {
    if (setting.value().length == 0) {
      return KEEP_SECONDS;
    }
    int seconds = Numbers.integer(setting.value());
    if (seconds < 0 || seconds > KEEP_SECONDS_MAX) {
      throw new Numbers.NumberException("is not between 0 and " + KEEP_SECONDS_MAX + " seconds");
    }
    return seconds;
  }

  private void chmod(byte[] value) {
    String text = text(value);
    if (ChmodText.isValid(text)) {
      List<String> all = new ArrayList<>(rules.chmod);
      all.add(text);
      rules.chmod = all;
    } else {
      problems.usage(
          "--chmod=" + Names.display(value) + " is no change of permissions such as Dg+s,F644");
    }
  }

  private void userMap(byte[] value) {
    if (rules.userMap != null) {
      problems.usage(
          chownOfUser
              ? "--usermap cannot be used with --chown before it"
              : "--usermap can be given only once");
    }
    rules.userMap = text(value);
    rules.owner = true;
  }

  private void groupMap(byte[] value) {
    if (rules.groupMap != null) {
      problems.usage(
          chownOfGroup
              ? "--groupmap cannot be used with --chown before it"
              : "--groupmap can be given only once");
    }
    rules.groupMap = text(value);
    rules.group = true;
  }

  private void chown(byte[] value) {
    String text = text(value);
    int colon = text.indexOf(':');
    String user = colon < 0 ? text : text.substring(0, colon);
    String group = colon < 0 ? "" : text.substring(colon + 1);
    if (!user.isEmpty()) {
      if (rules.userMap != null) {
        problems.usage(
            chownOfUser
                ? "an owner can be given only once with --chown"
                : "--chown cannot be used with --usermap before it");
      }
      rules.userMap = "*:" + user;
      rules.owner = true;
      chownOfUser = true;
    }
    if (!group.isEmpty()) {
      if (rules.groupMap != null) {
        problems.usage(
            chownOfGroup
                ? "a group can be given only once with --chown"
                : "--chown cannot be used with --groupmap before it");
      }
      rules.groupMap = "*:" + group;
      rules.group = true;
      chownOfGroup = true;
    }
  }

  private void basis(BasisDirectory.Use use, Setting setting) {
    List<BasisDirectory> all = new ArrayList<>(rules.basisDirectories);
    if (!all.isEmpty() && all.getFirst().use() != use) {
      problems.usage(
          setting.shown()
              + " cannot be used with "
              + switch (all.getFirst().use()) {
                case COMPARE -> "--compare-dest";
                case COPY -> "--copy-dest";
                case LINK -> "--link-dest";
              });
      return;
    }
    if (all.size() == Implications.BASIS_DIRECTORIES_MAX) {
      problems.usage(
          setting.shown()
              + " can be given "
              + Implications.BASIS_DIRECTORIES_MAX
              + " times at most");
      return;
    }
    all.add(new BasisDirectory(use, setting.value()));
    rules.basisDirectories = all;
  }

  private void deletion(Deletion when) {
    delete = true;
    if (when == Deletion.DURING || when == Deletion.DELAY) {
      // These two do not exclude each other; the later one counts.
      deletions.remove(when == Deletion.DURING ? Deletion.DELAY : Deletion.DURING);
    }
    if (!deletions.contains(when)) {
      deletions.add(when);
    }
  }

  private void remoteShell(Setting setting) {
    try {
      line.remoteShell = RemoteShell.split(setting.value());
    } catch (IllegalArgumentException e) {
      problems.usage(given(setting) + ": " + e.getMessage());
    }
  }

  /** Checked now, so that a mistyped one is known before the other host is asked. */
  private void remoteOption(Setting setting) {
    byte[] value = setting.value();
    if (value.length < 2 || value[0] != '-') {
      problems.usage(given(setting) + " is no option; write it as " + setting.shown() + "--OPTION");
      return;
    }
    line.remoteOptions.add(value);
    OptionParser parsed = OptionParser.parse(List.of(value), problems);
    for (Setting remote : parsed.settings) {
      OptionGroup group = remote.option().group();
      if (group == OptionGroup.FILTERS) {
        problems.usage(
            given(setting)
                + " is not possible here: say which side a rule is for, -f '-s PATTERN' hides from"
                + " the source, -f '-r PATTERN' protects at the target");
      } else if (group == OptionGroup.OUTPUT || group == OptionGroup.OTHER) {
        withoutEffect.add(
            setting.shown()
                + " "
                + Names.display(value)
                + " has no effect but on an rsync there: messages come from this side");
      }
    }
  }

  private static int blockSize(Setting setting) throws Numbers.NumberException {
    long size = Numbers.size(setting.value(), 1);
    if (size > Implications.BLOCK_BYTES_MAX) {
      throw new Numbers.NumberException("is too large; the largest block is 128K");
    }
    return (int) size;
  }

  private void stopAfter(Setting setting) throws Numbers.NumberException {
    int minutes = Numbers.integer(setting.value());
    if (minutes <= 0) {
      throw new Numbers.NumberException("is no number of minutes above 0");
    }
    rules.stopAtSeconds = surroundings.now().toEpochSecond() + 60L * minutes;
  }

  private void stopAt(Setting setting) {
    try {
      rules.stopAtSeconds = StopTime.parse(text(setting.value()), surroundings.now());
    } catch (IllegalArgumentException e) {
      problems.usage(given(setting) + " " + e.getMessage());
    }
  }

  /** The option with its value, as messages name it. */
  static String given(Setting setting) {
    String joint = setting.shown().startsWith("--") ? "=" : " ";
    return setting.shown() + joint + Names.display(setting.value());
  }

  /** Texts of the user's that are no names; what is not UTF-8 is found later to be no user. */
  static String text(byte[] value) {
    return new String(value, StandardCharsets.UTF_8);
  }
}
