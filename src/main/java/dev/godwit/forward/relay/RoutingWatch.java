package dev.godwit.forward.relay;

import dev.godwit.forward.SharedChange;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks after what {@link TransparentRouting} has set up: who manages a host's network may take
 * away what he does not know, as systemd-networkd does when it is started again, and every client
 * would be connected for in vain from then on. Holds its user's place until it is closed.
 *
 * <p>Threads: any.
 */
public final class RoutingWatch implements AutoCloseable {
  private static final long LOOK_MILLIS = 2_000;

  private final SharedChange routing;
  private final Consumer<String> log;
  private final Thread watcher;

  /** What was told last of what cannot be put back. */
  private String failure = "";

  private RoutingWatch(SharedChange routing, Consumer<String> log) {
    this.routing = routing;
    this.log = log;
    // Of the platform: it is to be in the network namespace of whoever starts it.
    watcher = Thread.ofPlatform().daemon().name("watch of routing").unstarted(this::lookForEver);
  }

  /**
   * @param routing closed with the watch
   * @param log told of what was missing, a line at a time
   */
  static RoutingWatch start(SharedChange routing, Consumer<String> log) {
    RoutingWatch watch = new RoutingWatch(routing, log);
    watch.watcher.start();
    return watch;
  }

  private void lookForEver() {
    try {
      while (true) {
        Thread.sleep(LOOK_MILLIS);
        look();
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private void look() {
    try {
      List<String> missing = routing.mend();
      failure = "";
      if (!missing.isEmpty()) {
        log.accept(
            "what lets services see their clients' own addresses was taken away from this host, and"
                + " is put back: "
                + String.join(", ", missing));
      }
    } catch (IOException e) {
      String now = String.valueOf(e.getMessage());
      if (!now.equals(failure)) {
        failure = now;
        log.accept(
            "what lets services see their clients' own addresses cannot be looked after: " + now);
      }
    }
  }

  @Override
  public void close() throws IOException {
    watcher.interrupt();
    routing.close();
  }
}
