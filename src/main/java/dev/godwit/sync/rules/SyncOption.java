package dev.godwit.sync.rules;

import static dev.godwit.sync.rules.OptionGroup.ATTRIBUTES;
import static dev.godwit.sync.rules.OptionGroup.COMPARISON;
import static dev.godwit.sync.rules.OptionGroup.FILTERS;
import static dev.godwit.sync.rules.OptionGroup.LINE;
import static dev.godwit.sync.rules.OptionGroup.LINKS;
import static dev.godwit.sync.rules.OptionGroup.OTHER;
import static dev.godwit.sync.rules.OptionGroup.OUTPUT;
import static dev.godwit.sync.rules.OptionGroup.REMOVAL;
import static dev.godwit.sync.rules.OptionGroup.SELECTION;
import static dev.godwit.sync.rules.OptionGroup.WRITING;

import java.util.List;

/**
 * Every option of {@code godwit sync}: those of {@code rsync --help} (3.5) and its own. The parser,
 * {@code --help}, the manual page and the table for those who come from rsync are all made from
 * this list; what an option sets is in {@link Settings}. The longer texts are in {@link
 * OptionTexts}.
 *
 * <p>Of an option without effect the help says why; of a refused one, what to use instead.
 */
public enum SyncOption {
  // What is copied.
  ARCHIVE('a', "archive", "", SELECTION, "all of -rlptgoD (not -A -X -U -H)"),
  RECURSIVE('r', "recursive", "", SELECTION, "names below directories too", Trait.NEGATABLE),
  INC_RECURSIVE(
      Trait.NO_SHORT,
      "inc-recursive",
      "",
      SELECTION,
      "names are always found while others are copied",
      Trait.NEGATABLE | Trait.NO_EFFECT,
      "i-r"),
  DIRS('d', "dirs", "", SELECTION, "directories without what is in them", Trait.NEGATABLE),
  OLD_DIRS(
      Trait.NO_SHORT, "old-dirs", "", SELECTION, "the same as -r --exclude='/*/*'", 0, "old-d"),
  RELATIVE('R', "relative", "", SELECTION, "keep the whole path of each SRC", Trait.NEGATABLE),
  IMPLIED_DIRS(
      Trait.NO_SHORT,
      "implied-dirs",
      "",
      SELECTION,
      "with -R: the attributes of directories above, too",
      Trait.NEGATABLE | Trait.SHOWN_NEGATED,
      "i-d"),
  ONE_FILE_SYSTEM(
      'x', "one-file-system", "", SELECTION, "stay on one file system", Trait.NEGATABLE),
  PRUNE_EMPTY_DIRS(
      'm', "prune-empty-dirs", "", SELECTION, "leave out empty directories", Trait.NEGATABLE),
  MAX_SIZE(Trait.NO_SHORT, "max-size", "SIZE", SELECTION, "leave out files larger than SIZE"),
  MIN_SIZE(Trait.NO_SHORT, "min-size", "SIZE", SELECTION, "leave out files smaller than SIZE"),
  EXISTING(
      Trait.NO_SHORT,
      "existing",
      "",
      SELECTION,
      "make nothing new on the target",
      0,
      "ignore-non-existing"),
  IGNORE_EXISTING(Trait.NO_SHORT, "ignore-existing", "", SELECTION, "leave files that are there"),
  UPDATE('u', "update", "", SELECTION, "leave files that are newer on the target"),
  IGNORE_MISSING_ARGS(
      Trait.NO_SHORT, "ignore-missing-args", "", SELECTION, "a SRC that is not there is no error"),
  REMOVE_SOURCE_FILES(
      Trait.NO_SHORT,
      "remove-source-files",
      "",
      SELECTION,
      "remove files at the source once they are copied",
      0,
      "remove-sent-files"),

