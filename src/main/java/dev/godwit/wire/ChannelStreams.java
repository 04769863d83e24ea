package dev.godwit.wire;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/** A channel as a pair of byte streams, for what speaks over streams. Message borders are lost. */
public final class ChannelStreams {
  private ChannelStreams() {}

  /** Ends when the peer has finished. One reader; closing it leaves the channel open. */
  public static InputStream in(Channel channel) {
    return new InputStream() {
      private byte[] message = new byte[0];
      private int position;
      private boolean ended;

      @Override
      public int read() throws WireException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws WireException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        while (!ended && position == message.length && length > 0) {
          byte[] next = channel.receive();
          ended = next == null;
          message = next == null ? message : next;
          position = next == null ? position : 0;
        }
        if (ended) {
          return -1;
        }
        int count = Math.min(length, message.length - position);
        System.arraycopy(message, position, buffer, offset, count);
        position += count;
        return count;
      }
    };
  }

  /** Sends at once; closing it says that nothing more comes. */
  public static OutputStream out(Channel channel) {
    return new OutputStream() {
      @Override
      public void write(int one) throws WireException {
        channel.send(new byte[] {(byte) one});
      }

      @Override
      public void write(byte[] buffer, int offset, int length) throws WireException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        for (int sent = 0; sent < length; ) {
          int count = Math.min(length - sent, Channel.MESSAGE_BYTES_MAX);
          channel.send(buffer, offset + sent, count);
          sent += count;
        }
      }

      @Override
      public void close() throws WireException {
        channel.finish();
      }
    };
  }
}
