package dev.godwit.mirror;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;

/** What the controller asks of the source side. Travels between these two only. */
sealed interface Control {
  /** The first byte of the message. */
  int TYPE = 0x80;

  /**
   * Everything that happened before this is to be on the target; answered with the number.
   *
   * @param everything looks at the whole tree on both sides before, so that also what was changed
   *     on the target is found (H23)
   * @param content and the content of all files, though their size and time are equal
   */
  record Barrier(long number, boolean durable, boolean everything, boolean content)
      implements Control {
    /** For what is asked for by nobody. */
    static final Barrier NOTICED = new Barrier(0, false, false, false);
  }

  /**
   * Bring what happened before this to the target, say what of it could not be, send nothing more,
   * and finish in order.
   */
  record Finish() implements Control {}

  default byte[] encode() {
    MessageWriter message = new MessageWriter().u8(TYPE);
    switch (this) {
      case Barrier(long number, boolean durable, boolean everything, boolean content) ->
          message.u8(1).u64(number).bool(durable).bool(everything).bool(content);
      case Finish() -> message.u8(2);
    }
    return message.toBytes();
  }

  static Control decode(byte[] bytes) throws WireException {
    MessageReader reader = new MessageReader(bytes);
    int type = reader.u8();
    int kind = reader.u8();
    Control control =
        switch (type == TYPE ? kind : 0) {
          case 1 -> new Barrier(reader.u64(), reader.bool(), reader.bool(), reader.bool());
          case 2 -> new Finish();
          default -> throw new WireException("malformed message: no control message");
        };
    reader.end();
    return control;
  }
}
