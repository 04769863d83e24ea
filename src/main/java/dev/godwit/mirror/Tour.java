package dev.godwit.mirror;

import dev.godwit.sync.copy.SeenCount;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A look at everything, or at all of some mounts, in pieces of some directories each, so that what
 * changes meanwhile does not wait for the whole. Its directories come top down, and one branch
 * after the other, so that few are known at a time. Some may be looked at with all that is below
 * them. Pure; not safe for threads.
 */
final class Tour implements Walk {
  private final Deque<String> left = new ArrayDeque<>();
  private final List<String> tops;
  private final long since;

  /** What its looks have seen. */
  final SeenCount seen = new SeenCount();

  private long taken;
  private boolean hasTrees;
  private long listedBefore = -1;
  private long listed;

  /**
   * @param tops what is looked at with all below it; the empty path alone for everything
   * @param since when the oldest change was lost, in System.nanoTime()
   */
  Tour(Collection<String> tops, long since) {
    this.tops = tops.contains("") ? List.of("") : List.copyOf(tops);
    this.since = since;
    left.addAll(this.tops);
  }

  List<String> tops() {
    return tops;
  }

  boolean isWhole() {
    return tops.contains("");
  }

  /**
   * The next directories, each with all that is below it.
   *
   * @param max how many
   */
  List<String> nextTrees(int max) {
    List<String> trees = new ArrayList<>();
    while (trees.size() < max && !left.isEmpty()) {
      trees.add(left.removeLast());
    }
    hasTrees |= !trees.isEmpty();
    return trees;
  }

  /** Whether directories were taken with all that is below them. */
  boolean hasTrees() {
    return hasTrees;
  }

  /** How many directories all looks have listed, told as often as one likes. */
  void hasListed(long directories) {
    listedBefore = listedBefore < 0 ? directories : listedBefore;
    listed = directories - listedBefore;
  }

  long since() {
    return since;
  }

  @Override
  public @Nullable String next() {
    String next = left.pollLast();
    taken += next == null ? 0 : 1;
    return next;
  }

  @Override
  public void found(Collection<String> directories) {
    left.addAll(directories);
  }

  /** Directories of which nothing was looked at, each with all below; together all that is left. */
  List<String> rest() {
    return List.copyOf(left);
  }

  /** How many directories it has come to. */
  long taken() {
    return hasTrees ? Math.max(taken, listed) : taken;
  }

  boolean isAtEnd() {
    return left.isEmpty();
  }
}
