package dev.godwit.mirror;

import dev.godwit.sync.Counters;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/** A session's counters on the wire, in the order of their declaration. */
final class Figures {
  private Figures() {}

  static void write(MessageWriter message, Counters c) {
    message.u64(c.filesSeen()).u64(c.directoriesSeen()).u64(c.bytesSeen());
    message.u64(c.filesSent()).u64(c.bytesSent()).u64(c.filesApplied()).u64(c.bytesApplied());
    message.u64(c.directoriesMade()).u64(c.filesRenamed()).u64(c.directoriesRenamed());
    message.u64(c.linked()).u64(c.adjusted()).u64(c.deleted()).u64(c.failed());
  }

  static Counters read(MessageReader r) throws WireException {
    return new Counters(
        r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(),
        r.u64(), r.u64(), r.u64(), r.u64());
  }
}
