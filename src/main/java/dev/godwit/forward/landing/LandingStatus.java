package dev.godwit.forward.landing;

import dev.godwit.forward.relay.Count;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Map;

/**
 * What a landing does now, and did.
 *
 * @param open connections relayed now
 * @param total connections ever relayed
 * @param bytes relayed, both directions together
 * @param strangers connections from addresses that are not allowed, refused
 * @param forged connections without a valid preamble, refused
 * @param lastConnectionMillis when the last one came, since 1970; 0 for never
 * @param watched whether a process beside the landing's would start that again
 */
public record LandingStatus(
    int port,
    int open,
    long total,
    long bytes,
    long strangers,
    long forged,
    long lastConnectionMillis,
    Map<String, Long> errors,
    boolean watched) {
  /** The same with what the landing's process knows besides. */
  public LandingStatus with(boolean isWatched) {
    return new LandingStatus(
        port, open, total, bytes, strangers, forged, lastConnectionMillis, errors, isWatched);
  }

  /** Writes it for {@link #read}. */
  public void write(MessageWriter to) {
    to.u32(port).u32(open).u64(total).u64(bytes).u64(strangers).u64(forged);
    to.u64(lastConnectionMillis);
    Count.write(to, errors);
    to.bool(watched);
  }

  /** Reads what {@link #write} has written. */
  public static LandingStatus read(MessageReader from) throws WireException {
    return new LandingStatus(
        from.u32(),
        from.u32(),
        from.u64(),
        from.u64(),
        from.u64(),
        from.u64(),
        from.u64(),
        Count.read(from),
        from.bool());
  }
}
