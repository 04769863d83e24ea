package dev.godwit.stage;

import dev.godwit.host.AgentFile;
import dev.godwit.host.ConnectedHost;
import dev.godwit.host.Host;
import dev.godwit.wire.Channel;
import dev.godwit.wire.ChannelStreams;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A stage on a host, as a host: services that are started there see the host's files, may write all
 * of them, and change none; nobody outside can connect to them, nor they to anybody.
 *
 * <p>Threads: all methods may be called by any thread.
 */
public final class StageHost extends ConnectedHost {
  /** For the last frames of the connection. */
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  private final Channel channel;
  private final List<String> said;
  private boolean closed;

  private StageHost(String name, Channel channel, Connection connection, List<String> said) {
    super(name, connection);
    this.channel = channel;
    this.said = said;
  }

  /**
   * Puts a stage up. Nothing may write below the roots until it is closed, but the stage.
   *
   * @param roots of the trees that the services write to; what is written there may need room on
   *     their disks until the stage is closed
   */
  public static StageHost on(Host host, String move, List<byte[]> roots) throws IOException {
    String name = host.name() + ", rehearsing";
    Channel channel = host.open(StageAbility.NAME, encode(move, roots));
    try {
      byte[] first = channel.receive();
      if (first == null) {
        throw new WireException(host.name() + " has put up no stage");
      }
      List<String> said = new MessageReader(first).texts(10_000, 64 * 1024);
      Connection connection =
          Connection.start(
              ChannelStreams.in(channel),
              ChannelStreams.out(channel),
              name,
              Connection::refuse,
              ConnectionSettings.of(AgentFile.running().sha256()));
      return new StageHost(name, channel, connection, said);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static byte[] encode(String move, List<byte[]> roots) {
    MessageWriter out = new MessageWriter();
    new StageRequest(move, roots, List.of(), List.of()).write(out);
    return out.toBytes();
  }

  /** How the trees of a host are. */
  public static Seal seal(Host host, String move, List<byte[]> roots) throws IOException {
    return Seal.read(ask(host, StageTreesAbility.SEAL, move, roots));
  }

  /**
   * Removes what a rehearsal has left that the host did not survive.
   *
   * @return how many folders there were
   */
  public static int tidy(Host host, String move, List<byte[]> roots) throws IOException {
    return ask(host, StageTreesAbility.TIDY, move, roots).u32();
  }

  private static MessageReader ask(Host host, int order, String move, List<byte[]> roots)
      throws IOException {
    MessageWriter question = new MessageWriter().u8(order);
    byte[] request = encode(move, roots);
    question.raw(request, 0, request.length);
    return new MessageReader(host.call(StageTreesAbility.NAME, question.toBytes()));
  }

  /** For people: where what is written is kept, and what of the host is not there. */
  public List<String> said() {
    return said;
  }

  /**
   * Takes the stage down; returns when nothing of it is left on the host.
   *
   * @throws IOException when that could not be made sure
   */
  public void takeDown() throws IOException, InterruptedException {
    if (closed) {
      return;
    }
    closed = true;
    try (channel) {
      connection.close();
      connection.awaitEnd(END_LIMIT);
      channel.finish();
      channel.drain();
    } catch (PeerFailure e) {
      throw new IOException(e.reason(), e);
    }
  }

  /** As {@link #takeDown}, for when something else has failed already. */
  @Override
  public void close() {
    connection.close();
    channel.close();
  }
}
