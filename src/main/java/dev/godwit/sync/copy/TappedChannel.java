package dev.godwit.sync.copy;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A channel to a far side as the controller sees it: what is meant for the controller is taken out
 * on the way, and the bytes are counted.
 */
final class TappedChannel implements Channel {
  private final Channel channel;
  private final EventReader events;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong received = new AtomicLong();

  /**
   * @param events gets the messages for the controller, on the thread that receives
   */
  TappedChannel(Channel channel, EventReader events) {
    this.channel = channel;
    this.events = events;
  }

  long sent() {
    return sent.get();
  }

  long received() {
    return received.get();
  }

  @Override
  public String peer() {
    return channel.peer();
  }

  @Override
  public void send(byte[] buffer, int offset, int length) throws WireException {
    channel.send(buffer, offset, length);
    sent.addAndGet(length);
  }

  @Override
  public void sendLazily(byte[] buffer, int offset, int length) throws WireException {
    channel.sendLazily(buffer, offset, length);
    sent.addAndGet(length);
  }

  @Override
  public byte @Nullable [] receive() throws WireException {
    while (true) {
      byte[] message = channel.receive();
      if (message == null) {
        return null;
      }
      received.addAndGet(message.length);
      if (!Messages.isForController(message)) {
        return message;
      }
      events.take(message);
    }
  }

  @Override
  public void finish() throws WireException {
    channel.finish();
  }

  @Override
  public void fail(String reason) {
    channel.fail(reason);
  }

  @Override
  public void close() {
    channel.close();
  }
}
