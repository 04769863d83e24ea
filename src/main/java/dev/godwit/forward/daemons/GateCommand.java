package dev.godwit.forward.daemons;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;

/** The first byte of a request to a gate's daemon. */
enum GateCommand {
  /** Only for the ability: starts the daemon. */
  START,
  CAPTURE,
  HOLD,
  BUSY,
  AWAIT_QUIET,
  TAKE_QUEUED,
  RELEASE,
  BACK,
  HOME,
  STATUS,
  PROBE,
  END,
  /** Also where no gate runs: what is known of those that did not end in order. */
  DEATHS,
  MAKE_ROOM,
  CUT_OFF,
  /** Only for the ability: which rung a gate would get. */
  TRIAL,
  CLEAR,
  COVER,
  NEXT_STARTS,
  LEAD;

  static GateCommand read(MessageReader from) throws WireException {
    int code = from.u8();
    if (code >= values().length) {
      throw new WireException("malformed message: gate command " + code);
    }
    return values()[code];
  }
}
