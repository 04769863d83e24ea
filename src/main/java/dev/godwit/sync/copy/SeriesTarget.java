package dev.godwit.sync.copy;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.Memory;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TreeRoot;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of a series of copies: begins one when the source says so, and guards what is
 * common to all of them.
 *
 * <p>Threads: the caller of {@link #serve} receives; each copy has those of {@link TargetSide}. All
 * have ended when it returns.
 */
final class SeriesTarget {
  /** What is unmounted under a session is noticed so much later, or before a sync (H30). */
  private static final Duration ROOT_INTERVAL = Duration.ofSeconds(2);

  private final TreeRoot root;
  private final Channel channel;
  private final Crew.Kept crew = new Crew.Kept();
  private final Custody custody;
  private final SeriesTargetParts parts;
  private final FreedRoom room = new FreedRoom();
  private final Map<Integer, Running> running = new ConcurrentHashMap<>();
  private int next;
  private boolean finished;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable WireException failure;

  /** A copy that is under way. */
  private final class Running {
    final int number;
    final Side side;

    /** Null until there is something to do. The thread that receives. */
    private Crew.@Nullable Duty duty;

    /** Of its end here, and what the source says of its end. */
    private int ends;

    Running(int number, Side side) {
      this.number = number;
      this.side = side;
    }

    /** As soon as there is something to do, and not before: a thread would wait for it. */
    void startIfBegun() {
      if (duty == null && side.side.hasBegun()) {
        duty = crew.start("series-copy", () -> run(this));
      }
    }

    synchronized void ended() {
      if (++ends == 2) {
        running.remove(number);
      }
    }
  }

  SeriesTarget(
      TreeRoot root,
      KnownTarget known,
      CameLately.Told came,
      SeriesRequest request,
      Channel channel)
      throws CopyException, LinuxException {
    this.root = root;
    this.channel = channel;
    this.custody =
        new Custody(
            root.handle(),
            known,
            came,
            request,
            this::halted,
            this::limited,
            this::removed,
            this::came);
    Parts of = Parts.of(request.guarded());
    this.parts =
        new SeriesTargetParts(
            of,
            of.owners(true),
            crew,
            root.handle(),
            custody,
            new TemporaryNames(),
            of.sums(null),
            path -> {},
            false);
  }

  /** Serves the source until it has finished, or throws what ended it. */
  void serve() throws WireException, InterruptedException {
    try {
      custody.disks().touched(root.handle().status().device(), root.handle());
      tellSums(); // before what the source begins with: its first look may be the only one
      channel.send(
          new MessageWriter()
              .u8(SeriesFrames.ROOT)
              .text(DirectoryIdentity.of(root.handle()))
              .u64(CoarseClock.nanos())
              .toBytes());
      var unused = crew.start("series-root", this::guardRoot);
      Trash trash = custody.trash();
      if (trash != null) {
        trash.tidy();
      }
      for (byte[] frame = channel.receive(); frame != null; frame = channel.receive()) {
        received(frame);
      }
      if (!finished) {
        throw new WireException("the source ended before the copy was complete");
      }
    } catch (LinuxException e) {
      throw new WireException(root + ": " + e.reason(), e);
    } catch (WireException e) {
      WireException first = failure;
      throw first == null ? e : first;
    } finally {
      over.countDown();
      stop(new WireException("the copy was ended"));
      crew.close();
      custody.close();
    }
  }

  private void tellSums() throws WireException {
    if (parts.sums() != null) {
      CompactWriter frame = new CompactWriter(32).u8(SeriesFrames.SUMS);
      FileSums.write(parts.sums(), frame.bool(TargetSide.hasContent(root.handle())));
      channel.send(frame.toBytes());
    }
  }

  private void stop(WireException reason) throws InterruptedException {
    boolean wasInterrupted = Thread.interrupted(); // what was begun is ended in any case
    List<Running> all = new ArrayList<>(running.values());
    all.forEach(one -> one.side.channel.end(reason));
    for (Running one : all) {
      join(one);
    }
    if (wasInterrupted) {
      throw new InterruptedException();
    }
  }

  private static void join(Running one) throws InterruptedException {
    Crew.Duty duty = one.duty;
    if (duty != null) {
      duty.join();
    }
  }

  private void received(byte[] frame) throws WireException, InterruptedException {
    MessageReader message = new MessageReader(frame);
    int type = message.u8();
    if (finished) {
      throw CompactReader.malformed("the source goes on after its end");
    }
    switch (type) {
      case SeriesFrames.COPY -> {
        Running one = running(message.u32());
        one.side.channel.received(frame);
        one.startIfBegun();
      }
      case SeriesFrames.COPY_END -> {
        int number = message.u32();
        message.end();
        Running one = running(number);
        one.side.channel.peerFinished();
        one.ended();
      }
      case SeriesFrames.COPY_BEGIN -> {
        int number = message.u32();
        boolean tells = message.bool();
        message.end();
        begin(number, tells);
      }
      case SeriesFrames.KEEP -> custody.keep(toKeep(message));
      case SeriesFrames.HOLD -> custody.hold(toKeep(message));
      case SeriesFrames.SYNC -> {
        int number = message.u32();
        message.end();
        lookForRoot(); // what is synced has to be what the path leads to
        var unused = crew.start("series-sync", () -> sync(number));
      }
      case SeriesFrames.RENAME -> {
        int number = message.u32();
        TargetRename rename = TargetRename.read(message);
        var unused = crew.start("series-rename", () -> rename(number, rename));
      }
      case SeriesFrames.FOLLOWS -> {
        message.end();
        custody.follows();
        Memory.giveBackSoon();
      }
      case SeriesFrames.FINISH -> {
        message.end();
        for (Running one : List.copyOf(running.values())) {
          if (!one.side.channel.hasPeerFinished()) {
            throw CompactReader.malformed("the source finishes while a copy is under way");
          }
          join(one);
        }
        finished = true;
        channel.send(new byte[] {SeriesFrames.FINISHED});
        channel.finish();
      }
      default -> throw Messages.unexpected(type, "source");
    }
  }

  /** The next session is told what has become of it, and goes on when it is back. */
  private void lookForRoot() throws WireException {
    if (!root.isInPlace()) {
      throw new WireException(
          root
              + ": the path of the target leads to another directory by now, or nowhere: it was"
              + " unmounted, removed, replaced or mounted over");
    }
  }

  /** Looks for the root, and for room in it, until the end: no message comes of either. */
  private void guardRoot() {
    try {
      while (!over.await(ROOT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        lookForRoot();
        if (room.isFull() && room.isFreed(FileSystemStatus.of(root.handle()))) {
          send(new MessageWriter().u8(SeriesFrames.ROOM));
        }
      }
    } catch (LinuxException e) {
      fail(new WireException(root + ": " + e.reason(), e));
    } catch (WireException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] toKeep(MessageReader message) throws WireException {
    byte[] path = message.bytes(SeriesFrames.PATH_BYTES_MAX);
    message.end();
    if (!custody.hasRoomToKeep() || !Names.isPathBelow(path)) {
      throw CompactReader.malformed("a path that cannot be kept");
    }
    return path;
  }

  private Running running(int number) throws WireException {
    Running one = running.get(number);
    if (one == null) {
      throw CompactReader.malformed("a message of a copy that has not begun");
    }
    return one;
  }

  private void begin(int number, boolean tells) throws WireException {
    // Those that have ended at the source may still be ending here.
    if (number != next || running.size() >= 2 * SeriesFrames.COPIES_MAX) {
      throw CompactReader.malformed("a copy that cannot begin");
    }
    next++;
    try {
      running.put(number, new Running(number, new Side(number, tells)));
    } catch (CopyException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  private void run(Running one) {
    try {
      one.side.side.runToldWhatComes();
      one.ended();
    } catch (CopyException | RuntimeException e) {
      fail(new WireException(Endings.toSeries(e), e));
    } catch (InterruptedException e) {
      fail(new WireException("the copy was interrupted", e));
    }
  }

  private void fail(WireException e) {
    synchronized (this) {
      if (failure == null) {
        failure = e;
      }
    }
    channel.fail(String.valueOf(e.getMessage()));
  }

  private void send(MessageWriter message) {
    try {
      message.sendTo(channel);
    } catch (WireException e) {
      // The receiver meets the same, and ends the series.
    }
  }

  private void problem(CopyListener.Failure failed) {
    room.failed(failed.errno());
    send(message(SeriesFrames.PROBLEM, failed));
  }

  private static MessageWriter message(int type, CopyListener.Failure failed) {
    MessageWriter message = new MessageWriter().u8(type);
    Problem.Side side = failed.isToldBySource() ? Problem.Side.SOURCE : Problem.Side.TARGET;
    new Problem(side, Paths.below(failed.path()), failed.what(), failed.errno()).write(message);
    return message;
  }

  private void halted(CopyListener.Failure why) {
    send(message(SeriesFrames.HALT, why).bool(false));
  }

  private void removed(long names) {
    send(new MessageWriter().u8(SeriesFrames.REMOVED).u64(names));
  }

  private void came(List<Long> names) {
    MessageWriter message = new MessageWriter().u8(SeriesFrames.CAME);
    send(message.list(names, (m, one) -> m.u64(one)));
  }

  private void limited(String what) {
    send(new MessageWriter().u8(SeriesFrames.LIMIT).text(what));
  }

  private void sync(int number) {
    long before = CoarseClock.nanos();
    try {
      custody.disks().sync();
    } catch (LinuxException e) {
      problem(
          new CopyListener.Failure(
              CopyStatus.PARTIAL,
              Paths.NONE,
              "the disk could not keep what was written ("
                  + e.reason()
                  + "); look after the disk, then compare the content of both sides",
              e.errno()));
      before = 0;
    }
    send(new MessageWriter().u8(SeriesFrames.SYNCED).u32(number).u64(before));
  }

  private void rename(int number, TargetRename rename) {
    TargetRename.Outcome outcome =
        rename.perform(root.handle(), custody, parts.parts().filters, parts.temporaries());
    send(new MessageWriter().u8(SeriesFrames.RENAMED).u32(number).u8(outcome.ordinal()));
  }

  /** One copy. */
  private final class Side implements CopyListener {
    private final int number;
    private final SeriesChannel channel;
    private final TargetSide side;
    private boolean isOver;

    Side(int number, boolean tells) throws CopyException {
      this.number = number;
      this.channel =
          new SeriesChannel(SeriesTarget.this.channel, number) {
            @Override
            public void finish() throws WireException {
              synchronized (Side.this) {
                tellFigures(); // before the end, which makes them final
                isOver = true;
              }
              super.finish();
            }
          };
      this.side =
          new TargetSide(
              channel, parts.with(path -> again(path, true), tells), this, Endings::toSeries);
      channel.serves(side);
    }

    private synchronized void tellFigures() {
      if (isOver) {
        return;
      }
      MessageWriter message = new MessageWriter().u8(SeriesFrames.FIGURES).u32(number);
      SeriesCounters.write(message, side.tally());
      send(message);
      custody.tellRemoved();
    }

    private void again(byte[] path, boolean isMissingTree) {
      send(new MessageWriter().u8(SeriesFrames.AGAIN).u32(number).bool(isMissingTree).bytes(path));
    }

    @Override
    public void item(Item item) {
      send(
          new MessageWriter()
              .u8(SeriesFrames.CHANGED)
              .u32(number)
              .u8(item.kind().ordinal())
              .u32(item.change().bits())
              .bytes(Paths.below(item.path())));
    }

    @Override
    public void failure(Failure failure) {
      byte[] path = Paths.below(failure.path());
      if (failure.status() == CopyStatus.VANISHED && path.length > 0) {
        again(path, false);
      } else {
        problem(failure);
      }
    }

    @Override
    public void progress(CopyStatistics soFar) {
      tellFigures();
    }
  }
}
