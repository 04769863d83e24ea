package dev.godwit.forward.ladder;

import dev.godwit.forward.relay.Passage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How new connections come to a gate instead of to the service: the kernel's side of one {@link
 * Rung}. None touches a connection that exists. The caller serializes the commands.
 */
public interface Diversion extends AutoCloseable {
  /**
   * From now on new connections for these ports come to the gate, as far as the rung can do that
   * while the service listens; those for other ports go to whoever listens. Again changes nothing.
   *
   * @param wanted some of the gate's ports, all, or none
   */
  void divert(Set<Integer> wanted) throws IOException, InterruptedException;

  /** Lets the service listen again, with the diversion on as far as the rung can. */
  default void makeRoom() throws IOException, InterruptedException {}

  /** Where the client of an accepted connection wanted to go. Loop thread. */
  InetSocketAddress asked(int fd) throws IOException;

  /** How a connection of this host passes it; see {@link Passage#tell}. */
  default String passing() throws IOException {
    return Passage.NOT;
  }

  /** How a connection of this process's own passes it; null where none can. */
  default Passage.@Nullable Pass pass() {
    return null;
  }

  /** How long so far nobody listened, and clients were refused; what was measured. */
  default Duration gap() {
    return Duration.ZERO;
  }

  /** What has happened to it since, to be added to its name; empty when nothing has. Any thread. */
  default String told() {
    return "";
  }

  /** Removes it from the host. What it has diverted must not be relayed any more. */
  @Override
  void close();
}
