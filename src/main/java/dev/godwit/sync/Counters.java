package dev.godwit.sync;

/**
 * What a series of copies has done so far.
 *
 * @param filesSeen names other than directories that the source listed
 * @param bytesSeen the sizes of the files among them
 * @param filesSent files whose content the source sent
 * @param filesApplied files that stand at the target with new content, links and fifos included
 * @param filesRenamed files that were renamed on the target and not sent; two that exchange their
 *     names count once
 * @param directoriesRenamed directories that were, with all that is in them; likewise
 * @param linked names made hard links of a file that was there already
 * @param adjusted names whose content was right and whose owner, permissions or time was not
 * @param deleted names removed from the target
 * @param failed problems of both sides
 */
public record Counters(
    long filesSeen,
    long directoriesSeen,
    long bytesSeen,
    long filesSent,
    long bytesSent,
    long filesApplied,
    long bytesApplied,
    long directoriesMade,
    long filesRenamed,
    long directoriesRenamed,
    long linked,
    long adjusted,
    long deleted,
    long failed) {
  public static final Counters NONE = new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Both together. */
  public Counters plus(Counters more) {
    return since(NONE.since(more));
  }

  /** What was done since an earlier look. */
  public Counters since(Counters before) {
    return new Counters(
        filesSeen - before.filesSeen,
        directoriesSeen - before.directoriesSeen,
        bytesSeen - before.bytesSeen,
        filesSent - before.filesSent,
        bytesSent - before.bytesSent,
        filesApplied - before.filesApplied,
        bytesApplied - before.bytesApplied,
        directoriesMade - before.directoriesMade,
        filesRenamed - before.filesRenamed,
        directoriesRenamed - before.directoriesRenamed,
        linked - before.linked,
        adjusted - before.adjusted,
        deleted - before.deleted,
        failed - before.failed);
  }
}
