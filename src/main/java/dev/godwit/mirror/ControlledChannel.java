package dev.godwit.mirror;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * The channel as the session sees it: what the controller sends in between is taken out and given
 * to the mirror. The session receives all the time, so nothing waits here for long.
 */
final class ControlledChannel implements Channel {
  /** Called on the session's receiving thread; must not wait. */
  interface Controls {
    void control(Control control);
  }

  private final Channel channel;
  private final Controls controls;

  ControlledChannel(Channel channel, Controls controls) {
    this.channel = channel;
    this.controls = controls;
  }

  @Override
  public String peer() {
    return channel.peer();
  }

  @Override
  public void send(byte[] buffer, int offset, int length) throws WireException {
    channel.send(buffer, offset, length);
  }

  @Override
  public byte @Nullable [] receive() throws WireException {
    while (true) {
      byte[] message = channel.receive();
      if (message == null || message.length == 0 || (message[0] & 0xff) != Control.TYPE) {
        return message;
      }
      controls.control(Control.decode(message));
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