  // Which names take part.
  FILTER('f', "filter", "RULE", FILTERS, "add a filter rule"),
  MERGE_FILTERS('F', "", "", FILTERS, "-f 'dir-merge /.rsync-filter'; -FF: hide these"),
  EXCLUDE(Trait.NO_SHORT, "exclude", "PATTERN", FILTERS, "leave out what matches PATTERN"),
  EXCLUDE_FROM(Trait.NO_SHORT, "exclude-from", "FILE", FILTERS, "patterns to leave out, of FILE"),
  INCLUDE(Trait.NO_SHORT, "include", "PATTERN", FILTERS, "do not leave out what matches"),
  INCLUDE_FROM(Trait.NO_SHORT, "include-from", "FILE", FILTERS, "patterns not to leave out"),
  CVS_EXCLUDE('C', "cvs-exclude", "", FILTERS, "leave out what CVS does"),
  FILES_FROM(Trait.NO_SHORT, "files-from", "FILE", FILTERS, "copy the names listed in FILE"),
  FROM0('0', "from0", "", FILTERS, "these files end lines by NUL", Trait.NEGATABLE_LONG),

  // Symbolic links.
  COPY_LINKS('L', "copy-links", "", LINKS, "copy what links lead to instead"),
  COPY_UNSAFE_LINKS(Trait.NO_SHORT, "copy-unsafe-links", "", LINKS, "only of links that lead out"),
  SAFE_LINKS(Trait.NO_SHORT, "safe-links", "", LINKS, "leave out links that lead out"),
  MUNGE_LINKS(
      Trait.NO_SHORT, "munge-links", "", LINKS, "make links safe and unusable", Trait.NEGATABLE),
  COPY_DIRLINKS('k', "copy-dirlinks", "", LINKS, "links to directories become directories"),
  KEEP_DIRLINKS('K', "keep-dirlinks", "", LINKS, "on the target such a link is a directory"),
  INSECURE_LINKS(
      Trait.NO_SHORT,
      "insecure-links",
      "",
      LINKS,
      "give the links in question to root or to yourself (chown -h)",
      Trait.NEGATABLE | Trait.REFUSED),
  CONFINE_ROOT(Trait.NO_SHORT, "confine-root", "DIR", LINKS, "refuse given paths outside of DIR"),

  // What is kept of each file.
  LINKS_AS_SUCH('l', "links", "", ATTRIBUTES, "copy symbolic links as links", Trait.NEGATABLE),
  HARD_LINKS('H', "hard-links", "", ATTRIBUTES, "keep hard links", Trait.NEGATABLE),
  PERMS('p', "perms", "", ATTRIBUTES, "keep permissions", Trait.NEGATABLE),
  EXECUTABILITY('E', "executability", "", ATTRIBUTES, "keep whether it can be executed"),
  CHMOD(Trait.NO_SHORT, "chmod", "CHMOD", ATTRIBUTES, "change permissions on the way"),
  ACLS('A', "acls", "", ATTRIBUTES, "keep ACLs (implies -p)", Trait.NEGATABLE),
  XATTRS('X', "xattrs", "", ATTRIBUTES, "keep extended attributes", Trait.NEGATABLE),
  OWNER('o', "owner", "", ATTRIBUTES, "keep the owner (as root)", Trait.NEGATABLE),
  GROUP('g', "group", "", ATTRIBUTES, "keep the group", Trait.NEGATABLE),
  DEVICES(Trait.NO_SHORT, "devices", "", ATTRIBUTES, "keep devices (as root)", Trait.NEGATABLE),
  SPECIALS(Trait.NO_SHORT, "specials", "", ATTRIBUTES, "keep fifos and sockets", Trait.NEGATABLE),
  DEVICES_AND_SPECIALS('D', "", "", ATTRIBUTES, "--devices --specials", Trait.NEGATABLE),
  DROP_D(Trait.NO_SHORT, "drop-D", "", ATTRIBUTES, "the target makes neither", Trait.NEGATABLE),
  COPY_DEVICES(Trait.NO_SHORT, "copy-devices", "", ATTRIBUTES, "copy the content of devices"),
  TIMES('t', "times", "", ATTRIBUTES, "keep times of modification", Trait.NEGATABLE),
  ATIMES('U', "atimes", "", ATTRIBUTES, "keep times of access", Trait.NEGATABLE),
  OPEN_NOATIME(
      Trait.NO_SHORT,
      "open-noatime",
      "",
      ATTRIBUTES,
      "reading changes no time of access",
      Trait.NEGATABLE),
  CRTIMES(
      'N',
      "crtimes",
      "",
      ATTRIBUTES,
      "leave it out: Linux lets no program set times of creation",
      Trait.NEGATABLE | Trait.REFUSED),
  OMIT_DIR_TIMES('O', "omit-dir-times", "", ATTRIBUTES, "but not of directories", Trait.NEGATABLE),
  OMIT_LINK_TIMES('J', "omit-link-times", "", ATTRIBUTES, "but not of links", Trait.NEGATABLE),
  NUMERIC_IDS(
      Trait.NO_SHORT,
      "numeric-ids",
      "",
      ATTRIBUTES,
      "owners by number, not by name",
      Trait.NEGATABLE),
  USERMAP(Trait.NO_SHORT, "usermap", "STRING", ATTRIBUTES, "other owners: FROM:TO,..."),
  GROUPMAP(Trait.NO_SHORT, "groupmap", "STRING", ATTRIBUTES, "other groups: FROM:TO,..."),
  MAP_ACLS(
      Trait.NO_SHORT,
      "map-acls",
      "",
      ATTRIBUTES,
      "the maps are for lists too, by number",
      Trait.NEGATABLE | Trait.OWN),
  CHOWN(Trait.NO_SHORT, "chown", "USER:GROUP", ATTRIBUTES, "one owner and group for all"),
  SUPER(Trait.NO_SHORT, "super", "", ATTRIBUTES, "try what only root may", Trait.NEGATABLE),
  FAKE_SUPER(Trait.NO_SHORT, "fake-super", "", ATTRIBUTES, "keep the same in an xattr"),
  COPY_AS(Trait.NO_SHORT, "copy-as", "USER[:GROUP]", ATTRIBUTES, "act as this user"),

