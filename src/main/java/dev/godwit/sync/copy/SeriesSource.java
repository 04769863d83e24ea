package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import dev.godwit.sync.Memory;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.content.RateLimiter;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of a series of copies over one channel, each restricted to the places of a
 * {@link Look}: what a mirror is made of.
 *
 * <p>Invariants: the target is told the present state of a name, never what happened to it (H21).
 * Two copies that touch one directory are never under way at once. A copy begins only while the
 * root is the directory that was opened (H27).
 *
 * <p>All methods may be called by any thread. The series ends for good with the first error of its
 * channel; problems with single names do not end it.
 */
public final class SeriesSource implements AutoCloseable {
  /** Copies under way at once. */
  private static final int RUNNERS = 3;

  private static final int KEPT_MAX = Custody.KEPT_MAX;

  private final TreeRoot root;
  private final SourceTree tree;
  private final SourceRoot place;
  private final FileStatus rootStatus;
  private final byte[] target;
  private final Channel channel;
  private final Consumer<byte[]> control;
  private final Crew.Kept crew = new Crew.Kept();
  private final Parts parts;
  private final SourceAttributes attributes;
  private volatile Runnable whenDone = () -> {};
  private volatile Runnable whenRoom = () -> {};

  private final SeriesQueue looks = new SeriesQueue(() -> whenDone.run());
  private final SeriesTrouble trouble = new SeriesTrouble();
  private final LinkGroups links = new LinkGroups();
  private final SeriesRenames renames;
  private final SeriesListings listings;
  private final SeriesCounters counters = new SeriesCounters();
  private final Map<Integer, Running> running = new ConcurrentHashMap<>();
  private final AtomicInteger nextSync = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Void>> syncs = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> finished = new CompletableFuture<>();
  private final Set<Look.Key> kept = new LinkedHashSet<>();
  private final List<String> limits = new ArrayList<>();
  private final Crew.Duty receiving;
  private final List<Crew.Duty> runners = new ArrayList<>();
  private final RateLimiter limiter;
  private int nextNumber;

  /** The first thing that ended the series. */
  private volatile @Nullable WireException failure;

  /** By the target's clock: up to then all is on disk, or nothing was written. */
  private volatile long durable = KnownTarget.ALL;

  private volatile boolean hasSynced;

  /** Which directory the target is; empty when it is none that may be written to. */
  private final CompletableFuture<String> targetRoot = new CompletableFuture<>();

  /** What the target has said of sums of files; null where it wants none. */
  private volatile @Nullable FileSums wantedSums;

  /** Whether most of what the first looks find is not on the target. */
  private volatile boolean areSumsInVain;

  /** No more looks are made. */
  private volatile boolean isFinishing;

  /** A copy that is under way. */
  private final class Running implements SeriesChannel.Beginning {
    final SeriesQueue.Entry entry;
    final SeriesChannel channel;

    /** Negative until it has begun. */
    volatile int number = -1;

    Running(SeriesQueue.Entry entry) {
      this.entry = entry;
      this.channel = new SeriesChannel(SeriesSource.this.channel, this);
    }

    @Override
    public int begin() throws WireException {
      synchronized (running) {
        number = nextNumber++;
        running.put(number, this);
        new MessageWriter()
            .u8(SeriesFrames.COPY_BEGIN)
            .u32(number)
            .bool(entry.told != null)
            .sendTo(SeriesSource.this.channel);
      }
      if (failure != null) {
        channel.end(ended()); // it may have failed before this copy was known
      }
      return number;
    }
  }

  private SeriesSource(
      TreeRoot root, SeriesRequest request, Parts parts, Channel channel, Consumer<byte[]> control)
      throws CopyException, LinuxException, FilterException {
    this.root = root;
    this.rootStatus = root.handle().status();
    this.tree = new SourceTree(root);
    this.place = new SourceRoot(root.handle(), "", 0, rootStatus.device(), tree);
    this.parts = parts;
    this.target = request.copy().target();
    this.attributes = parts.attributes();
    this.channel = channel;
    this.control = control;
    Origins origins = new Origins();
    this.renames = new SeriesRenames(tree, request, parts.filters, origins, looks, channel);
    this.listings =
        new SeriesListings(
            root,
            tree,
            renames,
            origins,
            links,
            trouble,
            followsLinks(),
            request,
            this::otherMount);
    this.limiter = new RateLimiter(request.copy().rules().bandwidth);
    this.receiving = crew.start("series-receive", this::receive);
    for (int i = 0; i < RUNNERS; i++) {
      runners.add(crew.start("series-copy-" + i, this::runLooks));
    }
  }

