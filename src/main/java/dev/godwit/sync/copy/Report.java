package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.rules.InfoFlag;

/**
 * What a copy has to tell, from any thread to the one listener, and the status that follows from
 * it.
 */
class Report {
  private final CopyListener listener;
  private CopyStatus status = CopyStatus.DONE;
  private long failures;
  private volatile boolean hasSourceError;

  Report(CopyListener listener) {
    this.listener = listener;
  }

  synchronized void failure(CopyStatus atLeast, byte[] path, String what) {
    status = status.and(atLeast);
    failures++;
    byte[] named = path.length == 0 ? Paths.HERE : path;
    listener.failure(new CopyListener.Failure(atLeast, named, what));
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

  synchronized void item(Item item) {
    listener.item(item);
  }

  synchronized void progress(CopyStatistics soFar) {
    listener.progress(soFar);
  }

  synchronized void checked(long names, boolean areAllKnown) {
    listener.checked(names, areAllKnown);
  }

  synchronized void fileProgress(byte[] path, long done, long all) {
    listener.fileProgress(path, done, all);
  }

  /** Something of the source could not be read: from now on nothing is removed (H28). */
  void sourceError() {
    hasSourceError = true;
  }

  boolean hasSourceError() {
    return hasSourceError;
  }

  synchronized CopyResult result(CopyStatistics statistics) {
    return new CopyResult(status, statistics, failures);
  }

  /** The same, with failures only as a mark that there was one: they are told elsewhere. */
  Report quiet() {
    Report outer = this;
    return new Report(CopyListener.NONE) {
      @Override
      void sourceError() {
        outer.sourceError();
      }
    };
  }

  static String shown(byte[] path) {
    return Names.display(path);
  }
}