  // What counts as changed.
  CHECKSUM('c', "checksum", "", COMPARISON, "compare contents, not times", Trait.NEGATABLE),
  CHECKSUM_CHOICE(
      Trait.NO_SHORT, "checksum-choice", "STR", COMPARISON, "by which checksum", 0, "cc"),
  CHECKSUM_SEED(
      Trait.NO_SHORT,
      "checksum-seed",
      "NUM",
      COMPARISON,
      "checksums here have a seed of their own for each run",
      Trait.NO_EFFECT),
  IGNORE_TIMES('I', "ignore-times", "", COMPARISON, "every file counts as changed"),
  SIZE_ONLY(Trait.NO_SHORT, "size-only", "", COMPARISON, "equal size is equal"),
  MODIFY_WINDOW('@', "modify-window", "NUM", COMPARISON, "times NUM s apart are equal; -1: ns"),
  COMPARE_DEST(Trait.NO_SHORT, "compare-dest", "DIR", COMPARISON, "what is in DIR is not copied"),
  COPY_DEST(Trait.NO_SHORT, "copy-dest", "DIR", COMPARISON, "... it is copied from there"),
  LINK_DEST(Trait.NO_SHORT, "link-dest", "DIR", COMPARISON, "... it is linked from there"),
  FUZZY('y', "fuzzy", "", COMPARISON, "a similar file is a basis", Trait.NEGATABLE),
  DETECT_RENAMES(
      Trait.NO_SHORT,
      "detect-renames",
      "",
      COMPARISON,
      "with --delete: what was renamed is renamed there",
      Trait.NEGATABLE | Trait.OWN),
  VERIFY(
      Trait.NO_SHORT,
      "verify",
      "",
      COMPARISON,
      "read both sides, tell what differs",
      Trait.NEGATABLE | Trait.OWN),

