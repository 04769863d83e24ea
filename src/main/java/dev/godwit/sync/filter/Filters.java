package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All filter rules of one copy, read: what {@code --filter}, {@code --exclude}, {@code --include}
 * and {@code -C} say (rsync(1), FILTER RULES). Immutable.
 *
 * <p>A walk over a tree starts with {@link #source} or {@link #target} and takes a {@link
 * FilterScope} along. What decides is the first rule that matches; a name that none matches is in.
 *
 * <ul>
 *   <li>{@code a/b/} as an argument: {@code source(".../a/b").at(b)}, then ask for what is in it.
 *   <li>{@code a/b}: {@code source(".../a")}, ask for {@code b}, then {@code enter} it.
 *   <li>Relative paths and lists of files: each directory above the name is entered and not asked
 *       for; the name itself is.
 *   <li>On the target, {@code at} likewise only when the names in its root are compared.
 * </ul>
 *
 * <p>Where this differs from rsync 3.5, by its manual or to be safe:
 *
 * <ul>
 *   <li>In a file whose rules are split at white space, "- foo" is one rule.
 *   <li>A file that a per-directory file names without a '/' is looked for beside that file.
 *   <li>Anchored rules of a directory also hold where its path looks like a pattern.
 *   <li>Each argument has the rules of the directories above it, not the first one alone.
 *   <li>-C has its own sign and sides, whatever another -C has; rsync gives it those of the first,
 *       also where it stands in a file of the tree.
 *   <li>These are errors, not passed over: a pattern that is too long, a per-directory file that is
 *       there and cannot be read or is somebody else's link, a merge file that is a directory, a
 *       per-directory file's name that is none. What is neither file nor link is never opened.
 * </ul>
 */
public final class Filters {
  private final FilterSettings settings;
  private final List<Node> nodes;
  private final List<DirMerge> dirMerges;
  private final RuleList forSource;
  private final RuleList forTarget;

  private Filters(FilterSettings settings, List<Node> nodes, List<DirMerge> dirMerges) {
    this.settings = settings;
    this.nodes = List.copyOf(nodes);
    this.dirMerges = List.copyOf(dirMerges);
    forSource = new RuleList(nodes, RuleFlags.SENDER);
    forTarget = new RuleList(nodes, RuleFlags.RECEIVER);
  }

  /**
   * As {@link #of(List, FilterSettings)}, with {@link FilterSettings#of}.
   *
   * @param deleteExcluded whether rules that name no side protect nothing (--delete-excluded)
   */
  public static Filters of(List<FilterRule> rules, boolean deleteExcluded) throws FilterException {
    return of(rules, FilterSettings.of(deleteExcluded));
  }

  /**
   * Reads rules, and the merge files that they name.
   *
   * @param rules in the user's order; {@link FilterRule.Kind#CVS} counts at the end, wherever it is
   * @throws FilterException a rule is wrong, or a file cannot be read
   */
  public static Filters of(List<FilterRule> rules, FilterSettings settings) throws FilterException {
    Budget budget = Budget.forOptions();
    List<DirMerge> dirMerges = new ArrayList<>();
    RuleReader reader =
        new RuleReader(
            settings, (path, bytesMax) -> find(path, bytesMax, settings), budget, dirMerges, true);
    boolean hasCvs = false;
    for (FilterRule rule : rules) {
      hasCvs |= rule.kind() == FilterRule.Kind.CVS;
      for (byte[] text : rule.texts()) {
        switch (rule.kind()) {
          case RULE -> reader.rule(text);
          case EXCLUDE -> reader.oldRule(text, 0);
          case INCLUDE -> reader.oldRule(text, RuleFlags.INCLUDE);
          case CVS -> throw Origin.OPTION.problem(text, "--cvs-exclude has no pattern");
        }
      }
    }
    if (hasCvs) {
      reader.rule(Names.of(":C"));
      reader.rule(Names.of("-C"));
    }
    return new Filters(settings, reader.nodes(), dirMerges);
  }

