package dev.godwit.forward.gate;

import java.io.IOException;

/** One of several things to do, of which each is to be done even where another one fails. */
interface Step {
  void run() throws IOException, InterruptedException;
}
