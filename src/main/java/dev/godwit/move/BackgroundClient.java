package dev.godwit.move;

import dev.godwit.host.AgentFile;
import dev.godwit.host.Host;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Plan;
import dev.godwit.sync.IdMap;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Asks the background process of a move. Threads: safe. */
public final class BackgroundClient implements AutoCloseable {
  /**
   * What a barrier could not do.
   *
   * @param first the first of them, for people
   */
  record Barrier(long failures, List<String> first) {}

  private final Connection connection;

  private BackgroundClient(Connection connection) {
    this.connection = connection;
  }

  /** Empty when no background process runs for the move. */
  public static Optional<BackgroundClient> find(Plan plan) throws IOException {
    Optional<Path> path = Background.socket(plan);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    SocketChannel socket;
    try {
      socket = SocketChannel.open(UnixDomainSocketAddress.of(path.get()));
    } catch (IOException e) {
      // No socket, or one that nobody listens on: both mean that no process runs.
      return Optional.empty();
    }
    return Optional.of(
        new BackgroundClient(
            Connection.start(
                Channels.newInputStream(socket),
                Channels.newOutputStream(socket),
                "the background process of " + plan.move(),
                Connection::refuse,
                ConnectionSettings.of(AgentFile.running().sha256()))));
  }

  public FollowStatus status() throws IOException {
    return FollowStatus.read(ask(Background.STATUS, Duration.ZERO));
  }

  /**
   * All that this host holds is on the other one, and durable there, but for what is told.
   *
   * @throws MoveException FAILED when that is not so, such as when this host is not mirrored
   */
  Barrier barrier(Role source, Duration limit) throws IOException {
    return barrier(Background.BARRIER, source, limit);
  }

  /**
   * What the mirrors had noticed before is on the other host, but for what is told; not on its disk
   * yet.
   */
  Barrier catchUp(Role source, Duration limit) throws IOException {
    return barrier(Background.CATCH_UP, source, limit);
  }

  /**
   * As {@link #barrier(Role, Duration)}, after a look at everything on both hosts (H23), however
   * long that takes.
   *
   * @param standstill for how long it may come no further
   */
  Barrier audit(Role source, Duration standstill) throws IOException {
    return barrier(Background.AUDIT, source, standstill);
  }

  private Barrier barrier(String ability, Role source, Duration limit) throws IOException {
    try {
      MessageReader answer =
          ask(ability, new MessageWriter().u8(source.ordinal()).u32(millis(limit)));
      return new Barrier(answer.u64(), answer.texts(1000, 64 * 1024));
    } catch (PeerFailure e) {
      // The process answers, so nothing is unreachable: the mirror's own words are the message.
      throw new MoveException(MoveException.Kind.FAILED, e.reason(), e);
    }
  }

  /** Stops the mirrors; returns when nothing of them writes any more. */
  void pause(long epoch, Duration limit) throws IOException {
    order(Background.PAUSE, new MessageWriter().u64(epoch).u32(millis(limit)));
  }

  /**
   * From now on the other host follows this one. Those that go the other way are stopped first, and
   * what was paused looks at everything again.
   *
   * @param mounts what takes part below each tree of the plan, in its order
   * @param owners the numbers of old's users and groups on new
   * @param limit for the stop
   * @param isNewRoot whether the source's roots are right, whatever they were before (H27)
   * @param isFenced whether the other host was left by a switch, so that its fences are to be kept
   * @param bytesPerSecond what all mirrors may take of the line together; 0: any number
   */
  void follow(
      Role source,
      List<MountChoice> mounts,
      IdMap owners,
      long epoch,
      Duration limit,
      boolean isNewRoot,
      boolean isFenced,
      long bytesPerSecond)
      throws IOException {
    MessageWriter argument =
        new MessageWriter().u64(epoch).u32(millis(limit)).u8(source.ordinal()).bool(isNewRoot);
    owners.writeTo(argument);
    argument.list(mounts, (out, each) -> out.texts(each.paths()));
    order(Background.FOLLOW, argument.bool(isFenced).u64(bytesPerSecond));
  }

  /** Mirrors that rest; closing it lets them go on. */
  static final class Rest implements AutoCloseable {
    private final Channel channel;

    private Rest(Channel channel) {
      this.channel = channel;
    }

    /** They look at everything again. */
    @Override
    public void close() {
      channel.close();
    }
  }

  /**
   * Stops the mirrors until the rest is closed, or this process ends; returns when nothing of them
   * writes any more.
   */
  Rest rest(long epoch, Duration limit) throws IOException {
    byte[] argument = new MessageWriter().u64(epoch).u32(millis(limit)).toBytes();
    Channel channel = connection.open(Background.REST, argument);
    try {
      if (channel.receive() == null) {
        throw new WireException("the background process gave no answer to " + Background.REST);
      }
      return new Rest(channel);
    } catch (PeerFailure e) {
      channel.close();
      throw new MoveException(MoveException.Kind.FAILED, e.reason(), e);
    } catch (WireException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * A host, asked by the connection that the process has to it, which is made anew when it was
   * lost. Lasts as long as this client.
   */
  public Host host(Role role) {
    return new LentHosts.Lent(connection, role);
  }

  void quit() throws IOException {
    ask(Background.QUIT, Duration.ZERO);
  }

  /** As {@link #ask}, where what the process refuses is for people. */
  private void order(String ability, MessageWriter argument) throws IOException {
    try {
      MessageReader unused = ask(ability, argument);
    } catch (PeerFailure e) {
      throw new MoveException(MoveException.Kind.FAILED, e.reason(), e);
    }
  }

  private static int millis(Duration limit) {
    return (int) limit.toMillis();
  }

  private MessageReader ask(String ability, Duration limit) throws WireException {
    return ask(ability, new MessageWriter().u32(millis(limit)));
  }

  private MessageReader ask(String ability, MessageWriter argument) throws WireException {
    try (Channel channel = connection.open(ability, argument.toBytes())) {
      channel.finish();
      byte[] answer = channel.receive();
      if (answer == null) {
        throw new WireException("the background process gave no answer to " + ability);
      }
      return new MessageReader(answer);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
