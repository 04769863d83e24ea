package dev.godwit.wire;

import org.jspecify.annotations.Nullable;

/**
 * An ordered sequence of messages in each direction between two ends, on a connection that it
 * shares with other channels. Message boundaries are kept.
 *
 * <p>Threads: any number may send and any number may receive; one message is never torn. A call
 * that waits is ended by {@link #close}, by the loss of the connection, and by interruption, each
 * with a {@link WireException} that names the peer; none waits for ever on a dead connection.
 */
public interface Channel extends AutoCloseable {
  /** The longest message, in bytes. */
  int MESSAGE_BYTES_MAX = 256 * 1024;

  /** What the other end is called in messages for people: {@code old (root@203.0.113.7)}. */
  String peer();

  /**
   * Sends one message; waits while the other end has not granted room for it.
   *
   * @throws WireException when the connection is lost, the peer closed or failed the channel, or
   *     this end has finished
   */
  void send(byte[] buffer, int offset, int length) throws WireException;

  default void send(byte[] message) throws WireException {
    send(message, 0, message.length);
  }

  /**
   * As {@link #send}, for what nobody waits for at this moment: it may stay here for some
   * milliseconds, so that small messages travel together. What is sent after it takes it along.
   */
  default void sendLazily(byte[] buffer, int offset, int length) throws WireException {
    send(buffer, offset, length);
  }

  /**
   * Waits for the next message. What came before an end of any kind is given first; once the peer's
   * finish has come, what happens later does not change that: null is next.
   *
   * @return null when the peer has finished in order: everything that it sent was received before
   * @throws WireException when the connection is lost, or the peer failed or closed the channel
   *     without finishing; a cut stream is never taken for a complete one
   */
  byte @Nullable [] receive() throws WireException;

  /**
   * Waits until the peer has finished, and drops what comes until then.
   *
   * @throws WireException as {@link #receive}
   */
  default void drain() throws WireException {
    byte[] message;
    do {
      message = receive();
    } while (message != null);
  }

  /** What is told of a channel whose messages are not fetched but {@link #deliverTo delivered}. */
  interface Receiver {
    /**
     * The next message, the receiver's own. May wait: the sender waits with it.
     *
     * @param isUrgent false: it was {@link #sendLazily sent lazily}, and may be passed on so
     */
    void message(byte[] message, boolean isUrgent);

    /** The peer has finished; nothing is told after this. */
    void finished();

    /** Why nothing more comes, be it that this end was closed; nothing is told after this. */
    void ended(WireException reason);
  }

  /**
   * Has everything that comes told to {@code receiver}, in order and one at a time, by whatever
   * thread sends it: nobody has to be woken for a message that is only passed on. Returns when what
   * had come before was told. {@link #receive} is not to be called any more.
   *
   * @return false where only a thread that waits in {@link #receive} gets the messages: the two
   *     ends are not in one process. The receiver is never called then
   */
  default boolean deliverTo(Receiver receiver) {
    return false;
  }

  /**
   * This end, for who does not wait from now on.
   *
   * @param ready called, by whatever thread, when {@link PolledChannel#tryReceive} or {@link
   *     PolledChannel#trySend} may have become able to do what they could not do before, or the
   *     channel has failed; also for nothing at times. It must neither wait nor call the channel.
   *     What had come before is not announced
   * @throws UnsupportedOperationException of a channel that only passes on what another one does
   */
  default PolledChannel polled(Runnable ready) {
    throw new UnsupportedOperationException(getClass() + " cannot be polled");
  }

  /** Says that nothing more comes from this end; receiving goes on. Idempotent. */
  void finish() throws WireException;

  /**
   * Ends the channel with a reason that both {@link #send} and {@link #receive} of the peer throw.
   *
   * @param reason for people; must hold nothing secret
   */
  void fail(String reason);

  /** Ends the channel; the peer sees a failure unless both ends had finished. Idempotent. */
  @Override
  void close();
}
