package dev.godwit.sync.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules as text for the other side of a connection: the options that lead to them, each ended by
 * NUL, read by the same parser. Every field is said as it is; nothing follows from anything again.
 *
 * <p>What is read comes from a peer (H40): it is bounded, files that it names are not read, and
 * what is no rule is refused.
 */
public final class RulesText {
  /** More than any command line leads to. */
  static final int BYTES_MAX = 1 << 20;

  static final int ARGUMENTS_MAX = 10_000;

  private final ByteArrayOutputStream text = new ByteArrayOutputStream();

  private RulesText() {}

  /** The text of rules; without filters, which are no part of them. */
  public static byte[] write(Rules rules) {
    return write(rules, true);
  }

  /**
   * The text of what the user asks of the other side of a connection: the rules but for those that
   * concern this side only, as rsync(1) says of each, and what -M adds.
   *
   * @param remoteOptions as {@link LineOptions#remoteOptions}
   */
  public static byte[] writeForOtherSide(Rules rules, List<byte[]> remoteOptions) {
    return followedBy(write(rules, false), remoteOptions);
  }

  /**
   * Rules of this host with other options on top.
   *
   * @throws UsageException when these are none of a copy's rules
   */
  public static Rules with(Rules rules, List<byte[]> options) throws UsageException {
    return read(followedBy(write(rules), options));
  }

