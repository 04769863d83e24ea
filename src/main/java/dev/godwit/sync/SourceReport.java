package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the source side tells the controller of a one-pass copy.
 *
 * @param result null while it is under way
 */
record SourceReport(Counters counters, @Nullable BarrierResult result) {
  byte[] encode() {
    MessageWriter message = new MessageWriter(512).u8(Protocol.REPORT).bool(result != null);
    counters.write(message);
    if (result != null) {
      message.u64(result.failures()).list(result.first(), (m, problem) -> problem.write(m));
    }
    return message.toBytes();
  }

  static SourceReport decode(byte[] bytes) throws WireException {
    MessageReader message = new MessageReader(bytes);
    int type = message.u8();
    if (type != Protocol.REPORT) {
      throw Protocol.unexpected(type, "source");
    }
    boolean isLast = message.bool();
    Counters counters = Counters.read(message);
    BarrierResult result = null;
    if (isLast) {
      long failures = message.u64();
      List<Problem> first = message.list(BarrierResult.SHOWN_MAX, Problem::read);
      result = new BarrierResult(failures, first);
    }
    message.end();
    return new SourceReport(counters, result);
  }
}