  /**
   * Starts a series. The root and the channel belong to it from now on.
   *
   * @param control gets the messages of the controller (first byte 0x80 and above), on the
   *     receiving thread: it must not wait
   */
  public static SeriesSource start(
      TreeRoot root, SeriesRequest request, Channel toTarget, Consumer<byte[]> control)
      throws WireException {
    try {
      Parts parts = Parts.of(request.guarded());
      if (parts.filters.hasDirMerges()) {
        throw new WireException("filter files in the tree itself cannot be used here");
      }
      return new SeriesSource(root, request, parts, toTarget, control);
    } catch (CopyException | LinuxException | FilterException e) {
      root.close();
      throw new WireException(String.valueOf(e.getMessage()), e);
    } catch (WireException e) {
      root.close();
      throw e;
    }
  }

  /**
   * Says that everything was compared, so that what comes to the target from now on is what happens
   * here: names that come and go soon are not lost when they go (H27). To be said each time, so
   * that both sides give back the memory that it took; not after the end.
   */
  public void follows() throws WireException {
    channel.send(new byte[] {SeriesFrames.FOLLOWS});
    areSumsInVain = false; // what is compared from now on was the same once
    Memory.giveBackSoon();
  }

  /**
   * From now on all may be removed from the target when nothing is left in the root, which is an
   * accident otherwise (H27).
   */
  public void mayBecomeEmpty() {
    listings.mayBecomeEmpty();
  }

  /**
   * How much goes to the target from now on, at most, in the place of what its rules say.
   *
   * @param bytesPerSecond 0: any number
   */
  public void bandwidth(long bytesPerSecond) {
    limiter.rate(bytesPerSecond);
  }

  /** Asks for a copy of these places. Returns at once, or when there is room in the queue. */
  public void look(Look look) throws InterruptedException {
    look(look, null);
  }

  /**
   * The same.
   *
   * @param seen to which is added what it has seen; null: to nothing
   */
  public void look(Look look, @Nullable SeenCount seen) throws InterruptedException {
    if (!look.isEmpty()) {
      looks.ask(look, seen);
    }
  }

  /** Wants to know what a look has changed on the target. */
  @FunctionalInterface
  public interface Changed {
    /**
     * Called by the receiving thread: does not wait.
     *
     * @param path below the root, bytes; empty for the root
     */
    void changed(byte[] path, Item.Kind kind, Change change);
  }

  /**
   * As {@link #look(Look)}, of a part of a look at everything: those that are asked for of names
   * that changed go before it while it waits.
   *
   * @param told of each name at which something was done, before the look has come to its end; not
   *     of what was looked at once more because something moved meanwhile. Null: nobody
   * @param seen as in {@link #look(Look, SeenCount)}
   */
  public void piece(Look look, @Nullable Changed told, @Nullable SeenCount seen)
      throws InterruptedException {
    if (!look.isEmpty()) {
      looks.askPiece(look, told, seen);
    }
  }

  /**
   * Lets what is mounted at this path take part from now on, as a part of the tree. To be called
   * before the first look. When it goes, or something else is there, the series halts (H27), and
   * nothing is removed from the target there.
   *
   * @return the number of its tree in {@link InodeHandle#inTree}
   * @throws LinuxException when no directory is there
   */
  public int join(byte[] path) throws WireException, LinuxException {
    new MessageWriter().u8(SeriesFrames.HOLD).bytes(path).sendTo(channel);
    return tree.join(path);
  }

  /**
   * Opens a directory of the tree.
   *
   * @throws LinuxException EXDEV when it is in a mount that takes no part
   */
  public DirectoryHandle directory(byte[] path) throws LinuxException {
    return tree.open(path);
  }

