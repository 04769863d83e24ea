package dev.godwit.host;

import dev.godwit.wire.Channel;
import dev.godwit.wire.PolledChannel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * A host of a move, this one or one reached by ssh. What it can do are its abilities, each served
 * on a channel of its own by the same code whether the host is far or this one.
 *
 * <p>Threads: all methods may be called by any thread.
 */
public interface Host extends AutoCloseable {
  /** What messages call it: {@code old (root@203.0.113.7)}, {@code new (this host)}. */
  String name();

  boolean isLocal();

  /** Whether the connection was lost or closed: nothing can be opened any more. */
  boolean isLost();

  /**
   * Opens a channel to an ability.
   *
   * @param ability a name that the host's agent serves, such as {@code copy.target}
   * @param argument what the ability wants to know first; its own encoding
   * @throws HostException when the host cannot be reached; an ability that the host does not know
   *     fails the channel instead
   */
  Channel open(String ability, byte[] argument) throws HostException;

  /**
   * As {@link #open}, for who does not wait: the host hears of it with the channel's next {@link
   * PolledChannel#flush}.
   *
   * @return null where it would have to wait
   */
  default @Nullable Channel tryOpen(String ability, byte[] argument) throws HostException {
    return null;
  }

  /**
   * Asks one question: opens the ability with {@code request}, returns the one message that comes
   * back.
   *
   * @throws WireException when the ability failed; its reason is the message
   */
  default byte[] call(String ability, byte[] request) throws HostException, WireException {
    try (Channel channel = open(ability, request)) {
      channel.finish();
      byte[] answer = channel.receive();
      if (answer == null) {
        throw new WireException(name() + " gave no answer to " + ability);
      }
      return answer;
    }
  }

  /** Ends the connection and every channel on it. Idempotent. */
  @Override
  void close();
}
