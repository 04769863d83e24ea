package dev.godwit.sync.rules;

import dev.godwit.sync.filter.FilterSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one copy does, as its options say: what is selected, compared, kept, written and removed.
 * Names in brackets are the options of rsync(1) that mean the same. Both sides are given the same
 * rules, as text ({@code RulesText}), by the controller, never by each other.
 */
public final class Rules {

  // What is selected.

  /** Names below directories too (-r). */
  public final boolean recursive;

  /** Directories themselves without what is in them (-d). */
  public final boolean directories;

  /** Source arguments keep their whole path below the target (-R). */
  public final boolean relative;

  /** With {@link #relative}: directories above an argument get the attributes of the source. */
  public final boolean impliedDirectories;

  /** Do not enter other file systems (-x). */
  public final boolean oneFileSystem;

  /** Given twice: not even the directories they are mounted on (-xx). */
  public final boolean skipMountPoints;

  /** Directories that would stay empty are not made (-m). */
  public final boolean pruneEmptyDirectories;

  /** Smaller files are not transferred; in bytes (--min-size). */
  public final long sizeMin;

  /** Larger files are not transferred; in bytes (--max-size). */
  public final long sizeMax;

  /** What a source argument that does not exist means. */
  public final MissingArguments missingArguments;

  /** Nothing new is made (--existing). */
  public final boolean existingOnly;

  /** What stands is not updated (--ignore-existing). */
  public final boolean ignoreExisting;

  /** Files that are newer on the target are left (-u). */
  public final boolean update;

  /** Files go from the source once they are on the target (--remove-source-files). */
  public final boolean removeSourceFiles;

  /** The target makes no devices and special files (--drop-D). */
  public final boolean dropSpecials;

  /** Lines of merge files end with NUL (--from0). */
  public final boolean zeroTerminatedFilters;

  // Symbolic links.

  /** Symbolic links as such (-l). */
  public final boolean links;

  /** What they lead to in their place (-L). */
  public final boolean copyLinks;

  /** The same for those that lead out of the tree. */
  public final boolean copyUnsafeLinks;

  /** Those that lead out of the tree are left out. */
  public final boolean safeLinks;

  /** Links are made unusable on the target, and restored on the way back. */
  public final boolean mungeLinks;

  /** What leads to a directory is a directory (-k). */
  public final boolean copyDirectoryLinks;

  /** On the target, a link to a directory is a directory (-K). */
  public final boolean keepDirectoryLinks;

  // What is kept of an inode.

  /** (-H). */
  public final boolean hardLinks;

  /** (-p). */
  public final boolean permissions;

  /** The x bits only (-E). */
  public final boolean executability;

  /** (-A). */
  public final boolean acls;

  /** User attributes, and as root those of other name spaces (-X). */
  public final boolean xattrs;

  /** Given twice: those that are synthetic too (-XX). */
  public final boolean systemXattrs;

  /** (-o). */
  public final boolean owner;

  /** (-g). */
  public final boolean group;

  /** (--devices). */
  public final boolean devices;

  /** Fifos and sockets (--specials). */
  public final boolean specials;

  /** The content of a device as a regular file. */
  public final boolean copyDevices;

  /** Content goes into a device that stands at the target. */
  public final boolean writeDevices;

  /** Of modification (-t). */
  public final boolean times;

  /** (-U). */
  public final boolean accessTimes;

  /** Reading does not change the time of access (--open-noatime). */
  public final boolean openNoAccessTime;

  /** (-N); refused where the file system cannot set them. */
  public final boolean createTimes;

  /** (-O). */
  public final boolean omitDirectoryTimes;

  /** (-J). */
  public final boolean omitLinkTimes;

  /** True: try what only root may (--super); false: do not; null: as root only. */
  public final @Nullable Boolean superUser;

  /** Owner, device numbers and the like are kept in an attribute (--fake-super). */
  public final boolean fakeSuper;

  /** Changes of the mode, as chmod(1) writes them, in order. */
  public final List<String> chmod;

  /** Owners by number, not by name. */
  public final boolean numericIds;

  /** As --usermap writes it. */
  public final @Nullable String userMap;

  /** As --groupmap writes it. */
  public final @Nullable String groupMap;

  /** With --numeric-ids, who is named in a list is mapped like an owner. */
  public final boolean mapAcls;

  /** USER[:GROUP] that the target's side works as. */
  public final @Nullable String copyAs;

  // How is compared.

