package dev.godwit.demo;

import java.io.IOException;

/** One kind of request, as one thread of the client makes it again and again. */
interface Probe {
  /** Two seconds would be a bad answer, ten are none. */
  int TIMEOUT_MS = 1000 * Integer.getInteger("godwit.client.seconds", 10);

  /**
   * Makes one request and checks its answer to the last byte; no second try.
   *
   * @param address where the service is said to be
   * @throws IOException the request failed, and why
   */
  void ask(String address) throws IOException;

  /**
   * Called between requests: waits until the time is up, or until there is something to do before.
   *
   * @param nanos how long, at most
   * @return whether a request shall be made at once, because the server has ended the connection
   */
  default boolean rest(long nanos) {
    java.util.concurrent.locks.LockSupport.parkNanos(nanos);
    return false;
  }

  /** Ends what is open, without a request. */
  default void end() {}
}