  // How files are written.
  DRY_RUN('n', "dry-run", "", WRITING, "only tell what would be done"),
  WHOLE_FILE('W', "whole-file", "", WRITING, "no delta (default when local)", Trait.NEGATABLE),
  BLOCK_SIZE('B', "block-size", "SIZE", WRITING, "of a delta"),
  INPLACE(Trait.NO_SHORT, "inplace", "", WRITING, "write into the files there", Trait.NEGATABLE),
  APPEND(Trait.NO_SHORT, "append", "", WRITING, "what is there is the start", Trait.NEGATABLE),
  APPEND_VERIFY(Trait.NO_SHORT, "append-verify", "", WRITING, "and is compared too"),
  SPARSE('S', "sparse", "", WRITING, "make holes of zeros", Trait.NEGATABLE),
  PREALLOCATE(Trait.NO_SHORT, "preallocate", "", WRITING, "reserve room first"),
  WRITE_DEVICES(
      Trait.NO_SHORT,
      "write-devices",
      "",
      WRITING,
      "write into devices (implies --inplace)",
      Trait.NEGATABLE),
  PARTIAL(Trait.NO_SHORT, "partial", "", WRITING, "keep half a file", Trait.NEGATABLE),
  PARTIAL_DIR(Trait.NO_SHORT, "partial-dir", "DIR", WRITING, "keep it in DIR"),
  DELAY_UPDATES(
      Trait.NO_SHORT, "delay-updates", "", WRITING, "rename all at the end", Trait.NEGATABLE),
  TEMP_DIR('T', "temp-dir", "DIR", WRITING, "temporary files in DIR"),
  MKPATH(Trait.NO_SHORT, "mkpath", "", WRITING, "make directories above DST", Trait.NEGATABLE),
  FSYNC(Trait.NO_SHORT, "fsync", "", WRITING, "each file is on disk first"),
  BACKUP('b', "backup", "", WRITING, "keep what is replaced", Trait.NEGATABLE),
  BACKUP_DIR(Trait.NO_SHORT, "backup-dir", "DIR", WRITING, "keep it in DIR"),
  SUFFIX(Trait.NO_SHORT, "suffix", "SUFFIX", WRITING, "added to its name (default ~)"),

  // What is removed.
  DELETE(Trait.NO_SHORT, "delete", "", REMOVAL, "remove what the source does not have"),
  DELETE_BEFORE(Trait.NO_SHORT, "delete-before", "", REMOVAL, "before anything is copied"),
  DELETE_DURING(
      Trait.NO_SHORT, "delete-during", "", REMOVAL, "directory by directory (default)", 0, "del"),
  DELETE_DELAY(Trait.NO_SHORT, "delete-delay", "", REMOVAL, "find meanwhile, remove at the end"),
  DELETE_AFTER(Trait.NO_SHORT, "delete-after", "", REMOVAL, "find and remove at the end"),
  DELETE_EXCLUDED(Trait.NO_SHORT, "delete-excluded", "", REMOVAL, "what is left out as well"),
  DELETE_MISSING_ARGS(
      Trait.NO_SHORT, "delete-missing-args", "", REMOVAL, "what a missing SRC stands for"),
  IGNORE_ERRORS(
      Trait.NO_SHORT,
      "ignore-errors",
      "",
      REMOVAL,
      "remove although the source has errors",
      Trait.NEGATABLE),
  FORCE(
      Trait.NO_SHORT,
      "force",
      "",
      REMOVAL,
      "a full directory makes way for a file",
      Trait.NEGATABLE),
  MAX_DELETE(Trait.NO_SHORT, "max-delete", "NUM", REMOVAL, "remove no more than NUM names"),
  DELETE_LIMIT(
      Trait.NO_SHORT,
      "delete-limit",
      "SHARE",
      REMOVAL,
      "change nothing if more would go, as 10%",
      Trait.OWN),
  TRASH(Trait.NO_SHORT, "trash", "DIR", REMOVAL, "keep what is replaced or removed", Trait.OWN),

