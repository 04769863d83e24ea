package dev.godwit.forward.gate;

import dev.godwit.forward.ladder.BeyondLookup;
import java.io.IOException;
import java.time.Duration;

/**
 * What a gate needs to put its host's services back by itself, when nobody is left to ask. Called
 * on a thread that may block, while new connections wait in the gate.
 */
public interface WayBack {
  /**
   * Starts what does not run and returns when every service answers. May be called again after a
   * failure, and when all run already. Must end within a bound of its own. A check has to come from
   * beyond the look-up, or it reaches the gate and waits for itself: {@link BeyondLookup}.
   *
   * @throws IOException when a service does not start or does not answer; for people
   */
  void startServices() throws IOException, InterruptedException;

  /** The next host is about to start its services: they have to end before this one's are back. */
  default void nextStarts() {}

  /**
   * How long those whose services listen already wait for the others; an attempt that takes longer
   * goes on without them.
   */
  default Duration patience() {
    return Duration.ofSeconds(60);
  }

  /**
   * Whether what runs, whatever it answers, may have the clients when {@link #startServices} has
   * failed for good.
   */
  default boolean mayServe() throws IOException, InterruptedException {
    return true;
  }
}
