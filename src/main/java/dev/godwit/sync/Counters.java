package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/**
 * What a session has done so far; both sides' figures.
 *
 * @param filesSeen names other than directories that the source listed
 * @param bytesSeen the sizes of the files among them
 * @param filesSent files whose content the source sent
 * @param filesApplied files that stand at the target with new content, links and fifos included
 * @param linked names made hard links of a file that was there already
 * @param adjusted names whose content was right and whose owner, permissions or time was not
 * @param deleted names removed from the target
 * @param different names that a dry run would have copied or removed
 * @param skipped sockets and devices
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
    long linked,
    long adjusted,
    long deleted,
    long different,
    long skipped,
    long failed) {
  public static final Counters NONE = new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  void write(MessageWriter message) {
    message.u64(filesSeen).u64(directoriesSeen).u64(bytesSeen).u64(filesSent).u64(bytesSent);
    message.u64(filesApplied).u64(bytesApplied).u64(directoriesMade).u64(linked).u64(adjusted);
    message.u64(deleted).u64(different).u64(skipped).u64(failed);
  }

  static Counters read(MessageReader message) throws WireException {
    return new Counters(
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64());
  }
}