  /** Size and time say nothing (-I). */
  public final boolean ignoreTimes;

  /** Equal size is equal (--size-only). */
  public final boolean sizeOnly;

  /** Times so far apart are equal; -1: to the nanosecond (--modify-window). */
  public final long modifyWindowSeconds;

  /** By content, not by size and time (-c). */
  public final boolean checksum;

  /** As --checksum-choice writes it. */
  public final @Nullable String checksumChoice;

  /** --compare-dest, --copy-dest, --link-dest, in order; one kind only. */
  public final List<BasisDirectory> basisDirectories;

  /** A similar file is a basis (-y). */
  public final boolean fuzzy;

  /** Given twice (-yy). */
  public final boolean fuzzyInBasisDirectories;

  /** What was renamed at the source is renamed at the target. */
  public final boolean detectRenames;

  // How is written.

  /** (-n). */
  public final boolean dryRun;

  /** (--inplace). */
  public final boolean inPlace;

  /** What is there is the beginning (--append). */
  public final boolean append;

  /** --append-verify. */
  public final boolean appendVerify;

  /** True: no delta; false: delta; null: delta where one side is remote (-W). */
  public final @Nullable Boolean wholeFile;

  /** Of a delta, in bytes; 0: by the size of the file (-B). */
  public final int blockSize;

  /** Runs of zeros become holes (-S). */
  public final boolean sparse;

  /** (--preallocate). */
  public final boolean preallocate;

  /** What came of an interrupted file stays (--partial). */
  public final boolean partial;

  /** Where it stays (--partial-dir). */
  public final byte @Nullable [] partialDirectory;

  /** All files get their names at the end (--delay-updates). */
  public final boolean delayUpdates;

  /** (-T). */
  public final byte @Nullable [] temporaryDirectory;

  /** Missing directories above the target are made (--mkpath). */
  public final boolean makePath;

  /** Every file is on disk before it gets its name (--fsync). */
  public final boolean fsync;

  /** What is replaced or removed is kept under another name (-b). */
  public final boolean backup;

  /** (--backup-dir). */
  public final byte @Nullable [] backupDirectory;

  /** (--suffix). */
  public final byte[] backupSuffix;

  /** Directory at the target that keeps what is replaced or removed (--trash). */
  public final byte @Nullable [] trash;

  // What is removed.

  /** When names that the source does not have are removed. */
  public final Deletion deletion;

  /** (--delete-excluded). */
  public final boolean deleteExcluded;

  /** Remove although something could not be read (--ignore-errors). */
  public final boolean deleteOnErrors;

  /** A directory that is not empty makes way for a file (--force). */
  public final boolean force;

  /** How many names may go; -1: any number (--max-delete). */
  public final long deleteMax;

  /** What share of the target's names may go (--delete-limit, H27). */
  public final double deleteShareMax;

  // The line and the limits.

  /** (-z). */
  public final boolean compress;

  /** As --compress-choice writes it. */
  public final @Nullable String compressChoice;

  /** (--compress-level). */
  public final @Nullable Integer compressLevel;

  /** As --skip-compress writes it; null: the usual list. */
  public final @Nullable String skipCompress;

  /** Bytes a second at most; 0: any number (--bwlimit). */
  public final long bandwidth;

  /** End when nothing came for so long; 0: never (--timeout). */
  public final int timeoutSeconds;

  /** End by this time, in seconds since 1970; 0: never (--stop-at, --stop-after). */
  public final long stopAtSeconds;

  /** Paths that the user gave must lie below it (--confine-root). */
  public final byte @Nullable [] confineRoot;

  /** The source's list is not checked again (--trust-sender); has no effect here. */
  public final boolean trustSender;

  // What is told.

  /** Whether each name over which a filter rule decides is told, with the rule. */
  public final boolean tellsRulings;

  /** Each name that changes is told. */
  public final boolean wantsItems;

  /** And each name that does not (-ii, -vv). */
  public final boolean wantsUnchanged;

  /** Of a name that is passed over because it stands, how it differs is told (--info=skip2). */
  public final boolean wantsSkipReasons;

  /** Items have the checksum of the content (%C). */
  public final boolean wantsSums;

  /**
   * A directory is listed when it is reached and not before the copy begins
   * (--incremental-recursive): what several arguments lead to is then listed and counted once.
   */
  public final boolean incremental;

  /** The source's names are told, nothing is copied (--list-only). */
  public final boolean listOnly;

  /** Read both sides and tell what differs (--verify). */
  public final boolean verify;

