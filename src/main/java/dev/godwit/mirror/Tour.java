package dev.godwit.mirror;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A look at everything in pieces of some directories each, so that what changes meanwhile does not
 * wait for the whole. Its directories come top down, and one branch after the other, so that few
 * are known at a time. Pure; not safe for threads.
 */
final class Tour {
  private final Deque<String> left = new ArrayDeque<>();
  private final long since;
  private final boolean isOfContent;

  /**
   * @param since when the oldest change was lost, in System.nanoTime()
   * @param isOfContent whether the content of all files is compared
   */
  Tour(long since, boolean isOfContent) {
    this.since = since;
    this.isOfContent = isOfContent;
    left.add("");
  }

  long since() {
    return since;
  }

  boolean isOfContent() {
    return isOfContent;
  }

  /** What of its directories is looked at. */
  Scope scope() {
    return isOfContent ? Scope.NEW_TREE : Scope.TREE;
  }

  /** The next directory, of which nothing was looked at; null when there is none. */
  @Nullable String next() {
    return left.pollLast();
  }

  /** What is in the directory that came last. */
  void found(Collection<String> directories) {
    left.addAll(directories);
  }

  /** Directories of which nothing was looked at, each with all below; together all that is left. */
  List<String> rest() {
    return List.copyOf(left);
  }

  boolean isAtEnd() {
    return left.isEmpty();
  }
}