  private static byte[] followedBy(byte[] rules, List<byte[]> options) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.writeBytes(rules);
    for (byte[] option : options) {
      text.writeBytes(option);
      text.write(0);
    }
    return text.toByteArray();
  }

  private static byte[] write(Rules rules, boolean isForThisSide) {
    RulesText writer = new RulesText();
    if (isForThisSide) {
      writer.onThisSide(rules);
    }
    writer.selection(rules);
    writer.links(rules);
    writer.attributes(rules);
    writer.comparison(rules);
    writer.writing(rules);
    writer.removal(rules);
    writer.line(rules);
    return writer.text.toByteArray();
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws UsageException when it is something else
   */
  public static Rules read(byte[] text) throws UsageException {
    return builder(text).build();
  }

  /** The same rules, to be changed. */
  public static Rules.Builder copy(Rules rules) {
    try {
      return builder(write(rules));
    } catch (UsageException e) {
      throw new IllegalStateException(e); // it was written here
    }
  }

  private static Rules.Builder builder(byte[] text) throws UsageException {
    Problems problems = new Problems();
    Settings settings = new Settings(new Nothing(), problems);
    OptionParser line = OptionParser.parse(arguments(text, problems), problems);
    for (Setting setting : line.settings) {
      settings.apply(setting);
    }
    if (!line.operands.isEmpty() || !settings.filters.isEmpty() || settings.filesFrom != null) {
      problems.usage("the rules of a copy have paths or filters in them");
    }
    problems.throwIfAny();
    Rules.Builder rules = settings.rules;
    rules.recursive = settings.recursion == Settings.Recursion.ON;
    rules.relative = Boolean.TRUE.equals(settings.relative);
    rules.directories = Boolean.TRUE.equals(settings.directories);
    rules.deletion = settings.deletions.isEmpty() ? Deletion.NONE : settings.deletions.getFirst();
    rules.backupSuffix = settings.suffix == null ? new byte[0] : settings.suffix;
    rules.listOnly = settings.telling.listOnly;
    rules.wantsItems = settings.telling.itemize > 0;
    rules.tellsRulings = settings.telling.tellsRulings();
    rules.wantsUnchanged = settings.telling.itemize > 1;
    rules.wantsSums = settings.telling.outFormat != null;
    rules.wantsSkipReasons = settings.telling.level(InfoFlag.SKIP) > 1;
    rules.incremental = settings.telling.incremental;
    return rules;
  }

  private static List<byte[]> arguments(byte[] text, Problems problems) {
    List<byte[]> arguments = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == 0) {
        arguments.add(Arrays.copyOfRange(text, from, i));
        from = i + 1;
      }
    }
    if (from < text.length || text.length > BYTES_MAX || arguments.size() > ARGUMENTS_MAX) {
      problems.usage("the rules of a copy are cut off or too long: " + text.length + " bytes");
      return List.of();
    }
    return arguments;
  }

  /** What is asked of one side only. */
  private void onThisSide(Rules rules) {
    flag(rules.mungeLinks, SyncOption.MUNGE_LINKS);
    flag(rules.fakeSuper, SyncOption.FAKE_SUPER);
    flag(rules.dropSpecials, SyncOption.DROP_D);
    text(rules.copyAs, SyncOption.COPY_AS);
    path(rules.confineRoot, SyncOption.CONFINE_ROOT);
  }

  private void selection(Rules rules) {
    flag(rules.recursive, SyncOption.RECURSIVE);
    flag(rules.directories, SyncOption.DIRS);
    flag(rules.relative, SyncOption.RELATIVE);
    if (!rules.impliedDirectories) {
      negated(SyncOption.IMPLIED_DIRS);
    }
    flag(rules.oneFileSystem, SyncOption.ONE_FILE_SYSTEM);
    flag(rules.skipMountPoints, SyncOption.ONE_FILE_SYSTEM);
    flag(rules.pruneEmptyDirectories, SyncOption.PRUNE_EMPTY_DIRS);
    number(rules.sizeMin, 0, SyncOption.MIN_SIZE);
    number(rules.sizeMax, Long.MAX_VALUE, SyncOption.MAX_SIZE);
    switch (rules.missingArguments) {
      case ERROR -> {}
      case IGNORE -> flag(true, SyncOption.IGNORE_MISSING_ARGS);
      case DELETE -> flag(true, SyncOption.DELETE_MISSING_ARGS);
    }
    flag(rules.existingOnly, SyncOption.EXISTING);
    flag(rules.ignoreExisting, SyncOption.IGNORE_EXISTING);
    flag(rules.update, SyncOption.UPDATE);
    flag(rules.removeSourceFiles, SyncOption.REMOVE_SOURCE_FILES);
    flag(rules.zeroTerminatedFilters, SyncOption.FROM0);
    flag(rules.wantsItems, SyncOption.ITEMIZE_CHANGES);
    if (rules.tellsRulings) {
      text("FILTER", SyncOption.DEBUG);
    }
    flag(rules.wantsUnchanged, SyncOption.ITEMIZE_CHANGES);
    if (rules.wantsSums) {
      text("%C", SyncOption.OUT_FORMAT);
    }
    if (rules.wantsSkipReasons) {
      text("skip2", SyncOption.INFO);
    }
    if (!rules.incremental) {
      negated(SyncOption.INC_RECURSIVE);
    }
    flag(rules.listOnly, SyncOption.LIST_ONLY);
    flag(rules.verify, SyncOption.VERIFY);
  }

  private void links(Rules rules) {
    flag(rules.links, SyncOption.LINKS_AS_SUCH);
    flag(rules.copyLinks, SyncOption.COPY_LINKS);
    flag(rules.copyUnsafeLinks, SyncOption.COPY_UNSAFE_LINKS);
    flag(rules.safeLinks, SyncOption.SAFE_LINKS);
    flag(rules.copyDirectoryLinks, SyncOption.COPY_DIRLINKS);
    flag(rules.keepDirectoryLinks, SyncOption.KEEP_DIRLINKS);
  }

  private void attributes(Rules rules) {
    flag(rules.hardLinks, SyncOption.HARD_LINKS);
    // Each of these implies one that follows.
    flag(rules.acls, SyncOption.ACLS);
    text(rules.userMap, SyncOption.USERMAP);
    text(rules.groupMap, SyncOption.GROUPMAP);
    either(rules.permissions, SyncOption.PERMS);
    either(rules.owner, SyncOption.OWNER);
    either(rules.group, SyncOption.GROUP);
    flag(rules.executability, SyncOption.EXECUTABILITY);
    flag(rules.xattrs, SyncOption.XATTRS);
    flag(rules.systemXattrs, SyncOption.XATTRS);
    flag(rules.devices, SyncOption.DEVICES);
    flag(rules.specials, SyncOption.SPECIALS);
    flag(rules.copyDevices, SyncOption.COPY_DEVICES);
    flag(rules.times, SyncOption.TIMES);
    flag(rules.accessTimes, SyncOption.ATIMES);
    flag(rules.openNoAccessTime, SyncOption.OPEN_NOATIME);
    flag(rules.omitDirectoryTimes, SyncOption.OMIT_DIR_TIMES);
    flag(rules.omitLinkTimes, SyncOption.OMIT_LINK_TIMES);
    if (rules.superUser != null) {
      either(rules.superUser, SyncOption.SUPER);
    }
    rules.chmod.forEach(change -> text(change, SyncOption.CHMOD));
    flag(rules.numericIds, SyncOption.NUMERIC_IDS);
    flag(rules.mapAcls, SyncOption.MAP_ACLS);
  }

  private void comparison(Rules rules) {
    flag(rules.ignoreTimes, SyncOption.IGNORE_TIMES);
    flag(rules.sizeOnly, SyncOption.SIZE_ONLY);
    number(rules.modifyWindowSeconds, 0, SyncOption.MODIFY_WINDOW);
    flag(rules.checksum, SyncOption.CHECKSUM);
    text(rules.checksumChoice, SyncOption.CHECKSUM_CHOICE);
    for (BasisDirectory basis : rules.basisDirectories) {
      path(
          basis.path(),
          switch (basis.use()) {
            case COMPARE -> SyncOption.COMPARE_DEST;
            case COPY -> SyncOption.COPY_DEST;
            case LINK -> SyncOption.LINK_DEST;
          });
    }
    flag(rules.fuzzy, SyncOption.FUZZY);
    flag(rules.fuzzyInBasisDirectories, SyncOption.FUZZY);
    flag(rules.detectRenames, SyncOption.DETECT_RENAMES);
  }

  private void writing(Rules rules) {
    flag(rules.dryRun, SyncOption.DRY_RUN);
    flag(rules.inPlace, SyncOption.INPLACE);
    flag(rules.append, rules.appendVerify ? SyncOption.APPEND_VERIFY : SyncOption.APPEND);
    flag(rules.writeDevices, SyncOption.WRITE_DEVICES);
    if (rules.wholeFile != null) {
      either(rules.wholeFile, SyncOption.WHOLE_FILE);
    }
    number(rules.blockSize, 0, SyncOption.BLOCK_SIZE);
    flag(rules.sparse, SyncOption.SPARSE);
    flag(rules.preallocate, SyncOption.PREALLOCATE);
    flag(rules.partial, SyncOption.PARTIAL);
    path(rules.partialDirectory, SyncOption.PARTIAL_DIR);
    flag(rules.delayUpdates, SyncOption.DELAY_UPDATES);
    path(rules.temporaryDirectory, SyncOption.TEMP_DIR);
    flag(rules.makePath, SyncOption.MKPATH);
    flag(rules.fsync, SyncOption.FSYNC);
    flag(rules.backup, SyncOption.BACKUP);
    path(rules.backupDirectory, SyncOption.BACKUP_DIR);
    path(rules.backupSuffix, SyncOption.SUFFIX);
    path(rules.trash, SyncOption.TRASH);
  }

  private void removal(Rules rules) {
    switch (rules.deletion) {
      case NONE -> {}
      case BEFORE -> flag(true, SyncOption.DELETE_BEFORE);
      case DURING -> flag(true, SyncOption.DELETE_DURING);
      case DELAY -> flag(true, SyncOption.DELETE_DELAY);
      case AFTER -> flag(true, SyncOption.DELETE_AFTER);
    }
    flag(rules.deleteExcluded, SyncOption.DELETE_EXCLUDED);
    flag(rules.deleteOnErrors, SyncOption.IGNORE_ERRORS);
    flag(rules.force, SyncOption.FORCE);
    number(rules.deleteMax, -1, SyncOption.MAX_DELETE);
    if (rules.deleteShareMax < 1) {
      text(Double.toString(rules.deleteShareMax), SyncOption.DELETE_LIMIT);
    }
  }

  private void line(Rules rules) {
    text(rules.compressChoice, SyncOption.COMPRESS_CHOICE);
    boolean isOn = rules.compressChoice != null;
    if (rules.compressLevel != null) {
      text(rules.compressLevel.toString(), SyncOption.COMPRESS_LEVEL);
      isOn |= rules.compressLevel != 0;
    }
    if (rules.compress != isOn) {
      either(rules.compress, SyncOption.COMPRESS);
    }
    text(rules.skipCompress, SyncOption.SKIP_COMPRESS);
    if (rules.bandwidth != 0) {
      text(rules.bandwidth + "b", SyncOption.BWLIMIT);
    }
    number(rules.timeoutSeconds, 0, SyncOption.TIMEOUT);
    if (rules.stopAtSeconds != 0) {
      text("@" + rules.stopAtSeconds, SyncOption.STOP_AT);
    }
    flag(rules.trustSender, SyncOption.TRUST_SENDER);
  }

  private void flag(boolean isSet, SyncOption option) {
    if (isSet) {
      add("--" + option.longName());
      text.write(0);
    }
  }

  private void either(boolean isSet, SyncOption option) {
    if (isSet) {
      flag(true, option);
    } else {
      negated(option);
    }
  }

  private void negated(SyncOption option) {
    add("--no-" + option.longName());
    text.write(0);
  }

  private void number(long value, long usual, SyncOption option) {
    if (value != usual) {
      text(Long.toString(value), option);
    }
  }

  private void text(@Nullable String value, SyncOption option) {
    path(value == null ? null : value.getBytes(UTF_8), option);
  }

  private void path(byte @Nullable [] value, SyncOption option) {
    if (value != null) {
      add("--" + option.longName() + "=");
      text.writeBytes(value);
      text.write(0);
    }
  }

  private void add(String part) {
    text.writeBytes(part.getBytes(UTF_8));
  }

  /** Of a peer's options nothing here is looked up. */
  private static final class Nothing implements Surroundings {
    @Override
    public byte @Nullable [] environment(String name) {
      return null;
    }

    @Override
    public ZonedDateTime now() {
      return ZonedDateTime.now();
    }

    @Override
    public byte[] read(byte[] path, byte @Nullable [] confineRoot) throws IOException {
      throw new IOException("files are not read for another host");
    }
  }
}
