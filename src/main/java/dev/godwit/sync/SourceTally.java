package dev.godwit.sync;

import java.util.concurrent.atomic.LongAdder;

/** The source's figures while they grow, and the last that the target told of its own. */
final class SourceTally {
  final LongAdder filesSeen = new LongAdder();
  final LongAdder directoriesSeen = new LongAdder();
  final LongAdder bytesSeen = new LongAdder();
  final LongAdder filesSent = new LongAdder();
  final LongAdder bytesSent = new LongAdder();
  final LongAdder skipped = new LongAdder();
  private volatile TargetFigures target = TargetFigures.NONE;

  void told(TargetFigures figures) {
    target = figures;
  }

  Counters snapshot(long failed) {
    TargetFigures t = target;
    return new Counters(
        filesSeen.sum(),
        directoriesSeen.sum(),
        bytesSeen.sum(),
        filesSent.sum(),
        bytesSent.sum(),
        t.filesApplied(),
        t.bytesApplied(),
        t.directoriesMade(),
        t.linked(),
        t.adjusted(),
        t.deleted(),
        t.different(),
        skipped.sum(),
        failed);
  }
}
