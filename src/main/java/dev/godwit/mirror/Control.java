package dev.godwit.mirror;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;

/** What the controller asks of the source side. Travels between these two only. */
sealed interface Control {
  /** The first byte of the message. */
  int TYPE = 0x80;

  /** Everything that happened before this is to be on the target; answered with the number. */
  record Barrier(long number, boolean durable) implements Control {
    /** For what is asked for by nobody. */
    static final Barrier NOTICED = new Barrier(0, false);
  }

  /**
   * Both sides are to be compared, so that also what was changed on the target is found and put
   * right (H23); then as a durable {@link Barrier} of the same number. Takes the place of one that
   * is under way.
   *
   * @param content whether the content of all files is compared, though size and time are equal
   * @param share of the time in which pieces of it may be under way, in the long run; 1: no pauses
   * @param place where earlier parts of it have come to
   * @param unseen for how long nobody has noted which directories were renamed, since then
   */
  record Audit(long number, boolean content, double share, AuditPlace place, Duration unseen)
      implements Control {
    private static final double MILLION = 1e6;

    boolean isPaced() {
      return share < 1;
    }

    /** The pause after a piece that took so long; both in nanoseconds. */
    long pause(long took) {
      return (long) (took * (1 / share - 1));
    }
  }

  /**
   * Bring what happened before this to the target, say what of it could not be, send nothing more,
   * and finish in order.
   */
  record Finish() implements Control {}

  /** How much goes to the target from now on: bytes a second, 0 for any number. */
  record Bandwidth(long bytesPerSecond) implements Control {}

  default byte[] encode() {
    MessageWriter message = new MessageWriter().u8(TYPE);
    switch (this) {
      case Barrier(long number, boolean durable) -> message.u8(1).u64(number).bool(durable);
      case Finish() -> message.u8(2);
      case Audit(long number, boolean content, double share, AuditPlace place, Duration unseen) -> {
        message.u8(3).u64(number).bool(content).u32((int) Math.ceil(share * Audit.MILLION));
        place.write(message);
        message.u64(unseen.toMillis());
      }
      case Bandwidth(long bytesPerSecond) -> message.u8(4).u64(bytesPerSecond);
    }
    return message.toBytes();
  }

  static Control decode(byte[] bytes) throws WireException {
    MessageReader reader = new MessageReader(bytes);
    int type = reader.u8();
    int kind = reader.u8();
    Control control =
        switch (type == TYPE ? kind : 0) {
          case 1 -> new Barrier(reader.u64(), reader.bool());
          case 2 -> new Finish();
          case 3 ->
              new Audit(
                  reader.u64(),
                  reader.bool(),
                  Math.max(1, reader.count((int) Audit.MILLION)) / Audit.MILLION,
                  AuditPlace.read(reader),
                  MirrorSourceOptions.unseen(reader));
          case 4 -> new Bandwidth(bytesPerSecond(reader.u64()));
          default -> throw new WireException("malformed message: no control message");
        };
    reader.end();
    return control;
  }

  private static long bytesPerSecond(long read) throws WireException {
    if (read < 0) {
      throw new WireException("malformed message: a rate of " + read);
    }
    return read;
  }
}