  private static @Nullable MergeFile find(byte[] path, int bytesMax, FilterSettings settings)
      throws FilterException {
    String shown = Names.display(path);
    if (!shown.equals("-") && !shown.equals("/dev/stdin")) {
      return RuleFiles.find(path, bytesMax, settings.confineRoot());
    }
    if (settings.standardInput() == null) {
      throw new FilterException(
          FilterException.FILE,
          "filter rules were to come from standard input, and it is not open");
    }
    try {
      return new MergeFile(settings.standardInput().readNBytes(bytesMax), "standard input");
    } catch (IOException e) {
      throw new FilterException(
          FilterException.FILE, "the filter rules on standard input cannot be read: " + e);
    }
  }

  /**
   * These rules, before which another one stands: nothing is removed from the target at this path
   * or below it.
   */
  public Filters protecting(byte[] path) {
    try {
      Filters before =
          of(List.of(FilterRule.anchored("-r", Names.components(path))), FilterSettings.of(false));
      List<Node> all = new ArrayList<>(before.nodes);
      all.addAll(nodes);
      return new Filters(settings, all, dirMerges);
    } catch (FilterException e) {
      throw new IllegalStateException(e); // it has no pattern that could be wrong
    }
  }

  /** Whether there are no rules at all, so that everything is in. */
  public boolean isEmpty() {
    return nodes.isEmpty();
  }

  /** Whether directories of the trees may have rules of their own. */
  public boolean hasDirMerges() {
    return !dirMerges.isEmpty();
  }

  /**
   * Whether the rules say the same of a name in whatever directory it is, if that is deep enough:
   * no directory has rules of its own, and those that look at the path match further up only.
   *
   * @param depth how many directories the path of the name has at the least, below the root
   */
  public boolean areSameBelow(int depth) {
    for (Node node : nodes) {
      if (!(node instanceof Rule rule) || rule.dependsOnPath(depth)) {
        return false; // or each directory may have rules of its own
      }
    }
    return true;
  }

  /**
   * Whether a rule of these is for names of extended attributes (modifier x). Then they alone
   * decide which attributes are copied; what is otherwise left out by its namespace is not.
   */
  public boolean hasXattrRules() {
    for (Node node : nodes) {
      if (node instanceof Rule rule && rule.isForXattrs()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The same rules, as they are after all files of this host were read: for the other side of a
   * connection. There, {@link #of} with the same {@code deleteExcluded} and {@code zeroTerminated}
   * reads no file for them.
   */
  public List<FilterRule> resolved() {
    List<byte[]> texts = new ArrayList<>();
    for (Node node : nodes) {
      texts.add(
          switch (node) {
            case Rule rule -> RuleText.write(rule);
            case DirMerge merge -> RuleText.write(merge);
          });
    }
    return List.of(new FilterRule(FilterRule.Kind.RULE, texts));
  }

  /**
   * Which names are hidden from the transfer: the scope of the transfer's root on the source.
   *
   * @param root the absolute path of the directory that the transferred names are in: for the
   *     argument {@code /a/b/} that is {@code /a/b}, for {@code /a/b} it is {@code /a}, with
   *     --relative {@code /} or what is in front of {@code /./}
   */
  public FilterScope source(byte[] root) {
    return FilterScope.root(settings, forSource, null, dirMerges, RuleFlags.SENDER, root);
  }

  /**
   * As {@link #source(byte[])}; the root's path is asked of the kernel when a directory is given
   * and a rule needs it.
   */
  public FilterScope source() {
    return FilterScope.root(settings, forSource, null, dirMerges, RuleFlags.SENDER, null);
  }

  /** As {@link #source()}; it also knows what is protected on the target (-m). */
  public FilterScope sourceThatPrunes() {
    List<Node> ofOptions = nodes.stream().filter(Rule.class::isInstance).toList();
    RuleList protections = new RuleList(ofOptions, RuleFlags.RECEIVER);
    return FilterScope.root(settings, forSource, protections, dirMerges, RuleFlags.SENDER, null);
  }

  /**
   * Which names of the target are protected from removal: the scope of the target itself.
   *
   * @param root its absolute path
   */
  public FilterScope target(byte[] root) {
    return FilterScope.root(settings, forTarget, null, dirMerges, RuleFlags.RECEIVER, root);
  }

  /** As {@link #target(byte[])}, with a path as in {@link #source()}. */
  public FilterScope target() {
    return FilterScope.root(settings, forTarget, null, dirMerges, RuleFlags.RECEIVER, null);
  }
}
