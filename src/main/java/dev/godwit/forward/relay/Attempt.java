package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;

/** One attempt to reach a service, under way until its outcome. Loop thread only. */
public interface Attempt {
  /** What to reach and how. */
  interface Call {
    /**
     * Begins; the outcome may be called before this returns.
     *
     * @param speaksAtOnce bytes are there to be sent as soon as it is connected, or it is reset
     *     then
     */
    Attempt begin(EventLoop loop, boolean speaksAtOnce, Outcome outcome);

    /** What those have in common that go to the same place; has {@code equals}. */
    Object destination();

    /** Whether it leads to a landing, which answers for the service. */
    boolean landing();
  }

  /** How an attempt ended; exactly one of the two is called, unless it was cancelled. */
  interface Outcome {
    /** There is a descriptor with its own end, by which the destination may know it at once. */
    default void begun(int fd) {}

    /**
     * The service is reached.
     *
     * @param service the caller's
     */
    void connected(Side service);

    void failed(int errno);
  }

  /** Gives up without an outcome. */
  void cancel();
}