  /**
   * Adds up the files of a directory, for a look at it that is made soon: what it is of use for.
   *
   * @param in of this tree, and not listed yet
   * @param since what changed at this time or later is in doubt: {@link Look#since}
   * @return null where no sum is wanted, or of use; then the directory was not listed yet
   */
  public @Nullable GatheredSum sum(DirectoryHandle in, long since) throws LinuxException {
    FileSums wanted = areSumsInVain ? null : wantedSums;
    return wanted == null ? null : GatheredSum.of(in, wanted, since);
  }

  /** Whether links of the source may count as what they lead to, wherever that is. */
  public boolean followsLinks() {
    return parts.rules.followsLinks();
  }

  /** Whether the filters let a directory take part; also where that cannot be said. */
  public boolean includes(byte[] path) {
    try {
      return !FilteredPaths.excludes(parts.filters.source(), tree, path, true);
    } catch (LinuxException | FilterException e) {
      return true;
    }
  }

  /**
   * Says that nothing at, below or above this path is to be removed from the target: another file
   * system is mounted there at the source, or was (H25). Bounded; what is too much is a problem.
   */
  public void keep(byte[] path) throws WireException {
    synchronized (kept) {
      if (kept.contains(new Look.Key(path))) {
        return;
      }
      if (kept.size() == KEPT_MAX) {
        throw new WireException("more than " + KEPT_MAX + " mounts below the tree");
      }
      kept.add(new Look.Key(path));
    }
    new MessageWriter().u8(SeriesFrames.KEEP).bytes(path).sendTo(channel);
  }

  /** A listing has come upon it. */
  private void otherMount(byte[] path) {
    try {
      keep(path);
    } catch (WireException e) {
      end(e);
      channel.fail(String.valueOf(e.getMessage()));
    }
  }

  /** The paths that are kept: those told, and those where a mount was found. */
  public List<byte[]> kept() {
    synchronized (kept) {
      return kept.stream().map(key -> key.name().clone()).toList();
    }
  }

  /**
   * Waits until everything that was asked for before is compared, transferred and applied.
   *
   * @param durable also wait until it is on the target's disk
   * @return the problems since the last barrier
   * @throws WireException when the series has ended or ends meanwhile
   */
  public BarrierResult barrier(boolean durable) throws WireException, InterruptedException {
    if (!looks.await()) {
      throw ended();
    }
    if (durable) {
      await(sync());
    }
    return trouble.takeSinceBarrier();
  }

  /**
   * Has the target bring to its disk what it has by now, and does not wait for that.
   *
   * @return when it is there, or cannot be
   */
  private CompletableFuture<Void> sync() throws WireException {
    int number = nextSync.getAndIncrement();
    CompletableFuture<Void> answer = new CompletableFuture<>();
    syncs.put(number, answer);
    new MessageWriter().u8(SeriesFrames.SYNC).u32(number).sendTo(channel);
    return answer;
  }

  /** As the durable {@link #barrier}, of what is applied already; {@link #durable} tells later. */
  public void syncSoon() throws WireException {
    var unused = sync();
  }

  /** As in {@link KnownTarget}; of this series alone. */
  public long durable() {
    return durable;
  }

  /** Whether {@link #durable} is the time of a sync, and not of the beginning. */
  public boolean hasSynced() {
    return hasSynced;
  }

  /**
   * Ends in order, after everything that was asked for is done. Afterwards nothing of this series
   * acts on the target any more.
   */
  public void finish() throws WireException, InterruptedException {
    if (!looks.await()) {
      throw ended();
    }
    looks.close();
    isFinishing = true;
    channel.send(new byte[] {SeriesFrames.FINISH});
    await(finished);
    channel.finish();
    receiving.join(); // until the other side has finished too
  }

  private void await(CompletableFuture<Void> answer) throws WireException, InterruptedException {
    if (failure != null) {
      throw ended(); // it may have failed before the answer was registered
    }
    try {
      var unused = answer.get();
    } catch (ExecutionException e) {
      throw ended();
    }
  }

  /**
   * After {@link #halted}: waits until what is under way has ended, so that {@link #counters} has
   * all of it, or until the time is over.
   */
  public void awaitRest(Duration limit) throws InterruptedException {
    looks.awaitRest(limit);
  }

  /** What was done so far. */
  public Counters counters() {
    return counters.total(renames.made(), trouble.count());
  }

