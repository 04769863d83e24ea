package dev.godwit.wire;

import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A connection under test and, at its other end, frames written by hand. */
final class TestingPeer implements AutoCloseable {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sent(int type, int channel, byte[] payload) {
    String text() {
      return new String(payload, java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  static final String NAME = "old (hostile)";

  final Connection connection;
  final LinkedBlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<WireException> losses = new LinkedBlockingQueue<>();
  private final TestingPipe toConnection = new TestingPipe(1024 * 1024);
  private final TestingPipe fromConnection = new TestingPipe(1024 * 1024);
  private final DataInputStream in = new DataInputStream(fromConnection.in);

  TestingPeer() {
    this(ConnectionSettings.of("build"));
  }

  TestingPeer(ConnectionSettings settings) {
    connection =
        Connection.start(toConnection.in, fromConnection.out, NAME, this::accept, settings);
    connection.onLost(losses::add);
  }

  private void accept(String ability, byte[] argument, Channel channel) {
    accepted.add(channel);
    try {
      while (channel.receive() != null) {
        // taken
      }
    } catch (WireException e) {
      // over
    }
  }

  TestingPeer hello() throws IOException {
    return frame(
        Frame.HELLO,
        0,
        new MessageWriter().u32(Frame.MAGIC).u32(Frame.VERSION).text("build").toBytes());
  }

  TestingPeer frame(int type, int channel, byte[] payload) throws IOException {
    byte[] frame = new byte[Frame.HEADER_BYTES + payload.length];
    Frame.header(frame, 0, type, channel, payload.length);
    System.arraycopy(payload, 0, frame, Frame.HEADER_BYTES, payload.length);
    return raw(frame);
  }

  TestingPeer open(int number, String ability) throws IOException {
    return frame(Frame.OPEN, number, new MessageWriter().text(ability).toBytes());
  }

  TestingPeer raw(byte[] bytes) throws IOException {
    toConnection.out.write(bytes);
    return this;
  }

  void endOfStream() throws IOException {
    toConnection.out.close();
  }

  /** The next frame that is not a ping. */
  Sent next() throws IOException {
    while (true) {
      int length = in.readInt();
      int type = in.readUnsignedByte();
      int channel = in.readInt();
      byte[] payload = in.readNBytes(length - Frame.COUNTED_HEADER_BYTES);
      if (type != Frame.PING) {
        return new Sent(type, channel, payload);
      }
    }
  }

  WireException loss() throws InterruptedException {
    return loss(Duration.ofSeconds(5));
  }

  WireException loss(Duration limit) throws InterruptedException {
    WireException loss = losses.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    if (loss == null) {
      throw new AssertionError("the connection lives on");
    }
    return loss;
  }

  @Override
  public void close() throws IOException {
    toConnection.out.close();
    fromConnection.in.close();
    connection.close();
  }
}
