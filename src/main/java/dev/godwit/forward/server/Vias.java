package dev.godwit.forward.server;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The hosts that destinations are reached by, each connected when it is first needed. */
final class Vias implements AutoCloseable {
  private final ForwardServer.Connector connector;
  private final Map<String, Via> all = new HashMap<>();

  Vias(ForwardServer.Connector connector) {
    this.connector = connector;
  }

  /**
   * @param destination of ssh; null for this host
   * @return null for this host
   * @throws IOException for people, when the host cannot be reached
   */
  synchronized @Nullable Via of(@Nullable String destination) throws IOException {
    if (destination == null) {
      return null;
    }
    Via via = all.get(destination);
    if (via == null) {
      via = Via.start(destination, connector);
      all.put(destination, via);
    }
    return via;
  }

  @Override
  public synchronized void close() {
    all.values().forEach(Via::close);
    all.clear();
  }
}