  // The connection and limits.
  RSH('e', "rsh", "COMMAND", LINE, "the remote shell and its options"),
  RSYNC_PATH(Trait.NO_SHORT, "rsync-path", "PROGRAM", LINE, "where rsync is, if it is used"),
  REMOTE_OPTION('M', "remote-option", "OPT", LINE, "an option for the other side only"),
  COMPRESS('z', "compress", "", LINE, "compress on the way", Trait.NEGATABLE),
  COMPRESS_CHOICE(
      Trait.NO_SHORT, "compress-choice", "STR", LINE, "zstd or none; others mean zstd", 0, "zc"),
  COMPRESS_LEVEL(Trait.NO_SHORT, "compress-level", "NUM", LINE, "how much", 0, "zl"),
  COMPRESS_THREADS(
      Trait.NO_SHORT,
      "compress-threads",
      "NUM",
      LINE,
      "one stream is compressed by one thread",
      Trait.NO_EFFECT,
      "zt"),
  OLD_COMPRESS(
      Trait.NO_SHORT, "old-compress", "", LINE, "the same as --zc=zlib", Trait.UNDOCUMENTED),
  NEW_COMPRESS(
      Trait.NO_SHORT, "new-compress", "", LINE, "the same as --zc=zlibx", Trait.UNDOCUMENTED),
  SKIP_COMPRESS(
      Trait.NO_SHORT, "skip-compress", "LIST", LINE, "not files that end so: gz/jpg/mp[34]"),
  BWLIMIT(Trait.NO_SHORT, "bwlimit", "RATE", LINE, "KiB a second at most; 1.5m", Trait.NEGATABLE),
  TIMEOUT(Trait.NO_SHORT, "timeout", "SECONDS", LINE, "end when nothing comes", Trait.NEGATABLE),
  KEEP_AGENT(
      Trait.NO_SHORT,
      "keep-agent",
      "",
      LINE,
      "keep the line for the next run; =SECONDS",
      Trait.OWN | Trait.NEGATABLE),
  CONTIMEOUT(Trait.NO_SHORT, "contimeout", "SECONDS", LINE, "for the connection", Trait.NEGATABLE),
  STOP_AFTER(Trait.NO_SHORT, "stop-after", "MINS", LINE, "end after so long", 0, "time-limit"),
  STOP_AT(Trait.NO_SHORT, "stop-at", "y-m-dTh:m", LINE, "end at that time"),
  IPV4('4', "ipv4", "", LINE, "use IPv4"),
  IPV6('6', "ipv6", "", LINE, "use IPv6"),
  SECLUDED_ARGS(
      's',
      "secluded-args",
      "",
      LINE,
      "of far paths only wildcards mean anything",
      Trait.NEGATABLE,
      "protect-args"),
  OLD_ARGS(
      Trait.NO_SHORT,
      "old-args",
      "",
      LINE,
      "no shell ever sees the arguments",
      Trait.NEGATABLE | Trait.NO_EFFECT),
  TRUST_SENDER(
      Trait.NO_SHORT,
      "trust-sender",
      "",
      LINE,
      "what the other side names is always checked",
      Trait.NO_EFFECT),
  BLOCKING_IO(
      Trait.NO_SHORT,
      "blocking-io",
      "",
      LINE,
      "the line has threads of its own",
      Trait.NEGATABLE | Trait.NO_EFFECT),
  PROTOCOL(
      Trait.NO_SHORT, "protocol", "NUM", LINE, "both sides are the same build", Trait.NO_EFFECT),
  MAX_ALLOC(
      Trait.NO_SHORT,
      "max-alloc",
      "SIZE",
      LINE,
      "every piece of memory has its limit already",
      Trait.NO_EFFECT),
  QSORT(
      Trait.NO_SHORT,
      "qsort",
      "",
      LINE,
      "names are sorted in one way only",
      Trait.NO_EFFECT | Trait.UNDOCUMENTED),

