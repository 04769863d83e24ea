package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A program that passes connections on, or none.
 *
 * @param label its name in the tables
 * @param connectionsMax how many at once it is asked to bear; one that needs a process for each has
 *     to do with fewer
 */
record Relayer(String label, int connectionsMax, Start start) {
  /** How it is started. */
  @FunctionalInterface
  interface Start {
    /**
     * @param folder of its own, empty, for configuration
     * @param port of 127.0.0.1 where it listens
     * @param server port of 127.0.0.1 where connections go
     * @return command lines, each of a program that stays in the foreground until it is ended
     */
    List<List<String>> commands(Path folder, int port, int server) throws IOException;
  }

  boolean isDirect() {
    return label.equals(Relayers.DIRECT);
  }
}
