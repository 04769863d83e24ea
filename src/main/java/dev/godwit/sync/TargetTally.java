package dev.godwit.sync;

import java.util.concurrent.atomic.LongAdder;

/** The target's figures while they grow. */
final class TargetTally {
  final LongAdder filesApplied = new LongAdder();
  final LongAdder bytesApplied = new LongAdder();
  final LongAdder directoriesMade = new LongAdder();
  final LongAdder linked = new LongAdder();
  final LongAdder adjusted = new LongAdder();
  final LongAdder deleted = new LongAdder();
  final LongAdder different = new LongAdder();

  TargetFigures snapshot() {
    return new TargetFigures(
        filesApplied.sum(),
        bytesApplied.sum(),
        directoriesMade.sum(),
        linked.sum(),
        adjusted.sum(),
        deleted.sum(),
        different.sum());
  }
}
