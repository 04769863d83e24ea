package dev.godwit.sync;

import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * Names that are not managed (H29), by the filter rules of rsync without per-directory files. What
 * is below an excluded directory is excluded. Safe for threads.
 */
public final class Excludes {
  private final boolean isEmpty;
  private final Known root;

  /** A directory that was asked for often stays known. */
  private volatile Known last;

  private record Known(TreePath directory, FilterScope source) {}

  private Excludes(Filters filters, byte[] root) {
    isEmpty = filters.isEmpty();
    this.root = new Known(TreePath.ROOT, filters.source(root));
    last = this.root;
  }

  /**
   * @param rules in the order in which they count
   * @param root the absolute path of the tree
   * @throws WireException for people, when a rule is wrong
   */
  static Excludes of(List<FilterRule> rules, byte[] root) throws WireException {
    try {
      Filters filters = Filters.of(rules, false);
      if (filters.hasDirMerges()) {
        throw new WireException("filter files in the tree itself cannot be used here");
      }
      return new Excludes(filters, root);
    } catch (FilterException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Patterns as {@code --exclude} takes them. */
  public static List<FilterRule> patterns(List<String> patterns) {
    return List.of(
        new FilterRule(FilterRule.Kind.EXCLUDE, patterns.stream().map(Names::of).toList()));
  }

  /**
   * Whether a directory of a tree, or one that it is in, is left out.
   *
   * @param patterns as {@link #patterns} takes them
   * @param root the tree's absolute path
   * @param path below it
   */
  public static boolean leaveOut(List<String> patterns, byte[] root, byte[] path)
      throws WireException {
    Excludes excludes = of(patterns(patterns), root);
    for (TreePath at = TreePath.received(path); !at.isRoot(); at = at.parent()) {
      if (excludes.hides(at.parent(), at.name(), true)) {
        return true;
      }
    }
    return false;
  }

  /** Whether this name of a directory that is itself not hidden is not sent. */
  boolean hides(TreePath directory, byte[] name, boolean isDirectory) {
    return !isEmpty && known(directory).source.excludes(name, isDirectory);
  }

  private Known known(TreePath directory) {
    Known seen = last;
    if (seen.directory.equals(directory)) {
      return seen;
    }
    if (directory.isRoot()) {
      return root;
    }
    Known above = known(directory.parent());
    byte[] name = directory.name();
    Known found = new Known(directory, above.source.enterByName(name));
    last = found;
    return found;
  }
}
