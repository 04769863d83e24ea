package dev.godwit.forward.server;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The hosts that destinations are reached by, each connected when it is first needed. */
final class Vias implements AutoCloseable {
  private final ForwardServer.Connector connector;
  private final Consumer<String> log;

  /** For checks, and for those who have just ended. */
  private static final int SPARE = 16;

  private final Admission carried = new Admission(Via.room() + SPARE, false);
  private final Map<String, Via> all = new HashMap<>();
  private boolean closed;

  Vias(ForwardServer.Connector connector, Consumer<String> log) {
    this.log = log;
    this.connector = connector;
  }

  /**
   * @param destination of ssh; null for this host
   * @return null for this host
   * @throws IOException for people, when the host cannot be reached
   */
  @Nullable Via of(@Nullable String destination) throws IOException {
    if (destination == null) {
      return null;
    }
    Via known = known(destination);
    return known == null
        ? known(destination, Via.start(destination, connector, carried, log))
        : known;
  }

  /** Whether no more can be carried, by all of them together (H51). */
  boolean areFull() {
    return carried.inside() >= Via.room();
  }

  private synchronized @Nullable Via known(String destination) {
    return all.get(destination);
  }

  /**
   * @param made while others may have made one too, or have closed all
   */
  private synchronized Via known(String destination, Via made) throws IOException {
    Via before = all.get(destination);
    if (before != null || closed) {
      made.close();
    }
    if (closed) {
      throw new IOException("unable to go by " + destination + ": this process is ending");
    }
    if (before != null) {
      return before;
    }
    all.put(destination, made);
    return made;
  }

  /** Does not wait for a host that is being reached. */
  @Override
  public synchronized void close() {
    closed = true;
    all.values().forEach(Via::close);
    all.clear();
  }
}
