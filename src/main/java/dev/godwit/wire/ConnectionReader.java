package dev.godwit.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The reader thread of a connection: gives each frame to the channel that it is for. Waits for
 * nothing but the stream, so that what the peer sends is always taken, whatever this end's writer
 * and receivers do; what was sent beyond its credit ends the connection.
 */
final class ConnectionReader {
  private final Connection connection;
  private final Outgoing outgoing;
  private final ConnectionSettings settings;
  private final FrameInput frames;

  ConnectionReader(
      Connection connection, Outgoing outgoing, InputStream in, ConnectionSettings settings) {
    this.connection = connection;
    this.outgoing = outgoing;
    this.settings = settings;
    this.frames = new FrameInput(in, connection::heard);
  }

  /** Reads until the end, which it tells the connection. */
  void run() {
    try {
      Hello.read(frames, settings.build());
      connection.helloCame();
      while (true) {
        frames.next();
        handle();
      }
    } catch (Hello.Mismatch e) {
      connection.lose(e.getMessage(), e.getMessage(), e);
    } catch (WireException e) {
      connection.lose("it broke the protocol: " + e.getMessage(), e.getMessage(), e);
    } catch (Bye e) {
      connection.isReadOut(true);
      connection.lose(e.words, "", e);
    } catch (EOFException e) {
      connection.lose("the stream ended" + connection.detail(), "", e);
    } catch (IOException e) {
      connection.lose("reading failed: " + e.getMessage() + connection.detail(), "", e);
    } catch (RuntimeException | Error e) {
      connection.lose("a fault in Godwit itself: " + e, "a fault at the other end", e);
    } finally {
      connection.isReadOut(false);
    }
  }

  private void handle() throws IOException {
    switch (frames.type) {
      case Frame.PING -> frames.skipPayload();
      case Frame.OPEN -> open(frames.channel, new MessageReader(frames.payload()));
      case Frame.DATA -> {
        MuxChannel channel = connection.find(frames.channel);
        if (channel == null) {
          frames.skipPayload();
        } else {
          channel.inbox.reserve(frames.payloadBytes);
          channel.inbox.put(frames.payload());
        }
      }
      case Frame.CREDIT -> {
        int bytes = new MessageReader(frames.payload()).u32();
        MuxChannel channel = connection.find(frames.channel);
        if (channel != null) {
          locked(() -> channel.creditCame(bytes));
        }
      }
      case Frame.FINISH -> {
        MuxChannel channel = connection.find(frames.channel);
        if (channel != null) {
          channel.inbox.finish();
          locked(channel::peerFinished);
        }
      }
      case Frame.FAIL -> fail(frames.channel, frames.payload());
      case Frame.BYE -> throw Bye.read(frames);
      default -> throw new WireException("a second hello");
    }
  }

  private void open(int wireNumber, MessageReader message) throws WireException {
    String ability = message.text(Frame.ABILITY_BYTES_MAX);
    if (!Connection.isAbility(ability)) {
      throw new WireException("a channel to " + Printable.line(ability, 100));
    }
    byte[] argument = message.rest();
    MuxChannel channel = connection.accept(wireNumber);
    if (channel != null) {
      connection.serve(ability, argument, channel);
    }
  }

  private void fail(int wireNumber, byte[] reasonBytes) throws WireException {
    MuxChannel channel = connection.find(wireNumber);
    if (channel == null) {
      return;
    }
    String reason =
        Printable.text(new String(reasonBytes, StandardCharsets.UTF_8), Frame.REASON_BYTES_MAX);
    PeerFailure failure =
        new PeerFailure(connection.peer(), reason.isEmpty() ? "closed the channel" : reason);
    locked(
        () -> {
          connection.remove(channel);
          channel.endFromOutside(failure);
        });
    channel.inbox.end(failure);
  }

  private interface Action {
    void run() throws WireException;
  }

  private void locked(Action action) throws WireException {
    outgoing.lock.lock();
    try {
      action.run();
    } finally {
      outgoing.lock.unlock();
    }
  }
}
