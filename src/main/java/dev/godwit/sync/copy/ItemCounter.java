package dev.godwit.sync.copy;

import dev.godwit.sync.rules.InfoFlag;

/** Passes everything on and counts the names that are told of as differing. */
final class ItemCounter implements CopyListener {
  private final CopyListener to;
  private long items;

  ItemCounter(CopyListener to) {
    this.to = to;
  }

  /** To be asked when the copy is over. */
  long items() {
    return items;
  }

  @Override
  public void item(Item item) {
    if (!item.change().isNone()) {
      items++;
    }
    to.item(item);
  }

  @Override
  public void begins(Item item) {
    to.begins(item);
  }

  @Override
  public void note(int level, String text) {
    to.note(level, text);
  }

  @Override
  public void note(InfoFlag about, int level, String text) {
    to.note(about, level, text);
  }

  @Override
  public void failure(Failure failure) {
    to.failure(failure);
  }

  @Override
  public void progress(CopyStatistics soFar) {
    to.progress(soFar);
  }

  @Override
  public void broken(CopyStatistics soFar) {
    to.broken(soFar);
  }

  @Override
  public void checked(long names, boolean areAllKnown) {
    to.checked(names, areAllKnown);
  }

  @Override
  public void fileProgress(byte[] path, long bytesDone, long bytesAll) {
    to.fileProgress(path, bytesDone, bytesAll);
  }
}
