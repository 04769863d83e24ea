package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a copy has to tell, from any thread to the one listener, and the status that follows from
 * it.
 */
class Report {
  private static final int UNHEARD_MAX = 20;

  private final CopyListener listener;
  private CopyStatus status = CopyStatus.DONE;
  private long failures;

  /**
   * The first directory, in the order of the tree, of which something could not be read; null while
   * all could be.
   */
  private volatile byte @Nullable [] firstSourceError;

  private volatile boolean hasLateError;

  /** Whether an error of the source was told, and not only met by a quiet one. */
  private volatile boolean toldSourceError;

  /** Failures that quiet ones have met: the first of them. */
  private final List<CopyListener.Failure> unheard = new ArrayList<>();

  Report(CopyListener listener) {
    this.listener = listener;
  }

  final void failure(CopyStatus atLeast, byte[] path, String what) {
    failure(atLeast, path, what, 0);
  }

  /**
   * @param errno see {@link CopyListener.Failure}
   */
  final void failure(CopyStatus atLeast, byte[] path, String what, int errno) {
    failure(new CopyListener.Failure(atLeast, path, what, errno));
  }

  synchronized void failure(CopyListener.Failure failure) {
    status = status.and(failure.status());
    failures++;
    listener.failure(failure.path().length == 0 ? failure.at(Paths.HERE) : failure);
  }

  /** Makes the status worse without a word. */
  synchronized void status(CopyStatus atLeast) {
    status = status.and(atLeast);
  }

  synchronized void note(int level, String text) {
    listener.note(level, text);
  }

  synchronized void note(InfoFlag about, int level, String text) {
    listener.note(about, level, text);
  }

  /**
   * A directory is left out because neither -r nor -d is given: no error, as with rsync, but of a
   * comparison, which would end well without a look at it (--verify).
   *
   * @param shown its path as it is told
   */
  synchronized void leavesOut(byte[] shown, Rules rules) {
    note(0, "skipping directory " + Names.display(shown));
    if (rules.verify) {
      failure(
          CopyStatus.PARTIAL,
          shown,
          "is a directory, and was not compared: without -r those are left out");
    }
  }

  synchronized void item(Item item) {
    listener.item(item);
  }

  synchronized void begins(Item item) {
    listener.begins(item);
  }

  synchronized void progress(CopyStatistics soFar) {
    listener.progress(soFar);
  }

  synchronized void broken(CopyStatistics soFar) {
    listener.broken(soFar);
  }

  synchronized void checked(long names, boolean areAllKnown) {
    listener.checked(names, areAllKnown);
  }

  synchronized void fileProgress(byte[] path, long done, long all) {
    listener.fileProgress(path, done, all);
  }

  /** Something of the source could not be read: nothing at all is removed (H28). */
  void sourceError() {
    sourceError(Paths.NONE);
  }

  /**
   * Something of the source could not be read: nothing is removed in this directory, nor in those
   * that come after it in the order of the tree (H28).
   */
  void sourceError(byte[] from) {
    toldSourceError = true;
    meetsSourceError(from);
  }

  /** As {@link #sourceError(byte[])}, whether it is told or not. */
  synchronized void meetsSourceError(byte[] from) {
    byte[] first = firstSourceError;
    if (first == null || Paths.compareInTree(from, first) < 0) {
      firstSourceError = from;
    }
  }

  /**
   * Something could not be read of which a removal while the copy goes on cannot know in any order:
   * only those that come after the copy are not made.
   */
  void lateError() {
    hasLateError = true;
  }

  boolean hasSourceError() {
    return firstSourceError != null;
  }

  /** Whether removals in a directory are stopped by what could not be read. */
  boolean hasSourceError(byte[] directory) {
    byte[] first = firstSourceError;
    return first != null && Paths.compareInTree(first, directory) <= 0;
  }

  /** Whether those are stopped that come when all is copied. */
  boolean hasErrorInTheEnd() {
    return hasLateError || hasSourceError();
  }

  /**
   * To be called at the end: what kept names from being removed and was met by a quiet listing only
   * is told after all.
   */
  synchronized void tellUnheard() {
    if (!toldSourceError) {
      unheard.forEach(this::failure);
    }
    unheard.clear();
  }

  synchronized void keepUnheard(CopyListener.Failure failure) {
    if (failure.status() == CopyStatus.PARTIAL && unheard.size() < UNHEARD_MAX) {
      unheard.add(failure);
    }
  }

  synchronized CopyResult result(CopyStatistics statistics) {
    tellUnheard();
    return new CopyResult(status, statistics, failures);
  }

  /** The same for a listing apart from the copy, which mostly meets what the copy meets too. */
  Report quiet() {
    Report outer = this;
    return new Report(CopyListener.NONE) {
      @Override
      void sourceError(byte[] from) {
        outer.meetsSourceError(from);
      }

      @Override
      synchronized void meetsSourceError(byte[] from) {
        outer.meetsSourceError(from);
      }

      @Override
      synchronized void failure(CopyListener.Failure failure) {
        outer.keepUnheard(failure);
      }

      @Override
      synchronized void keepUnheard(CopyListener.Failure failure) {
        outer.keepUnheard(failure);
      }
    };
  }

  static String shown(byte[] path) {
    return Names.display(path);
  }
}
