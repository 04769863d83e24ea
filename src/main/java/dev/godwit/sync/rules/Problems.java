package dev.godwit.sync.rules;

import dev.godwit.sync.copy.CopyStatus;
import java.util.ArrayList;
import java.util.List;

/** Everything that is wrong with a command line, so that it can be told at once. */
final class Problems {
  private final List<String> texts = new ArrayList<>();
  private CopyStatus status = CopyStatus.USAGE;

  /** Something that the user has to write otherwise. */
  void usage(String text) {
    add(CopyStatus.USAGE, text);
  }

  /** The first problem's status counts: rsync would have ended with it. */
  void add(CopyStatus because, String text) {
    if (texts.isEmpty()) {
      status = because;
    }
    if (!texts.contains(text)) { // a letter that is none, twice in one cluster
      texts.add(text);
    }
  }

  boolean isEmpty() {
    return texts.isEmpty();
  }

  /**
   * @throws UsageException when there is a problem
   */
  void throwIfAny() throws UsageException {
    if (!texts.isEmpty()) {
      throw new UsageException(status, texts);
    }
  }
}
