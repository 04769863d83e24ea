package dev.godwit.forward.server;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Carries bytes between a socket and a channel, both ways at once. An end of the stream is passed
 * on as one, a failure of either side as a reset (H53). The channel's credit is the flow control:
 * who does not read stops nobody but itself.
 */
final class ChannelPump {
  private final SocketChannel socket;
  private final Channel channel;

  ChannelPump(SocketChannel socket, Channel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  /** Returns when both directions are over; the socket is closed then. */
  void run() throws InterruptedException {
    Thread down = Thread.ofVirtual().name("forward from channel").start(this::fromChannel);
    toChannel();
    down.join();
    try {
      socket.close();
    } catch (IOException e) {
      return; // it is gone in any case
    }
  }

  private void toChannel() {
    ReadBuffer buffers = new ReadBuffer();
    try {
      for (ByteBuffer buffer = buffers.next(); socket.read(buffer) >= 0; buffer = buffers.next()) {
        channel.send(buffer.array(), 0, buffer.position());
      }
      channel.finish();
    } catch (WireException e) {
      reset();
    } catch (IOException e) {
      channel.fail("the connection was reset");
      reset();
    }
  }

  private void fromChannel() {
    try {
      for (byte[] bytes = channel.receive(); bytes != null; bytes = channel.receive()) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          int unused = socket.write(rest);
        }
      }
      socket.shutdownOutput();
    } catch (WireException e) {
      reset();
    } catch (IOException e) {
      channel.fail("the connection was reset");
      reset();
    }
  }

  private void reset() {
    try {
      if (socket.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
      socket.close();
    } catch (IOException e) {
      return; // closed by the other direction
    }
  }
}