  private Rules(Builder from) {
    recursive = from.recursive;
    directories = from.directories;
    relative = from.relative;
    impliedDirectories = from.impliedDirectories;
    oneFileSystem = from.oneFileSystem;
    skipMountPoints = from.skipMountPoints;
    pruneEmptyDirectories = from.pruneEmptyDirectories;
    sizeMin = from.sizeMin;
    sizeMax = from.sizeMax;
    missingArguments = from.missingArguments;
    existingOnly = from.existingOnly;
    ignoreExisting = from.ignoreExisting;
    update = from.update;
    removeSourceFiles = from.removeSourceFiles;
    dropSpecials = from.dropSpecials;
    zeroTerminatedFilters = from.zeroTerminatedFilters;
    links = from.links;
    copyLinks = from.copyLinks;
    copyUnsafeLinks = from.copyUnsafeLinks;
    safeLinks = from.safeLinks;
    mungeLinks = from.mungeLinks;
    copyDirectoryLinks = from.copyDirectoryLinks;
    keepDirectoryLinks = from.keepDirectoryLinks;
    hardLinks = from.hardLinks;
    permissions = from.permissions;
    executability = from.executability;
    acls = from.acls;
    xattrs = from.xattrs;
    systemXattrs = from.systemXattrs;
    owner = from.owner;
    group = from.group;
    devices = from.devices;
    specials = from.specials;
    copyDevices = from.copyDevices;
    writeDevices = from.writeDevices;
    times = from.times;
    accessTimes = from.accessTimes;
    openNoAccessTime = from.openNoAccessTime;
    createTimes = from.createTimes;
    omitDirectoryTimes = from.omitDirectoryTimes;
    omitLinkTimes = from.omitLinkTimes;
    superUser = from.superUser;
    fakeSuper = from.fakeSuper;
    chmod = List.copyOf(from.chmod);
    numericIds = from.numericIds;
    userMap = from.userMap;
    groupMap = from.groupMap;
    mapAcls = from.mapAcls;
    copyAs = from.copyAs;
    ignoreTimes = from.ignoreTimes;
    sizeOnly = from.sizeOnly;
    modifyWindowSeconds = from.modifyWindowSeconds;
    checksum = from.checksum;
    checksumChoice = from.checksumChoice;
    basisDirectories = List.copyOf(from.basisDirectories);
    fuzzy = from.fuzzy;
    fuzzyInBasisDirectories = from.fuzzyInBasisDirectories;
    detectRenames = from.detectRenames;
    dryRun = from.dryRun;
    inPlace = from.inPlace;
    append = from.append;
    appendVerify = from.appendVerify;
    wholeFile = from.wholeFile;
    blockSize = from.blockSize;
    sparse = from.sparse;
    preallocate = from.preallocate;
    partial = from.partial;
    partialDirectory = from.partialDirectory;
    delayUpdates = from.delayUpdates;
    temporaryDirectory = from.temporaryDirectory;
    makePath = from.makePath;
    fsync = from.fsync;
    backup = from.backup;
    backupDirectory = from.backupDirectory;
    backupSuffix = from.backupSuffix;
    trash = from.trash;
    deletion = from.deletion;
    deleteExcluded = from.deleteExcluded;
    deleteOnErrors = from.deleteOnErrors;
    force = from.force;
    deleteMax = from.deleteMax;
    deleteShareMax = from.deleteShareMax;
    compress = from.compress;
    compressChoice = from.compressChoice;
    compressLevel = from.compressLevel;
    skipCompress = from.skipCompress;
    bandwidth = from.bandwidth;
    timeoutSeconds = from.timeoutSeconds;
    stopAtSeconds = from.stopAtSeconds;
    confineRoot = from.confineRoot;
    trustSender = from.trustSender;
    tellsRulings = from.tellsRulings;
    wantsItems = from.wantsItems;
    wantsUnchanged = from.wantsUnchanged;
    wantsSkipReasons = from.wantsSkipReasons;
    wantsSums = from.wantsSums;
    incremental = from.incremental;
    listOnly = from.listOnly;
    verify = from.verify;
  }

  /** Whether anything is ever removed because the source does not have it. */
  public boolean deletes() {
    return deletion != Deletion.NONE;
  }

  /** Whether a link of the source may count as what it leads to. */
  public boolean followsLinks() {
    return copyLinks || copyDirectoryLinks || copyUnsafeLinks;
  }