  /** The last problems, at most a thousand. */
  public List<Problem> problems() {
    return trouble.kept();
  }

  /**
   * The other names of the files that a name was since this was asked last, when it is that no
   * more: they may have been written by this name before (H10). Told once.
   *
   * @param now what the name stands for; null: nothing
   */
  public List<byte[]> namesLeft(byte[] path, @Nullable FileStatus now) {
    return links.left(path, now);
  }

  /** The names outside of a directory of the files that were listed in it. */
  public List<byte[]> namesOutside(byte[] directory) {
    return links.outside(directory);
  }

  /** The names of a file that were listed, as far as is known. */
  public List<byte[]> namesOf(FileStatus file) {
    return links.names(file);
  }

  /** Whether {@link #namesLeft} has nothing to tell of any name below a directory. */
  public boolean knowsNoNamesBelow(byte[] directory) {
    return links.knowsNothingBelow(directory);
  }

  /** Directories of the target that follow renames of the source's. */
  public SeriesRenames renames() {
    return renames;
  }

  /** Whether files below a directory have, or may have, other names too. */
  public boolean hasNamesBelow(byte[] directory) {
    return links.hasBelow(directory);
  }

  /**
   * How many directories all looks have listed; one that is listed name by name after its files'
   * sum was not the target's counts twice.
   */
  public long directoriesListed() {
    return listings.count();
  }

  /** What the target's file systems cannot have and is left out there, for people. */
  public List<String> limits() {
    synchronized (limits) {
      return List.copyOf(limits);
    }
  }

  /**
   * Tells of the end of each look from now on.
   *
   * @param told does not wait, and calls nothing here
   */
  public void whenDone(Runnable told) {
    whenDone = told;
  }

  /**
   * Tells from now on when the target has room where something could not be written before: what
   * failed for want of it is worth another look.
   *
   * @param told does not wait
   */
  public void whenRoom(Runnable told) {
    whenRoom = told;
  }

  /** Wants to know what looks have left out. */
  @FunctionalInterface
  public interface LeftOut {
    /**
     * Nothing was done at a place of a look, because the target has another directory's copy there,
     * or elsewhere the one of the directory that is there now. Called by the threads that list,
     * before the look has come to its end.
     *
     * @param path below the root
     * @param isTop whether it is the place of the directory itself, and not one in it
     * @param isTree whether all below was to be looked at
     * @param isWritten whether files' content was to be compared in any case
     */
    void leftOut(byte[] path, boolean isTop, boolean isTree, boolean isWritten);
  }

  /**
   * From now on looks leave out what renames have to come before, and tell of it. Who is told has
   * to see that it is looked at once more, after these ({@link SeriesRenames#nowAt}).
   */
  public void whenLeftOut(LeftOut told) {
    renames.areWaitedFor();
    listings.whenLeftOut(told);
  }

  /** How many looks wait or are under way: 0 when the target has everything asked for. */
  public int pending() {
    return looks.size();
  }

  /** How many of them are pieces of a look at everything. */
  public int pieces() {
    return looks.pieces();
  }

  /** Why the series does nothing more although it is connected (H27); null while it works. */
  public @Nullable Problem halted() {
    return trouble.halted();
  }

  /** Whether what {@link #halted} says may end by itself, so that a new session is worth it. */
  public boolean isTriedAgain() {
    return trouble.isTriedAgain();
  }

  /**
   * Which directory the target is ({@code linux.DirectoryIdentity}). Waits until it has said so.
   *
   * @return empty when it is one that may not be written to (H30): then {@link #halted} says why
   */
  public String targetRoot() throws WireException, InterruptedException {
    try {
      return targetRoot.get();
    } catch (ExecutionException e) {
      throw ended();
    }
  }

