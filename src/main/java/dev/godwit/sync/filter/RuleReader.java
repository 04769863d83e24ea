package dev.godwit.sync.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads rules into one list: those of the options, or those of one directory's file, with the files
 * that they name.
 */
final class RuleReader {
  /** How deep files may name each other; as in rsync. */
  private static final int DEPTH_MAX = 32;

  /** How many per-directory files there may be at a time. */
  private static final int DIR_MERGES_MAX = 100;

  private final FilterSettings settings;
  private final MergeFile.Finder finder;
  private final Budget budget;
  private final List<Node> nodes = new ArrayList<>();

  /**
   * The per-directory files that are in effect; those from {@link #ownFrom} on are of this list.
   */
  private final List<DirMerge> dirMerges;

  private final int ownFrom;
  private final boolean isOfOptions;
  private boolean wasCleared;

  /**
   * @param dirMerges those that are in effect already; new ones are added
   * @param isOfOptions whether the rules are those of the options, not of a directory
   */
  RuleReader(
      FilterSettings settings,
      MergeFile.Finder finder,
      Budget budget,
      List<DirMerge> dirMerges,
      boolean isOfOptions) {
    this.settings = settings;
    this.finder = finder;
    this.budget = budget;
    this.dirMerges = dirMerges;
    this.isOfOptions = isOfOptions;
    ownFrom = dirMerges.size();
  }

  List<Node> nodes() {
    return nodes;
  }

  /** Whether the list was cleared: what would be inherited is not. */
  boolean wasCleared() {
    return wasCleared;
  }

  /** A rule with its prefix. */
  void rule(byte[] text) throws FilterException {
    if (text.length > 0) {
      add(RuleText.parse(text, Origin.OPTION), 0, text, Origin.OPTION, 0);
    }
  }

  /**
   * A rule in the old form.
   *
   * @param flags when it has no prefix
   */
  void oldRule(byte[] text, int flags) throws FilterException {
    if (text.length > 0) {
      add(RuleText.parseOld(text, flags, Origin.OPTION), 0, text, Origin.OPTION, 0);
    }
  }

  /**
   * A file of rules.
   *
   * @param flags of the rule that names it
   */
  void file(MergeFile file, int flags) throws FilterException {
    file(file, flags, 0);
  }

  private void file(MergeFile file, int flags, int depth) throws FilterException {
    budget.spend(file);
    RuleLines lines = new RuleLines(file.content(), flags, settings.zeroTerminated());
    for (byte[] text = lines.next(); text != null; text = lines.next()) {
      Origin origin = new Origin(file.shown(), lines.number());
      RuleText rule =
          (flags & RuleFlags.BARE) != 0
              ? RuleText.parseBare(text, flags, origin)
              : RuleText.parse(text, origin);
      int atRoot = depth > 0 ? RuleFlags.AT_ROOT : 0;
      add(rule, flags & RuleFlags.TAKEN_OVER | atRoot, text, origin, depth);
    }
  }

  private void add(RuleText rule, int takenOver, byte[] text, Origin origin, int depth)
      throws FilterException {
    if ((rule.flags() & RuleFlags.SIDES) != 0 && (takenOver & RuleFlags.SIDES) != 0) {
      throw origin.problem(
          text, "it names a side, and so does the rule that the file is read by; take one away");
    }
    int flags = rule.flags() | takenOver;
    int sided = sided(flags, isOfOptions || depth == 0);
    switch (rule.kind()) {
      case PATTERN -> keep(new Rule(sided, rule.argument()));
      case CLEAR -> clear();
      case CVS -> nodes.addAll(CvsRules.read(sided, settings, budget));
      case DIR_MERGE -> dirMerge(flags, rule.argument(), text, origin);
      case MERGE -> merge(flags, rule.argument(), text, origin, depth + 1);
    }
  }

  /**
   * With --delete-excluded, a rule that names no side only hides. What a directory's file adds by
   * naming a file still protects, as in rsync, which removes less then than its manual says.
   */
  private int sided(int flags, boolean isDirect) {
    return settings.deleteExcluded() && isDirect && (flags & RuleFlags.SIDES) == 0
        ? flags | RuleFlags.SENDER
        : flags;
  }

  private void clear() {
    nodes.clear();
    dirMerges.subList(ownFrom, dirMerges.size()).clear();
    wasCleared = true;
  }

  private void keep(Rule rule) throws FilterException {
    budget.spend(rule);
    nodes.add(rule);
  }

  private void excludeItself(int flags, byte[] path) throws FilterException {
    if ((flags & RuleFlags.EXCLUDES_ITSELF) != 0) {
      byte[] name = Arrays.copyOfRange(path, DirMerge.nameAt(path), path.length);
      keep(new Rule(sided(0, isOfOptions), name));
    }
  }

  private void dirMerge(int flags, byte[] path, byte[] text, Origin origin) throws FilterException {
    excludeItself(flags, path);
    DirMerge merge = DirMerge.of(flags, path, dirMerges.size());
    for (DirMerge other : dirMerges) {
      if (Arrays.equals(other.name(), merge.name())) {
        return; // a file is read once; the first rule for it counts
      }
    }
    if (dirMerges.size() >= DIR_MERGES_MAX) {
      throw origin.problem(
          text, "more than " + DIR_MERGES_MAX + " different per-directory files at one place");
    }
    dirMerges.add(merge);
    nodes.add(merge);
  }

  private void merge(int flags, byte[] path, byte[] text, Origin origin, int depth)
      throws FilterException {
    excludeItself(flags, path);
    if (depth > DEPTH_MAX) {
      throw origin.problem(
          FilterException.FILE, text, "files name each other more than " + DEPTH_MAX + " deep");
    }
    MergeFile file = finder.find(path, budget.bytesLeft());
    if (file == null) {
      throw origin.problem(FilterException.FILE, text, "there is no such file");
    }
    file(file, flags, depth);
  }
}
