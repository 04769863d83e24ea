package dev.godwit.forward.server;

/**
 * A connection that was let in, and has to say something before it is known where it goes. Loop
 * thread only.
 */
interface Reading {
  /** Resets it. */
  void end(String cause);
}