  // What is told.
  VERBOSE('v', "verbose", "", OUTPUT, "tell more; -vv: more still", Trait.NEGATABLE),
  QUIET('q', "quiet", "", OUTPUT, "tell errors only"),
  ITEMIZE_CHANGES('i', "itemize-changes", "", OUTPUT, "tell every change", Trait.NEGATABLE),
  OUT_FORMAT(Trait.NO_SHORT, "out-format", "FORMAT", OUTPUT, "... in this form", 0, "log-format"),
  LOG_FILE(Trait.NO_SHORT, "log-file", "FILE", OUTPUT, "write a log"),
  LOG_FILE_FORMAT(Trait.NO_SHORT, "log-file-format", "FMT", OUTPUT, "... in this form"),
  STATS(Trait.NO_SHORT, "stats", "", OUTPUT, "figures at the end"),
  HUMAN_READABLE('h', "human-readable", "", OUTPUT, "figures as 1.23M", Trait.NEGATABLE),
  PROGRESS(Trait.NO_SHORT, "progress", "", OUTPUT, "tell how far it is", Trait.NEGATABLE),
  PARTIAL_PROGRESS('P', "", "", OUTPUT, "--partial --progress"),
  INFO(Trait.NO_SHORT, "info", "FLAGS", OUTPUT, "what to tell; --info=help"),
  DEBUG(Trait.NO_SHORT, "debug", "FLAGS", OUTPUT, "FILTER: which rule decides; --debug=help"),
  STDERR(Trait.NO_SHORT, "stderr", "e|a|c", OUTPUT, "errors or all to standard error"),
  MSGS2STDERR(
      Trait.NO_SHORT,
      "msgs2stderr",
      "",
      OUTPUT,
      "the same as --stderr=all",
      Trait.NEGATABLE | Trait.UNDOCUMENTED),
  OUTBUF(Trait.NO_SHORT, "outbuf", "N|L|B", OUTPUT, "buffering of the output"),
  EIGHT_BIT_OUTPUT(
      '8', "8-bit-output", "", OUTPUT, "names as they are, no \\#ooo", Trait.NEGATABLE),
  LIST_ONLY(Trait.NO_SHORT, "list-only", "", OUTPUT, "list the source, copy nothing"),
  JSON(Trait.NO_SHORT, "json", "", OUTPUT, "one event of JSON a line", Trait.OWN),

  // Other.
  HELP(Trait.NO_SHORT, "help", "", OTHER, "show this help; --help=man: the manual"),
  VERSION('V', "version", "", OTHER, "show the version"),
  NO_MOTD(
      Trait.NO_SHORT,
      "motd",
      "",
      OTHER,
      "there is no daemon with a message of the day",
      Trait.NEGATABLE | Trait.NO_EFFECT | Trait.SHOWN_NEGATED),
  ICONV(
      Trait.NO_SHORT,
      "iconv",
      "CONVERT_SPEC",
      OTHER,
      "convert names with convmv(1); here names are bytes",
      Trait.NEGATABLE | Trait.REFUSED),
  WRITE_BATCH(Trait.NO_SHORT, "write-batch", "FILE", OTHER, Trait.BATCH, Trait.REFUSED),
  ONLY_WRITE_BATCH(Trait.NO_SHORT, "only-write-batch", "FILE", OTHER, Trait.BATCH, Trait.REFUSED),
  READ_BATCH(Trait.NO_SHORT, "read-batch", "FILE", OTHER, Trait.BATCH, Trait.REFUSED),
  PASSWORD_FILE(
      Trait.NO_SHORT,
      "password-file",
      "FILE",
      OTHER,
      "use keys of ssh; passwords of an rsync daemon are not used",
      Trait.REFUSED),
  ADDRESS(Trait.NO_SHORT, "address", "ADDRESS", OTHER, "use -e 'ssh -b ADDRESS'", Trait.REFUSED),
  PORT(Trait.NO_SHORT, "port", "PORT", OTHER, "use -e 'ssh -p PORT'", Trait.REFUSED),
  SOCKOPTS(
      Trait.NO_SHORT,
      "sockopts",
      "OPTIONS",
      OTHER,
      "use options of ssh: -e 'ssh -o OPTION'",
      Trait.REFUSED),
  EARLY_INPUT(Trait.NO_SHORT, "early-input", "FILE", OTHER, "use a host over ssh", Trait.REFUSED),
  DAEMON(Trait.NO_SHORT, "daemon", "", OTHER, Trait.NO_DAEMON, Trait.DAEMON_MODE),
  CONFIG(Trait.NO_SHORT, "config", "FILE", OTHER, Trait.NO_DAEMON, Trait.DAEMON_MODE),
  DPARAM(Trait.NO_SHORT, "dparam", "OVERRIDE", OTHER, Trait.NO_DAEMON, Trait.DAEMON_MODE),
  DETACH(
      Trait.NO_SHORT,
      "detach",
      "",
      OTHER,
      Trait.NO_DAEMON,
      Trait.DAEMON_MODE | Trait.NEGATABLE | Trait.SHOWN_NEGATED),
  SERVER(Trait.NO_SHORT, "server", "", OTHER, Trait.NO_SERVER, Trait.DAEMON_MODE),
  SENDER(Trait.NO_SHORT, "sender", "", OTHER, Trait.NO_SERVER, Trait.DAEMON_MODE);

