package dev.godwit.move;

import dev.godwit.forward.*;
import java.io.IOException;

final class Landings {
  Landings(Move m) {}

  Destination destination(LandingClient l, GateClient g) throws IOException {
    throw new IOException("not yet");
  }
}
