package dev.godwit.forward.daemons;

import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.GateException;
import dev.godwit.forward.Moves;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.gate.Busy;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.Gate;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.NextHost;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A move's gate, as the mover commands it. Every method asks the daemon on the gate's host and
 * waits for its answer; each throws {@link GateException} when it refuses, and another IOException
 * when it could not be asked. Commands may be repeated after a lost answer: {@link #status} says
 * what is.
 *
 * <p>Threads: any.
 */
public final class GateClient {
  private final Host gateHost;
  private final String move;

  public GateClient(Host gateHost, String move) {
    this.gateHost = gateHost;
    this.move = move;
  }

  /** Starts the daemon unless it runs. */
  public void start() throws IOException {
    ask(request(GateCommand.START));
  }

  /**
   * Prepares everything; see {@link Gate#capture}. Doing it again replaces what was prepared.
   *
   * @param wayBack for the daemon's {@link WayBackFactory}
   * @param guestsMax connections at most; 0 for what the daemon may open
   */
  public void capture(long epoch, List<PortGroup> groups, byte[] wayBack, int guestsMax)
      throws IOException {
    capture(epoch, groups, wayBack, guestsMax, true);
  }

  /**
   * The same.
   *
   * @param serves whether the services of its host run now
   */
  public void capture(
      long epoch, List<PortGroup> groups, byte[] wayBack, int guestsMax, boolean serves)
      throws IOException {
    ask(
        request(GateCommand.CAPTURE)
            .u64(epoch)
            .list(groups, (w, g) -> g.write(w))
            .u32(guestsMax)
            .bytes(wayBack)
            .bool(serves));
  }

  /** See {@link Gate#hold}. */
  public void hold(long epoch, Duration limit) throws IOException {
    hold(epoch, limit, null);
  }

  /**
   * The same.
   *
   * @param next who is to serve after it, and may start its services before the release; null for
   *     one that does not
   */
  public void hold(long epoch, Duration limit, NextHost.@Nullable Lease next) throws IOException {
    ask(
        request(GateCommand.HOLD)
            .u64(epoch)
            .u64(limit.toMillis())
            .list(next == null ? List.of() : List.of(next), (w, each) -> each.write(w)));
  }

  /** See {@link Gate#lead}. */
  public void lead(long epoch, Destination destination) throws IOException {
    MessageWriter request = request(GateCommand.LEAD).u64(epoch);
    destination.write(request);
    ask(request);
  }

  /** See {@link Gate#nextStarts}. */
  public void nextStarts(long epoch) throws IOException {
    ask(request(GateCommand.NEXT_STARTS).u64(epoch));
  }

  /** See {@link Gate#busy}. */
  public List<Busy> busy(long quietMillis) throws IOException {
    return ask(request(GateCommand.BUSY).u64(quietMillis)).list(65536, Busy::read);
  }

  /** See {@link Gate#awaitQuiet}. */
  public List<Busy> awaitQuiet(Duration limit, long quietMillis) throws IOException {
    return ask(request(GateCommand.AWAIT_QUIET).u64(limit.toMillis()).u64(quietMillis))
        .list(65536, Busy::read);
  }

  /** See {@link Gate#cutOff}. */
  public int cutOff(long epoch) throws IOException {
    return ask(request(GateCommand.CUT_OFF).u64(epoch)).u32();
  }

  /** See {@link Gate#takeQueued}. */
  public int takeQueued(long epoch) throws IOException {
    return ask(request(GateCommand.TAKE_QUEUED).u64(epoch)).u32();
  }

  /** See {@link Gate#makeRoom}. */
  public void makeRoom(long epoch) throws IOException {
    ask(request(GateCommand.MAKE_ROOM).u64(epoch));
  }

  /** See {@link Gate#clear}. */
  public void clear(long epoch, List<String> groups, Duration limit) throws IOException {
    ask(
        request(GateCommand.CLEAR)
            .u64(epoch)
            .list(groups, MessageWriter::text)
            .u64(limit.toMillis()));
  }

  /** See {@link Gate#cover}. */
  public void cover(long epoch) throws IOException {
    ask(request(GateCommand.COVER).u64(epoch));
  }

  /** See {@link Gate#release}. */
  public void release(long epoch, Destination destination, int perSecond) throws IOException {
    MessageWriter request = request(GateCommand.RELEASE).u64(epoch).u32(perSecond);
    destination.write(request);
    ask(request);
  }

  /** See {@link Gate#back}. Takes as long as the services need to start. */
  public void back(long epoch) throws IOException {
    back(epoch, false);
  }

  /**
   * The same.
   *
   * @param nextHasStopped whether what was started on the next host is known to have stopped
   */
  public void back(long epoch, boolean nextHasStopped) throws IOException {
    ask(request(GateCommand.BACK).u64(epoch).bool(nextHasStopped));
  }

  /** See {@link Gate#home}. */
  public void home(long epoch, boolean regardless) throws IOException {
    ask(request(GateCommand.HOME).u64(epoch).bool(regardless));
  }

  /** What the gate does; empty when none runs or nothing was captured. */
  public Optional<GateStatus> status() throws IOException {
    try {
      return Optional.of(GateStatus.read(ask(request(GateCommand.STATUS))));
    } catch (GateException e) {
      if (e.kind() == GateException.Kind.ABSENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * The gates of this move on its host that did not end in order, oldest first: what they had was
   * cut off. Also when none runs.
   */
  public List<GateStatus.Death> deaths() throws IOException {
    return GateStatus.readDeaths(ask(request(GateCommand.DEATHS)));
  }

  /** Which rung a gate there would get; see {@link Trial#make}. */
  public Trial.Result trial() throws IOException {
    return Trial.Result.read(ask(request(GateCommand.TRIAL)));
  }

  /** Whether the gate's host reaches the landing; see {@link Gate#probe}. */
  public void probe(Destination destination, Duration limit) throws IOException {
    MessageWriter request = request(GateCommand.PROBE);
    destination.write(request);
    ask(request.u64(limit.toMillis()));
  }

  /**
   * Takes the gate away and ends the daemon; see {@link Gate#end}.
   *
   * @return false when none ran
   */
  public boolean end(long epoch, boolean force) throws IOException {
    try {
      ask(request(GateCommand.END).u64(epoch).bool(force));
      return true;
    } catch (GateException e) {
      if (e.kind() == GateException.Kind.ABSENT) {
        return false;
      }
      throw e;
    }
  }

  private MessageWriter request(GateCommand command) {
    return Moves.request(move).u8(command.ordinal());
  }

  private MessageReader ask(MessageWriter request) throws IOException {
    return DaemonClient.read(gateHost.call(GateAbility.NAME, request.toBytes()));
  }
}