  /** Whether directories that stand may be removed with what is in them, for whatever reason. */
  public boolean removesDirectories() {
    return deletes() || force || missingArguments == MissingArguments.DELETE;
  }

  /**
   * Whether what the source does not have is looked for when all is copied (--delete-after). Not
   * when the copy takes files away from the source: those would be removed from the target too.
   */
  public boolean deletesAfterwards() {
    return deletion == Deletion.AFTER && !removeSourceFiles;
  }

  /** What, beside the filter rules, decides what they mean. */
  public FilterSettings filterSettings() {
    return FilterSettings.of(deleteExcluded, zeroTerminatedFilters, confineRoot);
  }

  /** The same fields, to be set; the values here are those without any option. */
  public static final class Builder {

    // What is selected.
    public boolean recursive;
    public boolean directories;
    public boolean relative;
    public boolean impliedDirectories = true;
    public boolean oneFileSystem;
    public boolean skipMountPoints;
    public boolean pruneEmptyDirectories;
    public long sizeMin;
    public long sizeMax = Long.MAX_VALUE;
    public MissingArguments missingArguments = MissingArguments.ERROR;
    public boolean existingOnly;
    public boolean ignoreExisting;
    public boolean update;
    public boolean removeSourceFiles;
    public boolean dropSpecials;
    public boolean zeroTerminatedFilters;

    // Symbolic links.
    public boolean links;
    public boolean copyLinks;
    public boolean copyUnsafeLinks;
    public boolean safeLinks;
    public boolean mungeLinks;
    public boolean copyDirectoryLinks;
    public boolean keepDirectoryLinks;

    // What is kept of an inode.
    public boolean hardLinks;
    public boolean permissions;
    public boolean executability;
    public boolean acls;
    public boolean xattrs;
    public boolean systemXattrs;
    public boolean owner;
    public boolean group;
    public boolean devices;
    public boolean specials;
    public boolean copyDevices;
    public boolean writeDevices;
    public boolean times;
    public boolean accessTimes;
    public boolean openNoAccessTime;
    public boolean createTimes;
    public boolean omitDirectoryTimes;
    public boolean omitLinkTimes;
    public @Nullable Boolean superUser;
    public boolean fakeSuper;
    public List<String> chmod = List.of();
    public boolean numericIds;
    public @Nullable String userMap;
    public @Nullable String groupMap;
    public boolean mapAcls;
    public @Nullable String copyAs;

    // How is compared.
    public boolean ignoreTimes;
    public boolean sizeOnly;
    public long modifyWindowSeconds;
    public boolean checksum;
    public @Nullable String checksumChoice;
    public List<BasisDirectory> basisDirectories = List.of();
    public boolean fuzzy;
    public boolean fuzzyInBasisDirectories;
    public boolean detectRenames;

    // How is written.
    public boolean dryRun;
    public boolean inPlace;
    public boolean append;
    public boolean appendVerify;
    public @Nullable Boolean wholeFile;
    public int blockSize;
    public boolean sparse;
    public boolean preallocate;
    public boolean partial;
    public byte @Nullable [] partialDirectory;
    public boolean delayUpdates;
    public byte @Nullable [] temporaryDirectory;
    public boolean makePath;
    public boolean fsync;
    public boolean backup;
    public byte @Nullable [] backupDirectory;
    public byte[] backupSuffix = {};
    public byte @Nullable [] trash;

    // What is removed.
    public Deletion deletion = Deletion.NONE;
    public boolean deleteExcluded;
    public boolean deleteOnErrors;
    public boolean force;
    public long deleteMax = -1;
    public double deleteShareMax = 1;

    // The line and the limits.
    public boolean compress;
    public @Nullable String compressChoice;
    public @Nullable Integer compressLevel;
    public @Nullable String skipCompress;
    public long bandwidth;
    public int timeoutSeconds;
    public long stopAtSeconds;
    public byte @Nullable [] confineRoot;
    public boolean trustSender;

    // What is told.
    public boolean tellsRulings;
    public boolean wantsItems;
    public boolean wantsUnchanged;
    public boolean wantsSkipReasons;
    public boolean wantsSums;
    public boolean incremental = true;
    public boolean listOnly;
    public boolean verify;

    /** What {@code -a} means: {@code -rlptgoD}. */
    public Builder archive() {
      recursive = true;
      links = true;
      permissions = true;
      times = true;
      group = true;
      owner = true;
      devices = true;
      specials = true;
      return this;
    }

    public Rules build() {
      return new Rules(this);
    }
  }
}
