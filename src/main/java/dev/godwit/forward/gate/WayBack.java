package dev.godwit.forward.gate;

import dev.godwit.forward.ladder.BeyondLookup;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

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
   * Which of some sockets of this host are no clients': those of its services themselves, and of
   * what starts or stops one of them now. To let those wait for a service would be to let it wait
   * for itself. Costs a look at all processes.
   *
   * @param sockets by their inodes
   */
  default Set<Long> own(Set<Long> sockets) throws IOException {
    return Set.of();
  }

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
