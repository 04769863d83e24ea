package dev.godwit.sync;

import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The target side of a copy: compares what the source tells with what stands here, asks for what
 * differs and puts it in place.
 *
 * <p>Invariants: a name stands for its old content or its new one, never for a part. Nothing is
 * written that was not asked for, nothing outside the root. Nothing is removed unless the source
 * has listed the directory to its end, or has said of this very name that it is gone.
 *
 * <p>Threads: the caller of {@link #serve} receives; one compares, one syncs the disks, and each
 * lane writes. All have ended when it returns.
 */
final class TargetSession {
  private static final int LISTINGS_WAITING_MAX = 64;
  private static final int LANE_MESSAGES_MAX = 4;

  private final TreeRoot root;
  private final TargetOptions options;
  private final Channel channel;
  private final Excludes excludes;
  private final TemporaryNames temporaries = new TemporaryNames();
  private final boolean keepsOwners = Identity.isRoot();
  private final TargetTally tally = new TargetTally();
  private final Disks disks = new Disks();
  private final @Nullable Trash trash;
  private final Remover remover;
  private final Placement placement;
  private final LinkLeaders leaders = new LinkLeaders();
  private final TreeComparer comparer;
  private final Map<Integer, TargetBatch> batches = new ConcurrentHashMap<>();
  private final Map<Integer, TargetBatch.Listing> listings = new ConcurrentHashMap<>();
  private final Stage<TargetBatch> comparison;
  private final Stage<SuspectCheck.Work> checking;
  private final Stage<MessageReader> syncing;
  private final List<@Nullable Stage<MessageReader>> lanes = new ArrayList<>();

  private volatile @Nullable Exception failure;
  private volatile boolean ending;
  private volatile boolean halted;

  TargetSession(TreeRoot root, TargetOptions options, Channel channel) throws WireException {
    this.root = root;
    this.options = options;
    this.channel = channel;
    this.excludes =
        Excludes.of(options.filters(), options.treatment().deleteExcluded(), root.path());
    this.trash = Trash.of(root, options.treatment());
    this.remover = new Remover(this, options.deleteMax(), new RemovalGuard(root, options));
    this.placement = new Placement(this);
    this.comparer = new TreeComparer(this, root, placement, leaders);
    this.comparison = new Stage<>("comparer", LISTINGS_WAITING_MAX, comparer::compare, () -> {});
    // Bounded by the batches that are open; who puts must not wait.
    this.checking =
        new Stage<>("checker", Integer.MAX_VALUE, new SuspectCheck(this, root)::check, () -> {});
    this.syncing = new Stage<>("disks", 16, this::sync, () -> {});
    for (int i = 0; i < FileRecords.LANES_MAX; i++) {
      lanes.add(null);
    }
  }

  /** Serves the source until it has finished, or throws what ended it. */
  void serve() throws WireException, InterruptedException {
    try {
      disks.touched(root.handle());
      for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
        received(message);
      }
      if (!ending) {
        throw new WireException("the source ended before the copy was complete");
      }
    } catch (LinuxException e) {
      throw new WireException(root + ": " + e.reason(), e);
    } catch (WireException e) {
      throw failure instanceof WireException first ? first : e;
    } finally {
      ending = true;
      stop();
      disks.close();
      if (trash != null) {
        trash.close();
      }
    }
    if (failure != null) {
      throw new WireException("the copy failed inside: " + failure, failure);
    }
  }

  private void stop() throws InterruptedException {
    comparison.stop();
    for (Stage<MessageReader> lane : lanes) {
      if (lane != null) {
        lane.stop();
      }
    }
    checking.stop(); // after all that put something there
    syncing.stop();
  }

  private void received(byte[] bytes) throws WireException, InterruptedException {
    MessageReader message = new MessageReader(bytes);
    int type = message.u8();
    switch (type) {
      case Protocol.LISTING -> comparison.put(open(ListingMessage.read(message)));
      case Protocol.FILES -> lane(laneNumber(message)).put(message);
      case Protocol.BARRIER -> syncing.put(message);
      case Protocol.KEEP -> {
        remover.keep(TreePath.received(message.bytes(TreePath.BYTES_MAX)));
        message.end();
      }
      case Protocol.FINISH -> {
        message.end();
        if (!batches.isEmpty()) {
          throw new WireException("the source finishes while something is under way");
        }
        stop();
        ending = true;
        send(new MessageWriter().u8(Protocol.FINISHED));
        channel.finish();
      }
      default -> throw Protocol.unexpected(type, "source");
    }
  }

  private static int laneNumber(MessageReader message) throws WireException {
    int number = message.u8();
    if (number >= FileRecords.LANES_MAX) {
      throw new WireException("malformed message: lane " + number);
    }
    return number;
  }

  private TargetBatch open(ListingMessage message) throws WireException {
    if (batches.size() >= Protocol.OPEN_BATCHES_MAX + 1) {
      throw new WireException("the source has too much under way");
    }
    TargetBatch.Listing listing =
        listings.computeIfAbsent(
            message.listing(),
            id -> new TargetBatch.Listing(id, message.directory(), message.metadata()));
    if (!listing.directory.equals(message.directory())) {
      throw new WireException("the source goes on with a listing in another directory");
    }
    listing.opened(message.end() != ListingMessage.End.MORE);
    TargetBatch batch = new TargetBatch(listing, message);
    if (batches.putIfAbsent(batch.id(), batch) != null) {
      throw new WireException("the source uses a batch number twice");
    }
    return batch;
  }

  private Stage<MessageReader> lane(int number) {
    Stage<MessageReader> lane = lanes.get(number);
    if (lane == null) {
      FileWriter writer = new FileWriter(this, root, placement, leaders);
      lane = new Stage<>("writer-" + number, LANE_MESSAGES_MAX, writer::write, writer::abandon);
      lanes.set(number, lane);
    }
    return lane;
  }

  private void sync(MessageReader message) throws WireException {
    int number = message.u32();
    boolean durable = message.bool();
    message.end();
    if (durable && !options.dryRun()) {
      try {
        disks.sync();
      } catch (LinuxException e) {
        problem(
            new Problem(
                Problem.Side.TARGET,
                TreePath.ROOT.bytes(),
                "the disk could not keep what was written ("
                    + e.reason()
                    + "); look after the disk, then compare the content of both sides",
                e.errno()));
      }
    }
    send(new MessageWriter().u8(Protocol.BARRIER_DONE).u32(number));
  }

  // What the parts of the session use; any thread.

  TargetOptions options() {
    return options;
  }

  Excludes excludes() {
    return excludes;
  }

  /** Where what is removed or replaced goes; null: nowhere. */
  @Nullable Trash trash() {
    return trash;
  }

  TemporaryNames temporaries() {
    return temporaries;
  }

  TargetTally tally() {
    return tally;
  }

  Remover remover() {
    return remover;
  }

  TreeComparer comparer() {
    return comparer;
  }

  Disks disks() {
    return disks;
  }

  boolean keepsOwners() {
    return keepsOwners && treatment().owner();
  }

  boolean keepsGroups() {
    return keepsOwners && treatment().group();
  }

  Treatment treatment() {
    return options.treatment();
  }

  boolean isEnding() {
    return ending;
  }

  boolean isHalted() {
    return halted;
  }

  TargetBatch batch(int id) throws WireException {
    TargetBatch batch = batches.get(id);
    if (batch == null) {
      throw new WireException("the source speaks of a batch that is not open");
    }
    return batch;
  }

  void want(TargetBatch batch, int[] indices) throws WireException {
    hold(batch, indices);
    wantHeld(batch, indices);
  }

  /** As {@link #want}, when that was prepared by {@link #check}. */
  void wantHeld(TargetBatch batch, int[] indices) throws WireException {
    sendIndices(Protocol.WANT, batch, indices);
  }

  /** Wants the content of these if it is another than what stands here. Never waits. */
  void check(TargetBatch batch, int[] indices) {
    hold(batch, indices);
    checking.add(new SuspectCheck.Work(batch, indices));
  }

  private static void hold(TargetBatch batch, int[] indices) {
    for (int index : indices) {
      batch.hold();
      batch.want(index);
    }
  }

  /** Tells what stands here, so that only what differs comes. */
  void tellSums(TargetBatch batch, List<SuspectCheck.Sum> sums) throws WireException {
    send(
        new MessageWriter(16 + 40 * sums.size())
            .u8(Protocol.SUMS)
            .u32(batch.id())
            .list(sums, (m, sum) -> m.u32(sum.index()).bytes(sum.sum())));
  }

  void lacks(TargetBatch batch, int[] indices) throws WireException {
    sendIndices(Protocol.LACKS, batch, indices);
  }

  private void sendIndices(int type, TargetBatch batch, int[] indices) throws WireException {
    MessageWriter message = new MessageWriter(16 + 4 * indices.length);
    message.u8(type).u32(batch.id()).u32(indices.length);
    for (int index : indices) {
      message.u32(index);
    }
    send(message);
  }

  void missing(TargetBatch batch) throws WireException {
    send(new MessageWriter().u8(Protocol.MISSING).u32(batch.id()));
  }

  void removed(TargetBatch batch, TreePath path) throws WireException {
    send(new MessageWriter().u8(Protocol.REMOVED).u32(batch.id()).bytes(path.bytes()));
  }

  void cancel(TargetBatch batch, int index) throws WireException {
    send(new MessageWriter().u8(Protocol.CANCEL).u32(batch.id()).u32(index));
  }

  void problem(Problem problem) throws WireException {
    MessageWriter message = new MessageWriter().u8(Protocol.PROBLEM);
    problem.write(message);
    send(message);
  }

  void halt(Problem problem) throws WireException {
    halted = true;
    MessageWriter message = new MessageWriter().u8(Protocol.HALT);
    problem.write(message);
    send(message);
  }

  /** One of the things that a batch waits for is done. */
  void release(TargetBatch batch) throws WireException {
    if (!batch.release()) {
      return;
    }
    TargetBatch.Listing listing = batch.listing();
    if (listing.batchDone()) {
      comparer.finish(listing);
      listings.remove(listing.id);
    }
    batches.remove(batch.id());
    MessageWriter message = new MessageWriter().u8(Protocol.DONE).u32(batch.id());
    tally.snapshot().write(message);
    send(message);
  }

  private void send(MessageWriter message) throws WireException {
    message.sendTo(channel);
  }

  private void fail(Exception e) {
    synchronized (this) {
      if (failure == null) {
        failure = e;
      }
    }
    ending = true;
    channel.fail(String.valueOf(e.getMessage()));
  }

  private interface Step<T> {
    void take(T item) throws WireException;
  }

  /** A thread that takes items in order. After an error it passes over what still comes. */
  private final class Stage<T> {
    private final BlockingQueue<Item<T>> queue;
    private final Thread thread;

    private record Item<T>(@Nullable T value) {}

    Stage(String role, int capacity, Step<T> step, Runnable atEnd) {
      queue = new LinkedBlockingQueue<>(capacity);
      thread =
          Thread.ofPlatform().name("sync-target-" + role).daemon().start(() -> run(step, atEnd));
    }

    /** Only where there is always room. */
    void add(T item) {
      queue.add(new Item<>(item));
    }

    void put(T item) throws InterruptedException {
      queue.put(new Item<>(item));
    }

    /** Lets it finish what it has, and waits for that. */
    void stop() throws InterruptedException {
      if (thread.isAlive()) {
        queue.put(new Item<>(null));
        thread.join();
      }
    }

    private void run(Step<T> step, Runnable atEnd) {
      try {
        for (T item = queue.take().value; item != null; item = queue.take().value) {
          try {
            if (failure == null) {
              step.take(item);
            }
          } catch (WireException | RuntimeException e) {
            fail(e);
          }
        }
      } catch (InterruptedException e) {
        fail(e);
      } finally {
        atEnd.run();
      }
    }
  }
}
