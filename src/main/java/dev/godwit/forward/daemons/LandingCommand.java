package dev.godwit.forward.daemons;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;

/** The first byte of a request to a landing's daemon. */
enum LandingCommand {
  /** Starts the daemon when it does not run, then the landing. */
  START,
  STATUS,
  END,
  /** What may run here without a release, and for how long. */
  LEASE,
  /** Nothing depends on that any more. */
  SETTLE;

  static LandingCommand read(MessageReader from) throws WireException {
    int code = from.u8();
    if (code >= values().length) {
      throw new WireException("malformed message: landing command " + code);
    }
    return values()[code];
  }
}