  /** Ends at once; what is under way on the target is given up there. */
  @Override
  public void close() {
    end(new WireException("the copy to " + channel.peer() + " was ended"));
    channel.close();
    try {
      receiving.join();
      for (Crew.Duty runner : runners) {
        runner.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    crew.close();
    tree.close();
  }

  private WireException ended() {
    WireException cause = failure;
    return cause == null
        ? new WireException("the copy to " + channel.peer() + " has ended")
        : new WireException(String.valueOf(cause.getMessage()), cause);
  }

  /** Ends the series; the first reason stays. */
  private void end(WireException reason) {
    synchronized (this) {
      if (failure == null) {
        failure = reason;
      }
    }
    looks.close();
    running.values().forEach(one -> one.channel.end(reason));
    syncs.values().forEach(answer -> answer.completeExceptionally(reason));
    renames.end(reason);
    finished.completeExceptionally(reason);
    targetRoot.completeExceptionally(reason);
  }

  // ---- the copies

  private void runLooks() {
    try {
      for (SeriesQueue.Entry entry = looks.take(); entry != null; entry = looks.take()) {
        if (trouble.halted() == null) {
          run(entry);
        }
        looks.done(entry, trouble.halted() == null ? listings.next(entry) : null);
      }
    } catch (CopyException e) {
      end(new WireException(String.valueOf(e.getMessage()), e));
    } catch (WireException e) {
      end(e);
    } catch (InterruptedException e) {
      end(new WireException("the copy to " + channel.peer() + " was ended", e));
    } catch (RuntimeException | Error e) {
      endInside(e);
      throw e;
    }
  }

  /** A fault of the program's own: nobody waits for what does not come any more. */
  private void endInside(Throwable fault) {
    end(new WireException("the copy failed inside: " + fault, fault));
    channel.fail("the source side failed inside");
  }

  private void run(SeriesQueue.Entry entry)
      throws CopyException, WireException, InterruptedException {
    if (!root.isInPlace()) {
      trouble.rootReplaced();
      return;
    }
    Look.Node node = entry.look.root();
    InodeRecord self = null;
    try {
      if (node.isAsked || parts.rules.pruneEmptyDirectories) {
        FileStatus status = root.handle().status();
        self = new InodeRecord(status, attributes.read(root.handle(), status));
      }
    } catch (LinuxException e) {
      trouble.problem(new Problem(Problem.Side.SOURCE, Paths.NONE, e.reason(), e.errno()));
    }
    SeriesParts series =
        new SeriesParts(
            parts,
            crew,
            limiter,
            listings.overseer(entry),
            targetHere(),
            areSumsInVain ? null : wantedSums,
            () -> areSumsInVain = true);
    Running one = new Running(entry);
    SourceSide side =
        new SourceSide(one.channel, series, listings.listener(entry), Endings::toSeries);
    one.channel.serves(side);
    SourceDirectory top =
        new SourceDirectory(
            Paths.NONE,
            List.of(new SourceDirectory.Looked(Place.of(place), node)),
            SourceArguments.scope(parts.rules, parts.filters),
            true);
    side.run(top, self);
    counters.ended(one.number);
    if (entry.seen != null) {
      entry.seen.ended(one.number);
    }
    running.remove(one.number);
  }

  /**
   * The target, where links are followed and one of them may lead there (H26): by its path, if that
   * leads on this host to the directory that the target says it is.
   */
  private @Nullable FileStatus targetHere() {
    if (!parts.rules.followsLinks()) {
      return null;
    }
    try (DirectoryHandle here = DirectoryHandle.open(target)) {
      boolean isTarget = DirectoryIdentity.of(here).equals(targetRoot.getNow(""));
      return isTarget ? here.status() : null;
    } catch (LinuxException e) {
      return null; // it is on another host
    }
  }

  // ---- the receiver; nothing here waits for the other side to take something

  private void receive() {
    try {
      for (byte[] frame = channel.receive(); frame != null; frame = channel.receive()) {
        received(frame);
      }
      if (!finished.isDone()) {
        throw new WireException(channel.peer() + " ended the copy before it was complete");
      }
    } catch (WireException e) {
      end(e);
      channel.fail(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      end(new WireException("the copy to " + channel.peer() + " was ended", e));
    } catch (RuntimeException | Error e) {
      endInside(e);
      throw e;
    }
  }

  private void received(byte[] frame) throws WireException, InterruptedException {
    MessageReader message = new MessageReader(frame);
    int type = message.u8();
    switch (type) {
      case SeriesFrames.COPY -> running(message.u32()).channel.received(frame);
      case SeriesFrames.COPY_END -> {
        running(message.u32()).channel.peerFinished();
        message.end();
      }
      case SeriesFrames.AGAIN -> {
        Running one = running(message.u32());
        boolean isMissingTree = message.bool();
        byte[] path = message.bytes(SeriesFrames.PATH_BYTES_MAX);
        message.end();
        if (!Names.isPathBelow(path)) {
          throw CompactReader.malformed("a path that cannot be looked at once more");
        }
        try {
          listings.again(one.entry, path, isMissingTree ? (Long) Look.NONE : null);
        } catch (IllegalArgumentException e) {
          throw CompactReader.malformed(String.valueOf(e.getMessage()));
        }
      }
      case SeriesFrames.FIGURES -> {
        int number = message.u32();
        SeenCount seen = running(number).entry.seen;
        Extent now = counters.told(number, message);
        message.end();
        if (seen != null) {
          seen.told(number, now);
        }
      }
      case SeriesFrames.CHANGED -> changed(message);
      case SeriesFrames.ROOT -> {
        String identity = message.text(KnownTarget.IDENTITY_BYTES_MAX);
        durable = message.u64();
        message.end();
        if (identity.isEmpty() || !targetRoot.complete(identity)) {
          throw CompactReader.malformed("a target that is several");
        }
      }
      case SeriesFrames.PROBLEM -> {
        Problem problem = Problem.read(message);
        message.end();
        // Of the source, too, a target tells what it was told. That a file is only unstable is
        // nothing that it could know.
        trouble.problem(problem.isUnstable() ? ofTarget(problem) : problem);
      }
      case SeriesFrames.HALT -> {
        Problem why = ofTarget(Problem.read(message));
        boolean again = message.bool();
        message.end();
        trouble.halt(why, again);
        targetRoot.complete("");
      }
      case SeriesFrames.LIMIT -> {
        limited(message.text(SeriesFrames.LIMIT_BYTES_MAX));
        message.end();
      }
      case SeriesFrames.SYNCED -> {
        CompletableFuture<Void> answer = syncs.remove(message.u32());
        long before = message.u64();
        message.end();
        if (answer == null) {
          throw CompactReader.malformed("an answer to what was not asked");
        }
        if (before != 0) {
          durable = before;
          hasSynced = true;
        }
        answer.complete(null);
      }
      case SeriesFrames.RENAMED -> {
        int number = message.u32();
        int outcome = message.u8();
        message.end();
        renames.answered(number, outcome);
      }
      case SeriesFrames.ROOM -> {
        message.end();
        whenRoom.run();
      }
      case SeriesFrames.SUMS -> {
        areSumsInVain |= !message.bool();
        wantedSums =
            FileSums.read(new CompactReader(message.rest(), 0), parts.rules, parts.filters);
      }
      case SeriesFrames.FINISHED -> {
        message.end();
        if (!isFinishing) {
          throw CompactReader.malformed("the target finishes before the source");
        }
        finished.complete(null);
      }
      default -> {
        if (type < SeriesFrames.CONTROLLER_ONLY) {
          throw Messages.unexpected(type, "target");
        }
        control.accept(frame);
      }
    }
  }

  private void changed(MessageReader message) throws WireException {
    Changed told = running(message.u32()).entry.told;
    int kind = message.u8();
    Change change = new Change(message.u32());
    byte[] path = message.bytes(SeriesFrames.PATH_BYTES_MAX);
    message.end();
    boolean isPath = path.length == 0 || Names.isPathBelow(path);
    if (told == null || kind >= Item.Kind.values().length || !isPath) {
      throw CompactReader.malformed("a change that was not asked for (H38)");
    }
    told.changed(path, Item.Kind.values()[kind], change);
  }

  private void limited(String text) {
    synchronized (limits) {
      if (limits.size() < SeriesFrames.LIMITS_MAX) {
        limits.add(Names.display(Names.of(text)));
      }
    }
  }

  private Running running(int number) throws WireException {
    Running one = running.get(number);
    if (one == null) {
      throw CompactReader.malformed("a message of a copy that is not under way");
    }
    return one;
  }

  private static Problem ofTarget(Problem problem) {
    return new Problem(Problem.Side.TARGET, problem.path(), problem.cause(), problem.errno());
  }
}