  /** What an option has besides its names; a holder, as an enum's constants come first. */
  private static final class Trait {
    static final char NO_SHORT = 0;

    /** {@code --no-NAME} too, and {@code --no-LETTER}. */
    static final int NEGATABLE = 1;

    /** Only {@code --no-NAME}. */
    static final int NEGATABLE_LONG = 1 << 1;

    static final int NO_EFFECT = 1 << 2;
    static final int REFUSED = 1 << 3;

    /** Not an option of rsync. */
    static final int OWN = 1 << 4;

    /** rsync takes it without showing it in its help. */
    static final int UNDOCUMENTED = 1 << 5;

    /** The negative form is the one that changes something. */
    static final int SHOWN_NEGATED = 1 << 6;

    static final int DAEMON_MODE = REFUSED | UNDOCUMENTED;
    static final String BATCH = "run sync to each target, or use --copy-dest for a second one";
    static final String NO_DAEMON = "use ssh: [USER@]HOST:PATH needs no daemon";
    static final String NO_SERVER = "name the other side as [USER@]HOST:PATH";

    private Trait() {}
  }

  private final char shortName;
  private final String longName;
  private final String argument;
  private final OptionGroup group;
  private final String help;
  private final int traits;
  private final List<String> aliases;

  SyncOption(char shortName, String longName, String argument, OptionGroup group, String help) {
    this(shortName, longName, argument, group, help, 0);
  }

  SyncOption(
      char shortName,
      String longName,
      String argument,
      OptionGroup group,
      String help,
      int traits,
      String... aliases) {
    this.shortName = shortName;
    this.longName = longName;
    this.argument = argument;
    this.group = group;
    this.help = help;
    this.traits = traits;
    this.aliases = List.of(aliases);
  }

  /** The letter; 0 for none. */
  public char shortName() {
    return shortName;
  }

  /** Without its two hyphens; empty for none. */
  public String longName() {
    return longName;
  }

  /** Further long names. */
  public List<String> aliases() {
    return aliases;
  }

  /** What help calls its value; empty when it takes none. */
  public String argument() {
    return argument;
  }

  public boolean takesArgument() {
    return !argument.isEmpty();
  }

  public OptionGroup group() {
    return group;
  }

  /** One line: what it does; why it does nothing; what to use instead. */
  public String help() {
    return help;
  }

  public OptionState state() {
    if (has(Trait.REFUSED)) {
      return OptionState.REFUSED;
    }
    return has(Trait.NO_EFFECT) ? OptionState.NO_EFFECT : OptionState.WORKS;
  }

  /** Whether {@code --no-NAME} is an option too. */
  public boolean isNegatable() {
    return has(Trait.NEGATABLE) || has(Trait.NEGATABLE_LONG);
  }

  /** Whether help shows {@code --no-NAME} instead of the name. */
  public boolean isShownNegated() {
    return has(Trait.SHOWN_NEGATED);
  }

  /** Whether rsync does not have it. */
  public boolean isOwn() {
    return has(Trait.OWN);
  }

  /** Whether rsync takes it without showing it in its help. */
  public boolean isUndocumented() {
    return has(Trait.UNDOCUMENTED);
  }

  /** As messages name it: {@code --delete}, or {@code -D} where there is no long name. */
  public String shown() {
    if (longName.isEmpty()) {
      return "-" + shortName;
    }
    return (isShownNegated() ? "--no-" : "--") + longName;
  }

  private boolean has(int trait) {
    return (traits & trait) != 0;
  }
}
