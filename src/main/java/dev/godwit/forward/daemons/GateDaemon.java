package dev.godwit.forward.daemons;

import dev.godwit.forward.Daemon;
import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.gate.Busy;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.Gate;
import dev.godwit.forward.gate.GateControl;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.HoldRecord;
import dev.godwit.forward.gate.LandingWord;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.forward.gate.NextHost;
import dev.godwit.forward.gate.ReleaseRecord;
import dev.godwit.forward.gate.WayBackAttempts;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.host.EpochFence;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The process that holds a host's gate: it outlives the controller and the ssh connection, so that
 * a hold's lease ends also when nobody is left (H50).
 */
public final class GateDaemon {
  static final String NAME = "gate";
  private static final int WAY_BACK_BYTES_MAX = 128 * 1024;
  private static final long MILLIS_MAX = 24 * 3600 * 1000L;

  private final Path directory;
  private final WayBackFactory wayBacks;
  private @Nullable Gate gate;
  private volatile boolean ended;
  private final SupervisorWatch supervisor;
  private List<GateStatus.Death> deaths = List.of();

  /** Of the gate; of the last capture. */
  private volatile @Nullable NextHost next;

  /** What the gate was last captured with; null before. */
  private volatile @Nullable HoldRecord captured;

  private GateDaemon(Path directory, WayBackFactory wayBacks, SupervisorWatch supervisor) {
    this.supervisor = supervisor;
    this.directory = directory;
    this.wayBacks = wayBacks;
  }

  /**
   * Serves {@code gate.sock} in the directory until it is told to end. The process's main.
   *
   * @param directory of this move's gate alone; made 0700
   * @throws IOException also when another gate serves there
   */
  public static void run(Path directory, WayBackFactory wayBacks)
      throws IOException, InterruptedException {
    run(directory, wayBacks, DaemonSupervisor.command(NAME));
  }

  static void run(Path directory, WayBackFactory wayBacks, DaemonCommand supervisor)
      throws IOException, InterruptedException {
    Daemon.endInOrderBySignal(directory, NAME);
    GateDaemon daemon =
        new GateDaemon(directory, wayBacks, SupervisorWatch.start(directory, NAME, supervisor));
    Daemon.run(directory, NAME, daemon::begin, daemon::answer, () -> daemon.ended);
  }

  /** Goes on with what a gate before this one has decided and could not bring to its end. */
  private AutoCloseable begin() throws IOException, InterruptedException {
    deaths = Deaths.record(directory);
    Optional<ReleaseRecord> released = ReleaseRecord.read(directory);
    Leftovers.of(directory, released.isPresent());
    Optional<HoldRecord> held = HoldRecord.read(directory);
    if (released.isPresent()) {
      goOn(released.get());
    } else if (held.isPresent()) {
      putBack(held.get());
    }
    return GateControl.start(directory, this::gate);
  }

  private byte[] answer(MessageReader request) throws IOException, InterruptedException {
    MessageWriter out = new MessageWriter();
    switch (GateCommand.read(request)) {
      case START, TRIAL -> {}
      case CAPTURE -> capture(request);
      case HOLD -> hold(request);
      case BUSY -> write(out, gate().busy(request.u64()));
      case AWAIT_QUIET -> write(out, gate().awaitQuiet(millis(request), request.u64()));
      case CUT_OFF -> out.u32(gate().cutOff(request.u64()));
      case TAKE_QUEUED -> out.u32(gate().takeQueued(request.u64()));
      case MAKE_ROOM -> gate().makeRoom(request.u64());
      case CLEAR ->
          gate()
              .clear(
                  request.u64(),
                  request.list(PortGroup.GROUPS_MAX, r -> r.text(256)),
                  millis(request));
      case COVER -> gate().cover(request.u64());
      case LEAD -> gate().lead(request.u64(), Destination.read(request));
      case NEXT_STARTS -> gate().nextStarts(request.u64());
      case RELEASE -> release(request);
      case BACK -> back(request.u64(), request.bool());
      case HOME -> gate().home(request.u64(), request.bool());
      case STATUS -> gate().status().with(deaths, supervisor.isWatched()).write(out);
      case DEATHS -> GateStatus.writeDeaths(out, deaths);
      case PROBE -> gate().probe(Destination.read(request), millis(request));
      case END -> end(request.u64(), request.bool());
    }
    return out.toBytes();
  }

  private void release(MessageReader request) throws IOException, InterruptedException {
    long epoch = request.u64();
    int perSecond = request.count(Integer.MAX_VALUE);
    Destination to = Destination.read(request);
    gate().release(epoch, to, perSecond);
    tellReleased(gate(), epoch, to);
  }

  /** Until the other host knows it, what it has started may stop again by itself. */
  private static void tellReleased(Gate by, long epoch, Destination to) {
    LandingWord.keepSayingReleased(to, epoch, () -> by.isReleasedAt(epoch));
  }

