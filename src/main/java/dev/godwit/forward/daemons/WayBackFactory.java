package dev.godwit.forward.daemons;

import dev.godwit.forward.gate.WayBack;
import java.io.IOException;

/** Makes the way back out of what the mover sent along with the capture. */
@FunctionalInterface
public interface WayBackFactory {
  /**
   * @param encoded from the mover; opaque to the gate
   * @throws IOException when it cannot be understood; the capture is then refused
   */
  WayBack create(byte[] encoded) throws IOException;
}
