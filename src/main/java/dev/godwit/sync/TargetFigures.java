package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/** The part of {@link Counters} that the target knows. */
record TargetFigures(
    long filesApplied,
    long bytesApplied,
    long directoriesMade,
    long linked,
    long adjusted,
    long deleted,
    long different) {
  static final TargetFigures NONE = new TargetFigures(0, 0, 0, 0, 0, 0, 0);

  void write(MessageWriter message) {
    message.u64(filesApplied).u64(bytesApplied).u64(directoriesMade).u64(linked);
    message.u64(adjusted).u64(deleted).u64(different);
  }

  static TargetFigures read(MessageReader message) throws WireException {
    return new TargetFigures(
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64(),
        message.u64());
  }
}
