package dev.godwit.forward.landing;

import dev.godwit.host.FencedException;
import java.io.IOException;

/** The services that a host may have started before it is known there that it serves. */
public interface LeasedServices {
  /** Makes them of what the mover has said. */
  @FunctionalInterface
  interface Factory {
    /**
     * @param encoded from the mover; opaque to the landing
     * @throws IOException when it cannot be understood; no lease is granted then
     */
    LeasedServices create(byte[] encoded) throws IOException;
  }

  /**
   * Stops them, whatever their state, and keeps them from starting again. The epoch is over on this
   * host from then on: an order to start that comes later is refused.
   *
   * @throws FencedException when a later one has begun, whose they are
   */
  void stop(long epoch) throws IOException, InterruptedException;

  /**
   * They serve: whatever starts them at boot may do so from now on, and those that do not run are
   * started, such as after a reboot or a {@link #stop}. One that fails keeps no other one down.
   *
   * @throws FencedException when a later epoch has begun
   */
  void serve(long epoch) throws IOException, InterruptedException;
}