  private void hold(MessageReader request) throws IOException, InterruptedException {
    long epoch = request.u64();
    Duration limit = millis(request);
    NextHost.Lease lease = request.list(1, NextHost.Lease::read).stream().findFirst().orElse(null);
    Gate current = gate();
    if (current.mode() == GateStatus.Mode.PASS) {
      // Before the hold: who takes the place of a gate that died in it has to know the next host.
      captured = last().to(lease);
      Objects.requireNonNull(next, "captured").holds(epoch, lease);
    }
    current.hold(epoch, limit);
  }

  private void back(long epoch, boolean nextHasStopped) throws IOException, InterruptedException {
    Gate current = gate();
    if (nextHasStopped) {
      Objects.requireNonNull(next, "captured").hasStopped();
    }
    current.back(epoch);
  }

  private synchronized void capture(MessageReader request)
      throws IOException, InterruptedException {
    long epoch = request.u64();
    List<PortGroup> groups = request.list(PortGroup.GROUPS_MAX, PortGroup::read);
    int guestsMax = request.u32();
    byte[] wayBack = request.bytes(WAY_BACK_BYTES_MAX);
    boolean serves = request.bool();
    request.end();
    Gate before = gate;
    if (before != null) {
      // A controller that starts over captures again: what was only prepared gives way. A hold or a
      // release must not, for then clients would be refused.
      NextHost renewed = new NextHost(wayBacks.create(wayBack));
      if (before.renew(groups, epoch, renewed, serves)) {
        // A gate that dies in this attempt's hold is followed by one with this attempt's way back.
        captured = new HoldRecord(epoch, groups, guestsMax, wayBack, null);
        next = renewed;
        return;
      }
      if (before.mode() != GateStatus.Mode.PASS) {
        throw new GateException(
            GateException.Kind.WRONG_MODE,
            "the gate is in " + before.mode() + " already; it has to go back or end first");
      }
      before.end(epoch, false);
      gate = null;
    }
    gate = open(new HoldRecord(epoch, groups, guestsMax, wayBack, null), serves);
  }

  private Gate open(HoldRecord record, boolean serves) throws IOException, InterruptedException {
    captured = record;
    NextHost made = new NextHost(wayBacks.create(record.wayBack()));
    next = made;
    return Gate.capture(
        directory,
        record.groups(),
        record.epoch(),
        made,
        record.guestsMax(),
        Ladder.wanted(),
        new KeptDecisions(directory, this::last),
        serves);
  }

  private HoldRecord last() {
    return Objects.requireNonNull(captured, "there is a gate");
  }

  /**
   * A gate before this one had released, and died: the other host serves, and this one's ports lead
   * there again.
   */
  private void goOn(ReleaseRecord record) throws IOException, InterruptedException {
    Gate again = open(record.captured().at(highest(record.epoch())), false);
    again.goOn(record.epoch(), record.destination());
    gate = again;
    tellReleased(again, record.epoch(), record.destination());
  }

  /** No order: what was decided stands, also when later ones have come since. */
  private long highest(long decided) throws IOException {
    return Math.max(decided, EpochFence.open(directory).highest());
  }

  /**
   * A gate before this one held, and died: what it was to do at the end of its lease is done now,
   * with or without a gate.
   */
  private void putBack(HoldRecord record) throws IOException, InterruptedException {
    try {
      Gate again = open(record.at(highest(record.epoch())), true);
      Objects.requireNonNull(next, "opened").mayHaveStarted(record.epoch(), record.next());
      again.goBackAlone();
      gate = again;
    } catch (IOException e) {
      // Such as a unix socket that the service has taken with it when it stopped.
      System.getLogger(GateDaemon.class.getName())
          .log(System.Logger.Level.WARNING, "the services are put back without a gate", e);
      Thread.ofPlatform().daemon().name("gate way back").start(() -> startServices(record));
    }
  }

  private void startServices(HoldRecord record) {
    try {
      NextHost wayBack = new NextHost(wayBacks.create(record.wayBack()));
      wayBack.mayHaveStarted(record.epoch(), record.next());
      WayBackAttempts.run(wayBack);
      HoldRecord.delete(directory);
    } catch (IOException e) {
      System.getLogger(GateDaemon.class.getName())
          .log(System.Logger.Level.ERROR, "the services of this host are not back", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Gate gate() throws GateException {
    Gate current = gate;
    if (current == null) {
      throw new GateException(GateException.Kind.ABSENT, "nothing is captured");
    }
    return current;
  }

  private void end(long epoch, boolean force) throws IOException, InterruptedException {
    Gate current;
    synchronized (this) {
      current = gate;
    }
    if (current != null) {
      current.end(epoch, force); // may wait for a way back; the status must not
    } else {
      EpochFence.open(directory).check(epoch);
    }
    KeptDecisions.forget(directory);
    synchronized (this) {
      gate = null;
    }
    ended = true;
  }

  static Duration millis(MessageReader from) throws WireException {
    long millis = from.u64();
    if (millis < 0 || millis > MILLIS_MAX) {
      throw new WireException("malformed message: a time of " + millis + " ms");
    }
    return Duration.ofMillis(millis);
  }

  private static void write(MessageWriter out, List<Busy> ports) {
    out.list(ports, (w, b) -> b.write(w));
  }
}
